"""Environments and their rules: reviewers, waiting, branches.

What the file doesn't name stays as it is: GitHub replaces all rules at once, so those that are
there are sent back with the new ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modelyard.errors import InputError, NotFound
from modelyard.project.github.connection import Connection, refusals
from modelyard.project.github.wanted import ALL, PROTECTED, Environment
from modelyard.project.plan import Change, change

if TYPE_CHECKING:
    from github.EnvironmentProtectionRuleReviewer import ReviewerParams

Json = dict[str, Any]
NOTHING: Mapping[str, Any] = {
    "reviewers": (),
    "prevent-self-review": False,
    "wait-minutes": 0,
    "branches": (ALL,),
}
"""The rules of an environment that has none."""


def names(connection: Connection) -> dict[str, str]:
    """Of the environments that are there, as GitHub spells them, by the name in small letters."""
    return {one.name.lower(): one.name for one in connection.repository.get_environments()}


def change_of(connection: Connection, wanted: Environment, is_there: bool) -> Change:
    """What becomes of one environment. Its reviewers are looked up now, so that a misspelt one is
    an error before anything is written."""
    reviewers = {
        name: _reviewer(connection, name, wanted.name) for name in wanted.rules.get("reviewers", ())
    }
    found: Mapping[str, Any] | None = None
    if is_there:
        found, known = _rules(connection, wanted.name)
        reviewers = {**known, **reviewers}
    rules = {**NOTHING, **(found or {}), **wanted.rules}

    def apply() -> None:
        chosen = [reviewers[name] for name in rules["reviewers"]]
        _put(connection, wanted.name, rules, chosen)

    return change("environment", wanted.name, wanted.rules, found, apply)


def _rules(connection: Connection, name: str) -> tuple[dict[str, Any], dict[str, tuple[str, int]]]:
    """The rules as the file would have them, and the ids of the reviewers."""
    environment = connection.repository.get_environment(name).raw_data
    rules = {one["type"]: one for one in environment.get("protection_rules", [])}
    review = rules.get("required_reviewers", {})
    reviewers = {
        _name(connection, one): (str(one["type"]), int(one["reviewer"]["id"]))
        for one in review.get("reviewers", [])
    }
    return {
        "reviewers": tuple(sorted(reviewers)),
        "prevent-self-review": bool(review.get("prevent_self_review")),
        "wait-minutes": rules.get("wait_timer", {}).get("wait_timer", 0),
        "branches": _branches(connection, name, environment.get("deployment_branch_policy")),
    }, reviewers


def _name(connection: Connection, reviewer: Mapping[str, Any]) -> str:
    """``user``, or ``organization/team``: teams are those of the repository's owner."""
    found = reviewer["reviewer"]
    if reviewer["type"] == "Team":
        return f"{connection.name.partition('/')[0]}/{found['slug']}".lower()
    return str(found["login"]).lower()


def _branches(connection: Connection, name: str, policy: Any) -> tuple[str, ...]:
    if not policy:
        return (ALL,)
    if policy["protected_branches"]:
        return (PROTECTED,)
    return tuple(sorted({one["name"] for one in _policies(connection, name)}))


def _policies(connection: Connection, name: str) -> list[Json]:
    """The patterns of branches. (Not in PyGithub.) Those of tags aren't ours."""
    path, found, page = f"{connection.environment_path(name)}/deployment-branch-policies", [], 1
    while True:
        answer = connection.rest.get(path, {"per_page": 100, "page": page})
        found += answer["branch_policies"]
        if page * 100 >= answer["total_count"]:
            return [one for one in found if one.get("type", "branch") == "branch"]
        page += 1


def _reviewer(connection: Connection, name: str, environment: str) -> tuple[str, int]:
    """``User`` or ``Team``, and its id."""
    organization, slash, team = name.partition("/")
    owner = connection.name.partition("/")[0]
    if slash and organization != owner.lower():
        raise InputError(
            f"environment {environment}: {name} is no team of {owner}, whose repository this is",
            fix=f"name a user, or {owner}/TEAM",
        )
    fix = {404: f"check the reviewers of the environment {environment}"}
    try:
        with refusals(f"the reviewer {name}", fixes=fix):
            if slash:
                place = connection.client.get_organization(organization)
                return "Team", place.get_team_by_slug(team).id
            return "User", connection.client.get_user(name).id
    except NotFound:
        raise InputError(
            f"environment {environment}: GitHub knows no reviewer {name}, or the token may not "
            "see it",
            fix="name a user, or ORGANIZATION/TEAM; a classic token needs read:org to see teams",
        ) from None


def _put(
    connection: Connection, name: str, rules: Mapping[str, Any], reviewers: list[tuple[str, int]]
) -> None:
    from github.EnvironmentDeploymentBranchPolicy import EnvironmentDeploymentBranchPolicyParams
    from github.EnvironmentProtectionRuleReviewer import ReviewerParams

    branches = rules["branches"]
    policy = None
    if branches != (ALL,):
        is_protected = branches == (PROTECTED,)
        policy = EnvironmentDeploymentBranchPolicyParams(is_protected, not is_protected)
    chosen: list[ReviewerParams] = [ReviewerParams(kind, number) for kind, number in reviewers]
    connection.repository.create_environment(
        name,
        wait_timer=rules["wait-minutes"],
        reviewers=chosen,
        prevent_self_review=rules["prevent-self-review"],
        deployment_branch_policy=policy,
    )
    if policy is not None and policy.custom_branch_policies:
        _set_policies(connection, name, set(branches))


def _set_policies(connection: Connection, name: str, wanted: set[str]) -> None:
    path = f"{connection.environment_path(name)}/deployment-branch-policies"
    there = {one["name"]: one["id"] for one in _policies(connection, name)}
    for pattern in sorted(wanted - set(there)):
        connection.rest.post(path, {"name": pattern, "type": "branch"})
    for pattern in sorted(set(there) - wanted):
        connection.rest.call("DELETE", f"{path}/{there[pattern]}")
