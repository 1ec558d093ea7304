"""Branch protection. What the file doesn't name stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from modelyard.errors import NotFound
from modelyard.project.github.connection import Connection, refusals
from modelyard.project.github.wanted import Branch, Wanted
from modelyard.project.plan import Change, change

REVIEWS = {
    "approvals": "required_approving_review_count",
    "code-owners": "require_code_owner_reviews",
    "dismiss-stale-reviews": "dismiss_stale_reviews",
    "last-push-approval": "require_last_push_approval",
}
SWITCHES = {
    "administrators": "enforce_admins",
    "resolved-conversations": "required_conversation_resolution",
    "linear-history": "required_linear_history",
    "force-pushes": "allow_force_pushes",
    "deletions": "allow_deletions",
}
OTHERS = ("block_creations", "lock_branch", "allow_fork_syncing")
"""Switches that the file has no keys for."""

Json = dict[str, Any]


def changes(connection: Connection, wanted: Wanted, warnings: list[str]) -> Iterator[Change]:
    """Those of all branches."""
    there = {one.name for one in connection.repository.get_branches()} if wanted.branches else set()
    for branch in wanted.branches:
        if branch.name in there:
            yield _change(connection, branch)
        else:
            warnings.append(f"branch {branch.name} doesn't exist, so it can't be protected yet")


def _change(connection: Connection, branch: Branch) -> Change:
    raw = _raw(connection, branch.name)
    found = None if raw is None else _rules(raw)
    apply = _apply(connection, branch, raw or {})
    return change("branch protection", branch.name, branch.rules, found, apply)


def _raw(connection: Connection, name: str) -> Json | None:
    """The protection as GitHub has it; None where there is none."""
    try:
        with refusals(f"{connection.repository_url}/branches/{name}/protection"):
            return dict(connection.repository.get_branch(name).get_protection().raw_data)
    except NotFound as error:
        if "Branch not protected" in error.what:
            return None
        raise


def _rules(raw: Mapping[str, Any]) -> Json:
    """As the file would have them."""
    reviews = raw.get("required_pull_request_reviews") or {}
    checks = raw.get("required_status_checks") or {}
    found: Json = {key: bool(reviews.get(name)) for key, name in REVIEWS.items()}
    found["approvals"] = reviews.get("required_approving_review_count", 0)
    found["checks"] = tuple(sorted(checks.get("contexts", [])))
    found["up-to-date"] = bool(checks.get("strict"))
    return found | {key: _is_on(raw, name) for key, name in SWITCHES.items()}


def _is_on(raw: Mapping[str, Any], name: str) -> bool:
    return bool((raw.get(name) or {}).get("enabled"))


def _apply(connection: Connection, branch: Branch, raw: Mapping[str, Any]) -> Callable[[], None]:
    arguments = _arguments(branch.rules, raw)

    def apply() -> None:
        connection.repository.get_branch(branch.name).edit_protection(**arguments)

    return apply


def _arguments(rules: Mapping[str, Any], raw: Mapping[str, Any]) -> Json:
    """What PyGithub's ``edit_protection`` takes: the new rules over those that are there."""
    switches = {name: rules.get(key, _is_on(raw, name)) for key, name in SWITCHES.items()}
    found: Json = {**switches, **{name: _is_on(raw, name) for name in OTHERS}}
    return {**found, **_reviews(rules, raw), **_checks(rules, raw), **_people(raw)}


def _reviews(rules: Mapping[str, Any], raw: Mapping[str, Any]) -> Json:
    there = raw.get("required_pull_request_reviews")
    if there is None and not any(rules.get(key) for key in REVIEWS):
        return {}
    before = {"required_approving_review_count": 0, **(there or {})}
    return {name: rules.get(key, before.get(name, False)) for key, name in REVIEWS.items()}


def _checks(rules: Mapping[str, Any], raw: Mapping[str, Any]) -> Json:
    there = raw.get("required_status_checks") or {}
    # A check that an app has to report stays one of that app.
    apps = {one["context"]: one.get("app_id") for one in there.get("checks", [])}
    names = rules.get("checks", tuple(there.get("contexts", ())))
    if not names:
        return {}
    checks = [(one, apps[one]) if apps.get(one) is not None else one for one in names]
    return {"checks": checks, "strict": rules.get("up-to-date", bool(there.get("strict")))}


def _people(raw: Mapping[str, Any]) -> Json:
    """Who may push, dismiss reviews or go around them: only given back."""
    reviews = raw.get("required_pull_request_reviews") or {}
    groups = {
        "{}_push_restrictions": (raw.get("restrictions"), ("user", "team", "app")),
        "dismissal_{}": (reviews.get("dismissal_restrictions"), ("users", "teams", "apps")),
        "{}_bypass_pull_request_allowances": (
            reviews.get("bypass_pull_request_allowances"),
            ("users", "teams", "apps"),
        ),
    }
    found: Json = {}
    for name, (group, spellings) in groups.items():
        if group is None:
            continue
        for spelt, kind in zip(spellings, ("users", "teams", "apps"), strict=True):
            field = "login" if kind == "users" else "slug"
            found[name.format(spelt)] = [one[field] for one in group.get(kind, [])]
    return found
