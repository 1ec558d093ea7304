"""Environments and the checks on them.

Source: Azure DevOps REST reference, "Environments" and "Check Configurations", API version 7.1.
"""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.devops.answering import body_of, text_of
from modelyard.local.cloud.devops.documents import Documents
from modelyard.local.cloud.devops.projects import Projects
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]


class EnvironmentResponses:
    """The answers."""

    def __init__(self, cloud: Cloud, projects: Projects) -> None:
        self._cloud = cloud
        self._projects = projects
        self.environments = Documents(cloud, "Environment")
        self._checks = Documents(cloud, "CheckConfiguration")

    def listed(self, request: Request, project: str) -> list[Json]:
        wanted = request.args.get("name", "").lower()
        found = self.environments.of_project(self._projects.id_of(project))
        return [one for one in found if wanted in ("", one["name"].lower())]

    def get(self, _request: Request, project: str, number: int) -> Json:
        return self.environments.get(self._projects.id_of(project), number)

    def add(self, request: Request, project: str) -> Json:
        body = body_of(request)
        key, name = self._projects.id_of(project), text_of(body, "name")
        with self._cloud.store.lock:
            self.environments.check_free(key, name)
            made = {"name": name, "description": body.get("description") or ""}
            return self.environments.add(key, {**made, "project": {"id": key}})

    def change(self, request: Request, project: str, number: int) -> Json:
        body, key = body_of(request), self._projects.id_of(project)
        with self._cloud.store.lock:
            before = self.environments.get(key, number)
            name = str(body.get("name") or before["name"])
            self.environments.check_free(key, name, but=number)
            changed = {"name": name, "description": body.get("description") or ""}
            return self.environments.change(key, number, {**before, **changed})

    def delete(self, _request: Request, project: str, number: int) -> None:
        self.environments.delete(self._projects.id_of(project), number)

    def checks(self, request: Request, project: str) -> list[Json]:
        """Those on ``resourceType`` and ``resourceId``; with ``$expand=settings`` whole."""
        kind, wanted = request.args.get("resourceType"), request.args.get("resourceId")
        return [
            _check_shown(one, request)
            for one in self._checks.of_project(self._projects.id_of(project))
            if _place(one) == (kind, wanted)
        ]

    def named(self, project: str, name: str) -> Json:
        """The environment of this name, in any case. Raises DevOpsError.

        :param project: its id, here and below.
        """
        for one in self.environments.of_project(project):
            if one["name"].lower() == name.lower():
                return one
        raise exceptions.not_found("Environment", name)

    def checks_on(self, project: str, environment: int) -> list[Json]:
        """The checks on an environment, whole."""
        place = ("environment", str(environment))
        found = self._checks.of_project(project)
        return [one for one in found if _place(one) == place]

    def check(self, request: Request, project: str, number: int) -> Json:
        return _check_shown(self._checks.get(self._projects.id_of(project), number), request)

    def add_check(self, request: Request, project: str) -> Json:
        body = body_of(request)
        return self._checks.add(self._projects.id_of(project), self._checked(body, project))

    def change_check(self, request: Request, project: str, number: int) -> Json:
        body, key = body_of(request), self._projects.id_of(project)
        whole = {**self._checks.get(key, number), **body}
        return self._checks.change(key, number, self._checked(whole, project))

    def delete_check(self, _request: Request, project: str, number: int) -> None:
        self._checks.delete(self._projects.id_of(project), number)

    def reset(self) -> None:
        self.environments.reset()
        self._checks.reset()

    def _checked(self, body: Json, project: str) -> Json:
        """A check that can be one, its approvers with the names that they have."""
        resource, settings = body.get("resource") or {}, dict(body.get("settings") or {})
        if resource.get("type") == "environment":
            number = str(resource.get("id") or "")
            key = self._projects.id_of(project)
            self.environments.get(key, int(number) if number.isdigit() else 0)
        approvers = []
        for one in settings.get("approvers") or ():
            name = self._projects.name_of(str(one.get("id")))
            if not name:
                raise exceptions.invalid("approvers", f"Identity {one.get('id')} is not known.")
            approvers.append({"id": one["id"], "displayName": name})
        if approvers:
            settings["approvers"] = approvers
        return {**body, "settings": settings, "timeout": body.get("timeout") or 43_200}


def _place(check: Json) -> tuple[str, str]:
    """Kind and id of what a check is on."""
    return check["resource"]["type"], str(check["resource"]["id"])


def _check_shown(check: Json, request: Request) -> Json:
    if request.args.get("$expand", "").lower() == "settings":
        return check
    return {key: value for key, value in check.items() if key != "settings"}
