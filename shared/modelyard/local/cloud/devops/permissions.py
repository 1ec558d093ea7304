"""Which pipelines may use what: service connections, variable groups, environments.

Source: Azure DevOps REST reference, "Pipeline Permissions", API version 7.1, and its examples in
MicrosoftDocs/vsts-rest-api-specs: what is told of a resource is who may, so a pipeline whose
permission was taken back is in no answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.devops.answering import body_of, caller_of
from modelyard.local.cloud.devops.projects import Projects
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

COLLECTION = "devops.pipeline_permissions"
Json = dict[str, Any]


class PermissionResponses:
    """The answers."""

    def __init__(self, cloud: Cloud, projects: Projects) -> None:
        self._cloud = cloud
        self._projects = projects

    def get(self, _request: Request, project: str, kind: str, number: str) -> Json:
        place = self._place(project, kind, number)
        return _shown(self._cloud.store.get(COLLECTION, place) or {}, kind, number)

    def change(self, request: Request, project: str, kind: str, number: str) -> Json:
        """Those that the body names are changed, the others stay."""
        return self._changed(request, project, kind, number, body_of(request))

    def change_several(self, request: Request, project: str) -> list[Json]:
        """A list of such bodies, each with its ``resource``."""
        body = request.get_json(silent=True)
        if not isinstance(body, list) or not all(isinstance(one, dict) for one in body):
            raise exceptions.invalid("body", "The request needs a list of permissions.")
        found = []
        for one in body:
            resource = one.get("resource") or {}
            kind, number = str(resource.get("type") or ""), str(resource.get("id") or "")
            if not kind or not number:
                raise exceptions.invalid("resource", "Each needs the type and id of a resource.")
            found.append(self._changed(request, project, kind, number, one))
        return found

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)

    def _changed(
        self, request: Request, project: str, kind: str, number: str, body: Mapping[str, Any]
    ) -> Json:
        place, permission = self._place(project, kind, number), self._permission(request)
        with self._cloud.store.lock:
            stored = self._cloud.store.get(COLLECTION, place) or {}
            pipelines = {one["id"]: one for one in stored.get("pipelines", ())}
            for one in body.get("pipelines") or ():
                pipelines.pop(one["id"], None)
                if one.get("authorized"):
                    pipelines[one["id"]] = {"id": one["id"], **permission}
            stored["pipelines"] = list(pipelines.values())
            if (given := body.get("allPipelines")) is not None:
                stored["allPipelines"] = permission if given.get("authorized") else None
            self._cloud.store.put(COLLECTION, place, stored)
        return _shown(stored, kind, number)

    def _permission(self, request: Request) -> Json:
        return {
            "authorized": True,
            "authorizedBy": {"displayName": caller_of(request)},
            "authorizedOn": stamp(self._cloud.clock.time(), "auto"),
        }

    def _place(self, project: str, kind: str, number: str) -> str:
        return f"{self._projects.id_of(project)} {kind.lower()} {number}"


def _shown(stored: Mapping[str, Any], kind: str, number: str) -> Json:
    """``allPipelines`` is there only where all may."""
    found: Json = {
        "resource": {"type": kind, "id": number},
        "pipelines": stored.get("pipelines", []),
    }
    if stored.get("allPipelines"):
        found["allPipelines"] = stored["allPipelines"]
    return found
