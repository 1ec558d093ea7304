"""Which pipelines may use a service connection, a variable group or an environment.

Without this a pipeline's first run waits for somebody to permit it.

Source: Azure DevOps REST reference, "Pipeline Permissions", API version 7.1.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from modelyard.project.devops.organization import Organization
from modelyard.project.devops.pipelines import check_known
from modelyard.project.fields import Section
from modelyard.project.plan import Change, change

RESOURCES = {
    "service connection": "endpoint",
    "variable group": "variablegroup",
    "environment": "environment",
}
"""By our names, as the service calls them."""
OPEN = "open to all pipelines, so the file's list restricts nothing: its page, Security, closes it"
NEEDS = "the role Administrator of it: its page, Security"


@dataclass(frozen=True)
class Users:
    """The pipelines that may use something."""

    pipelines: tuple[str, ...] = ()
    all: bool = False

    @property
    def any(self) -> bool:
        return self.all or bool(self.pipelines)


def read_users(section: Section, known: Collection[str]) -> Users:
    """``pipelines`` and ``all-pipelines`` of something that pipelines use.

    :param known: the names of the file's pipelines.
    """
    for item in section.items("pipelines"):
        check_known(section, "pipelines", item, known)
    found = Users(section.texts("pipelines", once=True), section.flag("all-pipelines", False))
    if found.pipelines and found.all:
        section.wrong("pipelines", "and all-pipelines exclude each other")
    return found


def permission_change(kind: str, name: str, users: Users, organization: Organization) -> Change:
    """What becomes of the permissions of one thing. Those that others have are left alone."""
    wanted = {"pipelines": "all" if users.all else tuple(sorted(users.pipelines))}
    key = organization.knows(kind, name)
    there = _read(kind, key, organization) if key else None
    return change(
        "permission",
        f"for {kind} {name}",
        wanted,
        _found(there, users, organization) if there else None,
        _apply(kind, name, users, organization),
        OPEN if there and _open(there) and not users.all else "",
    )


def _read(kind: str, key: str, organization: Organization) -> Any:
    return organization.read(
        f"reading the permissions of the {kind}",
        "pipeline_permissions",
        "get_pipeline_permissions_for_resource",
        organization.project,
        RESOURCES[kind],
        key,
    )


def _open(found: Any) -> bool:
    return bool(found.all_pipelines is not None and found.all_pipelines.authorized)


def _found(found: Any, users: Users, organization: Organization) -> dict[str, object] | None:
    if _open(found):
        # All pipelines include those that are wanted.
        return {"pipelines": "all" if users.all else tuple(sorted(users.pipelines))}
    ids = {str(one.id) for one in found.pipelines or () if one.authorized}
    names = sorted(one for one in users.pipelines if organization.knows("pipeline", one) in ids)
    return {"pipelines": tuple(names)} if names else None


def _apply(kind: str, name: str, users: Users, organization: Organization) -> Callable[[], None]:
    def apply() -> None:
        from azure.devops.v7_1.pipeline_permissions import models

        key = organization.id_of(kind, name)
        wanted = models.ResourcePipelinePermissions(
            resource=models.Resource(id=key, type=RESOURCES[kind])
        )
        if users.all:
            wanted.all_pipelines = models.Permission(authorized=True)
        else:
            wanted.pipelines = [
                models.PipelinePermission(
                    id=int(organization.id_of("pipeline", one)), authorized=True
                )
                for one in users.pipelines
            ]
        organization.write(
            f"permitting pipelines to use the {kind} {name}",
            "pipeline_permissions",
            "update_pipeline_permisions_for_resource",  # the package's own spelling
            wanted,
            organization.project,
            RESOURCES[kind],
            key,
            needs=NEEDS,
        )

    return apply
