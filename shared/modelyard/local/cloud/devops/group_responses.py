"""HTTP of variable groups, and of what only a local cloud can be asked: their secret values."""

from __future__ import annotations

import fnmatch
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.devops.answering import body_of
from modelyard.local.cloud.devops.exceptions import DevOpsError
from modelyard.local.cloud.devops.models import Organization
from modelyard.local.cloud.devops.projects import Projects
from modelyard.local.cloud.devops.variable_groups import LINKED, VariableGroups, shown
from modelyard.local.cloud.json_bodies import json_answer, json_object

Json = dict[str, Any]
_LINK = ("name", "project", "vault", "connection", "secrets")


class GroupResponses:
    """The handlers."""

    def __init__(
        self, organization: Organization, groups: VariableGroups, projects: Projects
    ) -> None:
        self._organization = organization
        self._groups = groups
        self._projects = projects

    def add(self, request: Request) -> Json:
        return shown(self._groups.add(body_of(request)))

    def update(self, request: Request, group: int) -> Json:
        return shown(self._groups.update(group, body_of(request)))

    def delete(self, _request: Request, group: int) -> None:
        self._groups.delete(group)

    def get(self, _request: Request, project: str, group: int) -> Json:
        return shown(self._groups.get(group, self._projects.id_of(project)))

    def list(self, request: Request, project: str) -> list[Json]:
        """By ``groupIds``, or those whose name fits ``groupName`` (``*`` for anything)."""
        project = self._projects.id_of(project)
        if "groupIds" in request.args:
            wanted = request.args["groupIds"].split(",")
            found = [self._groups.get(int(one), project) for one in wanted if one.isdigit()]
        else:
            pattern = request.args.get("groupName", "*").lower()
            found = [
                one
                for one in self._groups.of_project(project)
                if fnmatch.fnmatchcase(one["name"].lower(), pattern)
            ]
        return [shown(one) for one in found]

    def values(self, request: Request) -> Response:
        """``?project=NAME``: the groups with their values, as the service hands them to a job."""
        names = {one.id: one.name for one in self._organization.connections()}
        found = self._groups.of_project(request.args.get("project", ""))
        for one in found:
            if one["type"] == LINKED:
                one["connection"] = names[one["providerData"]["serviceEndpointId"]]
        return json_answer({"groups": found})

    def link(self, request: Request) -> Response:
        """``{"name", "project", "vault", "connection", "secrets"}``: a group linked to a vault.

        The service connection and the project are made where there is none of their name.
        """
        body = json_object(request) or {}
        if missing := [name for name in _LINK if not body.get(name)]:
            message = {"message": f"The body must have {', '.join(missing)}"}
            return json_answer(message, 400)
        if not isinstance(body["secrets"], list):
            message = {"message": "secrets must be a list of names"}
            return json_answer(message, 400)
        project = self._projects.of_name(str(body["project"]))
        connection = self._organization.connect(str(body["connection"]), project)
        wanted = {
            "name": body["name"],
            "type": LINKED,
            "providerData": {"serviceEndpointId": connection.id, "vault": body["vault"]},
            "variables": {str(name): {"enabled": True} for name in body["secrets"]},
            "variableGroupProjectReferences": [{"projectReference": {"name": project}}],
        }
        there = (one for one in self._groups.of_project(project) if one["name"] == body["name"])
        try:
            before = next(there, None)
            group = (
                self._groups.update(before["id"], wanted) if before else self._groups.add(wanted)
            )
        except DevOpsError as error:
            message = {"message": str(error)}
            return json_answer(message, error.status)
        return json_answer({"id": group["id"]})
