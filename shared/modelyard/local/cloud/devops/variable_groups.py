"""The variable groups of an organization's library.

Source: Azure DevOps REST reference, "Variablegroups", API version 7.1; learn.microsoft.com, "Link a
variable group to secrets in Azure Key Vault".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from modelyard.local.cloud.devops import exceptions, variables
from modelyard.local.cloud.devops.models import Organization
from modelyard.local.cloud.devops.projects import Projects
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

COLLECTION = "devops.variable_groups"
PLAIN, LINKED = "Vsts", "AzureKeyVault"

Json = dict[str, Any]


class VariableGroups:
    """All groups. Documents are as a client gave them; what is shown leaves the secrets out."""

    def __init__(self, cloud: Cloud, organization: Organization, projects: Projects) -> None:
        self._cloud = cloud
        self._organization = organization
        self._projects = projects

    def add(self, body: Json) -> Json:
        """A new group. Raises DevOpsError."""
        with self._cloud.store.lock:
            number = self._cloud.store.next_number(COLLECTION)
            return self._save(number, body, {"createdOn": self._now()})

    def update(self, number: int, body: Json) -> Json:
        """The group as it is from now on; secrets that come without a value keep theirs."""
        with self._cloud.store.lock:
            before = self.get(number)
            made = {"createdOn": before["createdOn"]}
            return self._save(number, body, made, before["variables"])

    def get(self, number: int, project: str = "") -> Json:
        """Raises DevOpsError when there is none, or not in this project."""
        found = self._cloud.store.get(COLLECTION, str(number))
        if found is None or (project and project.lower() not in _projects(found)):
            raise exceptions.group_not_found(str(number))
        return found

    def of_project(self, project: str) -> list[Json]:
        """All of a project, by name or id, oldest first."""
        found = (group for _, group in self._cloud.store.items(COLLECTION))
        return [group for group in found if project.lower() in _projects(group)]

    def count(self) -> int:
        return sum(1 for _ in self._cloud.store.items(COLLECTION))

    def delete(self, number: int) -> None:
        if not self._cloud.store.delete(COLLECTION, str(number)):
            raise exceptions.group_not_found(str(number))

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)

    def _save(self, number: int, body: Json, made: Json, before: Json | None = None) -> Json:
        name, kind = body.get("name"), body.get("type") or PLAIN
        if not isinstance(name, str) or not name.strip():
            raise exceptions.invalid("name", "The variable group needs a name.")
        if kind not in (PLAIN, LINKED):
            raise exceptions.invalid("type", f"Variable group type {kind} is not supported.")
        given = body.get("variables") or {}
        if not isinstance(given, dict) or not given:
            raise exceptions.invalid("variables", "The variable group needs at least one variable.")
        group = {
            "id": number,
            "name": name,
            "type": kind,
            "description": body.get("description") or "",
            "variables": variables.taken(given, before or {}),
            "providerData": body.get("providerData"),
            "isShared": False,
            "variableGroupProjectReferences": [self._reference(one) for one in _given(body)],
            "modifiedOn": self._now(),
            **made,
        }
        if kind == LINKED:
            self._check_link(group)
        projects = _projects(group)
        for _, other in self._cloud.store.items(COLLECTION):
            same = other["name"].lower() == name.lower() and other["id"] != number
            if same and projects & _projects(other):
                raise exceptions.group_exists(name)
        self._cloud.store.put(COLLECTION, str(number), group)
        return group

    def _check_link(self, group: Json) -> None:
        data = group["providerData"] or {}
        if not data.get("vault") or not data.get("serviceEndpointId"):
            raise exceptions.invalid(
                "providerData", "A linked group needs providerData.serviceEndpointId and .vault."
            )
        known = {one.id for one in self._organization.connections()}
        if data["serviceEndpointId"] not in known:
            raise exceptions.connection_not_found(str(data["serviceEndpointId"]))
        for one in group["variables"].values():
            one.update({"enabled": one.get("enabled", True), "isSecret": True, "value": None})

    def _reference(self, given: Json) -> Json:
        """With name and id of the project, whichever of them was given."""
        reference = given.get("projectReference") or {}
        found = self._projects.get(str(reference.get("id") or reference.get("name") or ""))
        return {**given, "projectReference": {"id": found["id"], "name": found["name"]}}

    def _now(self) -> str:
        return stamp(self._cloud.clock.time(), "auto")


def shown(group: Json) -> Json:
    """A group as a client gets it."""
    return {**group, "variables": variables.shown(group["variables"])}


def _given(body: Json) -> Iterable[Json]:
    references = body.get("variableGroupProjectReferences")
    if not isinstance(references, list) or not references:
        raise exceptions.invalid(
            "variableGroupProjectReferences", "The variable group must belong to a project."
        )
    return references


def _projects(group: Json) -> set[str]:
    found = (one["projectReference"] for one in group["variableGroupProjectReferences"])
    return {str(value).lower() for one in found for value in one.values() if value}
