"""What is sent to protect a branch: new rules over those that are there."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.project.github.protection import _arguments, _rules

RAW: dict[str, Any] = {
    "enforce_admins": {"enabled": True},
    "lock_branch": {"enabled": True},
    "required_pull_request_reviews": {
        "required_approving_review_count": 2,
        "require_code_owner_reviews": True,
        "dismissal_restrictions": {"users": [{"login": "octocat"}], "teams": [], "apps": []},
    },
    "required_status_checks": {
        "strict": True,
        "contexts": ["lint", "test"],
        "checks": [{"context": "lint", "app_id": None}, {"context": "test", "app_id": 7}],
    },
    "restrictions": {"users": [], "teams": [{"slug": "leads"}], "apps": []},
}


def test_what_the_file_does_not_name_is_given_back() -> None:
    found = _arguments({"linear-history": True}, RAW)

    assert found == {
        "enforce_admins": True,
        "required_linear_history": True,
        "required_conversation_resolution": False,
        "allow_force_pushes": False,
        "allow_deletions": False,
        "block_creations": False,
        "lock_branch": True,
        "allow_fork_syncing": False,
        "required_approving_review_count": 2,
        "require_code_owner_reviews": True,
        "dismiss_stale_reviews": False,
        "require_last_push_approval": False,
        "checks": ["lint", ("test", 7)],
        "strict": True,
        "user_push_restrictions": [],
        "team_push_restrictions": ["leads"],
        "app_push_restrictions": [],
        "dismissal_users": ["octocat"],
        "dismissal_teams": [],
        "dismissal_apps": [],
    }


@pytest.mark.parametrize(
    ("rules", "key", "value"),
    [
        ({"approvals": 1}, "required_approving_review_count", 1),
        ({"checks": ("test", "unit")}, "checks", [("test", 7), "unit"]),
        ({"checks": ("test",), "up-to-date": False}, "strict", False),
        ({"administrators": False}, "enforce_admins", False),
    ],
)
def test_what_it_names_is_changed(rules: dict[str, Any], key: str, value: Any) -> None:
    assert _arguments(rules, RAW)[key] == value


def test_rules_that_ask_for_nothing_make_no_reviews_and_no_checks() -> None:
    found = _arguments({"approvals": 0, "checks": (), "administrators": True}, {})

    assert not {"required_approving_review_count", "checks", "strict"} & set(found)
    assert found["enforce_admins"] is True


def test_rules_are_read_as_the_file_would_have_them() -> None:
    found = _rules(RAW)

    assert found["approvals"] == 2
    assert found["checks"] == ("lint", "test")
    assert (found["up-to-date"], found["code-owners"], found["deletions"]) == (True, True, False)
    assert _rules({})["approvals"] == 0
