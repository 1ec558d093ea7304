"""Environments, and the approval that a job which deploys to one waits for.

The package knows checks, but loses their ``settings``, which is all that an approval says: checks
go through ``http.py``.

Source: Azure DevOps REST reference, "Environments" and "Check Configurations", API version 7.1;
learn.microsoft.com, "Define approvals and checks".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from modelyard.errors import InputError
from modelyard.project.devops.identities import Identity, identities, shown
from modelyard.project.devops.organization import Organization
from modelyard.project.devops.permissions import Users, read_users
from modelyard.project.fields import Section
from modelyard.project.plan import Change, change

KIND = "environment"
KEYS = ("name", "description", "approval", "pipelines", "all-pipelines")
APPROVAL_KEYS = (
    *("approvers", "minimum", "time-out-minutes", "requester-may-approve", "instructions"),
    "in-order",
)
_FIELDS = {
    "minimum": "minimum",
    "time-out-minutes": "minutes",
    "requester-may-approve": "requester_may_approve",
    "in-order": "in_order",
    "instructions": "instructions",
}
"""Fields of an approval by the keys that name them."""
APPROVAL = {"id": "8c6f20a7-a545-4486-9777-f762fafe0d4d", "name": "Approval"}
"""The type of check that waits for people; the same in every organization."""
MOST_MINUTES = 43_200
"""30 days: the longest that the service waits, and what it waits by itself."""
NEEDS_CREATOR = "the role Creator: Pipelines, Environments, Security"
NEEDS_ADMINISTRATOR = "the role Administrator of the environment: its page, Security"
_CHECKS = "/_apis/pipelines/checks/configurations"
Json = dict[str, Any]


@dataclass(frozen=True)
class Approval:
    """Who has to say yes, and how long is waited for it."""

    approvers: tuple[str, ...]
    minimum: int
    """How many of them; 0 for all."""
    minutes: int
    requester_may_approve: bool
    in_order: bool
    instructions: str
    named: frozenset[str] = frozenset()
    """The keys that the file has: the rest is for a new one, and left where one is there."""


@dataclass(frozen=True)
class Environment:
    """One, as the file has it."""

    name: str
    description: str | None
    """None: as it is there."""
    approval: Approval | None
    users: Users


def read(section: Section, pipelines: Collection[str]) -> Environment:
    """One of the list.

    :param pipelines: the names of the file's pipelines.
    """
    inner = section.section("approval", APPROVAL_KEYS)
    return Environment(
        section.text("name", required=True),
        section.text_if_given("description"),
        _approval(inner) if inner else None,
        read_users(section, pipelines),
    )


def _approval(section: Section) -> Approval:
    found = Approval(
        approvers=section.texts("approvers", once=True),
        minimum=section.number("minimum", 0),
        minutes=section.number("time-out-minutes", MOST_MINUTES, least=1, most=MOST_MINUTES),
        requester_may_approve=section.flag("requester-may-approve", False),
        in_order=section.flag("in-order", False),
        instructions=section.text("instructions"),
        named=frozenset(key for key in APPROVAL_KEYS if section.has(key)),
    )
    if not found.approvers:
        section.wrong("approvers", "is missing: who approves")
    elif found.minimum > len(found.approvers):
        section.wrong("minimum", f"is {found.minimum}, of {len(found.approvers)} approvers")
    return found


def changes(wanted: list[Environment], organization: Organization) -> Iterator[Change]:
    """What becomes of each, and of its approval."""
    for asked in wanted:
        found = _found(asked.name, organization)
        environment = asked
        if asked.description is None:
            environment = replace(asked, description=(found.description or "") if found else "")
        yield change(
            KIND,
            environment.name,
            {"description": environment.description},
            {"description": found.description or ""} if found else None,
            _apply(environment, organization),
        )
        if environment.approval:
            yield _approval_change(environment, environment.approval, organization)


def _found(name: str, organization: Organization) -> Any:
    # By its name, since the service tells of all of them in pages only.
    listed = organization.read(
        f"looking for the environment {name}",
        "task_agent",
        "get_environments",
        organization.project,
        name=name,
    )
    found = next((one for one in listed if str(one.name).lower() == name.lower()), None)
    if found:
        organization.remember(KIND, name, found.id)
    return found


def _apply(environment: Environment, organization: Organization) -> Callable[[], None]:
    def apply() -> None:
        from azure.devops.v7_1.task_agent import models

        key = organization.knows(KIND, environment.name)
        given = {"name": environment.name, "description": environment.description}
        what = f"writing the environment {environment.name}"
        project = organization.project
        if key:
            body = models.EnvironmentUpdateParameter(**given)
            call: tuple[Any, ...] = ("update_environment", body, project, int(key))
        else:
            call = ("add_environment", models.EnvironmentCreateParameter(**given), project)
        needs = NEEDS_ADMINISTRATOR if key else NEEDS_CREATOR
        made = organization.write(what, "task_agent", *call, needs=needs)
        organization.remember(KIND, environment.name, made.id)

    return apply


def _approval_change(
    environment: Environment, approval: Approval, organization: Organization
) -> Change:
    who = identities(approval.approvers, organization)
    key = organization.knows(KIND, environment.name)
    found = _check(key, organization) if key else None
    approval = _as_there(approval, found) if found else approval
    if approval.minimum > len(approval.approvers):
        raise InputError(
            f"the approval of the environment {environment.name} takes {approval.minimum}, and the "
            f"file has {len(approval.approvers)} approvers",
            fix="write approval.minimum, too",
        )
    return change(
        "approval",
        f"of environment {environment.name}",
        _fields(approval),
        _found_fields(found, approval, who) if found else None,
        _apply_approval(environment, approval, who, found, organization),
    )


def _check(environment: str, organization: Organization) -> Json | None:
    query = {"resourceType": KIND, "resourceId": environment, "$expand": "settings"}
    listed = organization.get(_CHECKS, query)["value"]
    return next((one for one in listed if one["type"]["id"] == APPROVAL["id"]), None)


def _as_there(approval: Approval, found: Json) -> Approval:
    """With what is there in place of what the file doesn't name."""
    there = _settings(found)
    kept = {field: there[key] for key, field in _FIELDS.items() if key not in approval.named}
    return replace(approval, **kept)


