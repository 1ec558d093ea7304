"""Service connections as clients of the REST interface make them.

One by federation is also a :class:`~modelyard.local.cloud.devops.models.Connection`, so that jobs
of the local runner have identity tokens for it. No secret of a connection comes out again.

Source: Azure DevOps REST reference, "Endpoints", API version 7.1.
"""

from __future__ import annotations

import uuid
from typing import Any

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.devops.answering import text_of
from modelyard.local.cloud.devops.models import AZURE, FEDERATED, Organization, is_federated
from modelyard.local.cloud.devops.projects import Projects
from modelyard.local.cloud.service import Cloud

REGISTRY = "dockerregistry"
SECRETS = ("password", "accesstoken", "apitoken", "serviceprincipalkey")
Json = dict[str, Any]


class Endpoints:
    """All of them."""

    def __init__(self, cloud: Cloud, organization: Organization, projects: Projects) -> None:
        self._cloud = cloud
        self._organization = organization
        self._projects = projects

    def of_project(self, project: str) -> list[Json]:
        """Those of a project, oldest first. Raises DevOpsError when there is no such project."""
        return self._organization.written(self._projects.get(project)["name"])

    def get(self, project: str, key: str) -> Json | None:
        """None when there is none, as the service answers."""
        return next((one for one in self.of_project(project) if one["id"] == key), None)

    def add(self, body: Json) -> Json:
        """Raises DevOpsError when it can't be one."""
        with self._cloud.store.lock:
            project = self._project_of(body)
            name = text_of(body, "name")
            if any(one["name"].lower() == name.lower() for one in self.of_project(project)):
                raise exceptions.exists("Service connection", name)
            key = str(uuid.uuid4())
            if is_federated(body):
                key = self._organization.connect(name, project).id
            return self._save(key, project, body, {})

    def change(self, key: str, body: Json) -> Json:
        """Raises DevOpsError. A secret that comes without a value keeps its own, unless the
        connection signs in otherwise from now on."""
        with self._cloud.store.lock:
            project = self._project_of(body)
            before = self.get(project, key)
            if before is None:
                raise exceptions.connection_not_found(key)
            if before["name"] != body.get("name") and is_federated(before):
                raise exceptions.invalid("name", "The subject of a federation has the name in it.")
            return self._save(key, project, body, _kept(before, body))

    def _project_of(self, body: Json) -> str:
        references = body.get("serviceEndpointProjectReferences")
        if not isinstance(references, list) or not references:
            raise exceptions.invalid(
                "serviceEndpointProjectReferences", "The connection must belong to a project."
            )
        project = references[0].get("projectReference") or {}
        found = self._projects.get(str(project.get("id") or project.get("name") or ""))
        return str(found["name"])

    def _save(self, key: str, project: str, body: Json, before: Json) -> Json:
        kind, given = text_of(body, "type"), _parameters(body)
        parameters = {**before, **{name: one for name, one in given.items() if one is not None}}
        scheme = str((body.get("authorization") or {}).get("scheme") or "")
        if scheme == FEDERATED:
            if kind not in (AZURE, REGISTRY):
                raise exceptions.invalid("scheme", f"{kind} has no {FEDERATED}.")
            known = {one.lower() for one, value in parameters.items() if value}
            for name in ("tenantid", "serviceprincipalid"):
                if name not in known:
                    raise exceptions.invalid(name, f"The parameter {name} is missing.")
            parameters |= self._organization.federation(str(body["name"]), project)
        whole = {
            **body,
            "id": key,
            "authorization": {"scheme": scheme, "parameters": parameters},
            "isReady": True,
            "isShared": False,
            "owner": "library",
        }
        self._organization.save(key, project, whole)
        return whole


def shown(body: Json) -> Json:
    """A connection as a client gets it."""
    parameters = {
        name: None if name.lower() in SECRETS else value
        for name, value in _parameters(body).items()
    }
    return {**body, "authorization": {**body["authorization"], "parameters": parameters}}


def _kept(before: Json, body: Json) -> Json:
    """The secrets that a connection has."""
    scheme = (body.get("authorization") or {}).get("scheme")
    if (before["type"], before["authorization"]["scheme"]) != (body.get("type"), scheme):
        return {}
    return {name: one for name, one in _parameters(before).items() if name.lower() in SECRETS}


def _parameters(body: Json) -> Json:
    found = (body.get("authorization") or {}).get("parameters")
    return dict(found or {})
