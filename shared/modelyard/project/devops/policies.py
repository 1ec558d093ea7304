"""Policies of branches of Azure Repos: reviewers, and a pipeline that has to succeed.

Source: Azure DevOps REST reference, "Configurations", API version 7.1; the types' ids are the same
in every organization.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from modelyard.project.devops.identities import Identity, identities, shown
from modelyard.project.devops.organization import Organization
from modelyard.project.devops.pipelines import check_known
from modelyard.project.fields import Section
from modelyard.project.plan import Change, change
from modelyard.project.shapes import HEADS, branch

KEYS = ("branch", "reviewers", "build-validation", "required-reviewers")
REVIEWERS_KEYS = ("minimum", "creator-vote-counts", "reset-on-push", "allow-downvotes")
VALIDATION_KEYS = ("pipeline", "blocking", "valid-minutes", "paths")
REQUIRED_KEYS = ("reviewers", "paths", "blocking")
REVIEWERS = "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd"
VALIDATION = "0609b952-1397-4640-95ec-e00a01b2c241"
REQUIRED = "fd2167ab-b0be-447a-8ec8-39368250530e"
NEEDS = "the permission to edit policies: Project settings, Repositories, Security"
Json = dict[str, Any]


@dataclass(frozen=True)
class Policy:
    """One policy of one branch, as the file has it."""

    branch: str
    type: str
    title: str
    blocking: bool
    settings: Json
    """As the service has them, but for the scope and for ids that are looked up."""
    pipeline: str = ""
    """Its name, where it is a validation by one."""
    people: tuple[str, ...] = ()
    """Who has to review."""


def read(section: Section, pipelines: Collection[str]) -> Iterator[Policy]:
    """The policies of one branch.

    :param pipelines: the names of the file's pipelines.
    """
    name = branch(section, "branch", required=True)
    if not any(section.has(key) for key in KEYS[1:]):
        section.wrong("branch", f"is {name}, and none of {', '.join(KEYS[1:])} is there for it")
    if inner := section.section("reviewers", REVIEWERS_KEYS):
        settings: Json = {
            "minimumApproverCount": inner.number("minimum", 1, least=1),
            "creatorVoteCounts": inner.flag("creator-vote-counts", False),
            "resetOnSourcePush": inner.flag("reset-on-push", True),
            "allowDownvotes": inner.flag("allow-downvotes", False),
        }
        yield Policy(name, REVIEWERS, "reviewers", True, settings)
    for inner in section.sections("build-validation", VALIDATION_KEYS, once="pipeline"):
        minutes = inner.number("valid-minutes", 720)
        pipeline = inner.text("pipeline", required=True)
        check_known(inner, "pipeline", inner.at("pipeline"), pipelines)
        settings = {
            "displayName": pipeline,
            "validDuration": minutes,
            "queueOnSourceUpdateOnly": minutes > 0,
            "manualQueueOnly": False,
            "filenamePatterns": list(inner.texts("paths")),
        }
        blocking = inner.flag("blocking", True)
        title = f"validation by {pipeline}"
        yield Policy(name, VALIDATION, title, blocking, settings, pipeline=pipeline)
    paths_before: list[tuple[str, ...]] = []
    for inner in section.sections("required-reviewers", REQUIRED_KEYS):
        people, paths = inner.texts("reviewers", once=True), inner.texts("paths")
        if not inner.items("reviewers"):
            inner.wrong("reviewers", "is missing: who has to review")
        if paths in paths_before:
            inner.wrong("paths", "are those of another one: put the reviewers into one list")
        paths_before.append(paths)
        settings = {"filenamePatterns": list(paths)}
        title = f"required reviewers {' '.join(paths)}".rstrip()
        blocking = inner.flag("blocking", True)
        yield Policy(name, REQUIRED, title, blocking, settings, people=people)


def changes(wanted: list[Policy], repository: str, organization: Organization) -> Iterator[Change]:
    """What becomes of each.

    :param repository: its id.
    """
    if not wanted:
        return
    there = organization.every("/_apis/policy/configurations")
    for policy in wanted:
        people = identities(policy.people, organization)
        found = next((one for one in there if _is(one, policy, repository, organization)), None)
        yield change(
            "branch policy",
            f"of {policy.branch}: {policy.title}",
            _fields(policy),
            _found_fields(found, policy, people) if found else None,
            _apply(policy, repository, people, found, organization),
        )


def _scope(policy: Policy, repository: str) -> Json:
    return {
        "repositoryId": repository,
        "refName": f"{HEADS}{policy.branch}",
        "matchKind": "Exact",
    }


def _is(found: Json, policy: Policy, repository: str, organization: Organization) -> bool:
    settings = found.get("settings") or {}
    scopes = [
        (str(one.get("repositoryId")).lower(), one.get("refName"))
        for one in settings.get("scope") or ()
    ]
    same = bool(found["type"]["id"].lower() == policy.type and not found.get("isDeleted"))
    if not same or (repository.lower(), f"{HEADS}{policy.branch}") not in scopes:
        return False
    if policy.type == VALIDATION:
        key = organization.knows("pipeline", policy.pipeline)
        return bool(str(settings.get("buildDefinitionId")) == key)
    if policy.type == REQUIRED:
        patterns = list(settings.get("filenamePatterns") or ())
        return bool(patterns == policy.settings["filenamePatterns"])
    return True


def _fields(policy: Policy) -> Json:
    fields: Json = {"enabled": True, "blocking": policy.blocking, **policy.settings}
    if policy.people:
        fields["reviewers"] = tuple(sorted(policy.people))
    return fields


def _found_fields(found: Json, policy: Policy, people: tuple[Identity, ...]) -> Json:
    settings = found.get("settings") or {}
    # What is empty or false need not be there.
    empty = {key: type(value)() for key, value in policy.settings.items()}
    fields: Json = {"enabled": found["isEnabled"], "blocking": found["isBlocking"], **empty}
    fields |= {key: settings[key] for key in policy.settings if settings.get(key) is not None}
    if policy.people:
        ids = [str(key) for key in settings.get("requiredReviewerIds") or ()]
        fields["reviewers"] = tuple(sorted(shown(ids, people, {})))
    return fields


def _apply(
    policy: Policy,
    repository: str,
    people: tuple[Identity, ...],
    found: Json | None,
    organization: Organization,
) -> Callable[[], None]:
    def apply() -> None:
        from azure.devops.v7_1.policy import models

        settings = {**policy.settings, "scope": [_scope(policy, repository)]}
        if policy.pipeline:
            settings["buildDefinitionId"] = int(organization.id_of("pipeline", policy.pipeline))
        if people:
            settings["requiredReviewerIds"] = [one.key for one in people]
        body = models.PolicyConfiguration(
            is_enabled=True,
            is_blocking=policy.blocking,
            type=models.PolicyTypeRef(id=policy.type),
            settings=settings,
        )
        call: tuple[Any, ...] = ("create_policy_configuration", body, organization.project)
        if found:
            there = found.get("settings") or {}
            body.settings = {**there, **settings, "scope": there["scope"]}
            call = ("update_policy_configuration", body, organization.project, found["id"])
        what = f"writing the branch policy of {policy.branch}: {policy.title}"
        organization.write(what, "policy", *call, needs=NEEDS)

    return apply