def _settings(found: Json) -> Json:
    settings = found.get("settings") or {}
    return {
        "minimum": settings.get("minRequiredApprovers") or 0,
        "time-out-minutes": found.get("timeout"),
        "requester-may-approve": not settings.get("requesterCannotBeApprover", False),
        "in-order": settings.get("executionOrder") in (2, "inSequence"),
        "instructions": settings.get("instructions") or "",
    }


def _fields(approval: Approval) -> Json:
    rest = {key: getattr(approval, field) for key, field in _FIELDS.items()}
    return {"approvers": _ordered(approval.approvers, approval), **rest}


def _ordered(names: tuple[str, ...], approval: Approval) -> tuple[str, ...]:
    """As they are compared: by their order only where they approve in it."""
    return names if approval.in_order else tuple(sorted(names))


def _found_fields(found: Json, approval: Approval, who: tuple[Identity, ...]) -> Json:
    settings = found.get("settings") or {}
    approvers = settings.get("approvers") or []
    names = {str(one["id"]): str(one.get("displayName") or "") for one in approvers}
    return {
        "approvers": _ordered(shown([str(one["id"]) for one in approvers], who, names), approval),
        **_settings(found),
    }


def _apply_approval(
    environment: Environment,
    approval: Approval,
    who: tuple[Identity, ...],
    found: Json | None,
    organization: Organization,
) -> Callable[[], None]:
    def apply() -> None:
        key = organization.id_of(KIND, environment.name)
        there = (found.get("settings") or {}) if found else {"blockedApprovers": []}
        body: Json = {
            "type": APPROVAL,
            "resource": {"type": KIND, "id": key, "name": environment.name},
            "timeout": approval.minutes,
            # What the file doesn't name, such as who may not approve, is left.
            "settings": {
                **there,
                "approvers": [{"id": one.key} for one in who],
                "minRequiredApprovers": approval.minimum,
                "requesterCannotBeApprover": not approval.requester_may_approve,
                "executionOrder": 2 if approval.in_order else 1,
                "instructions": approval.instructions,
            },
        }
        method, path = ("PATCH", f"{_CHECKS}/{found['id']}") if found else ("POST", _CHECKS)
        if found:
            body["id"] = found["id"]
        organization.send(method, path, body, needs=NEEDS_ADMINISTRATOR)

    return apply
