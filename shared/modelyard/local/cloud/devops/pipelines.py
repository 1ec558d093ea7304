"""Pipelines (build definitions, and as the newer interface shows them) and branch policies.

Source: Azure DevOps REST reference, "Definitions", "Pipelines" and "Configurations" (of policies),
API version 7.1.
"""

from __future__ import annotations

import fnmatch
from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.devops import exceptions, variables
from modelyard.local.cloud.devops.answering import Page, body_of, page_of, text_of
from modelyard.local.cloud.devops.documents import Documents
from modelyard.local.cloud.devops.projects import Projects
from modelyard.local.cloud.service import Cloud

VALIDATION = "0609b952-1397-4640-95ec-e00a01b2c241"
POLICIES = {
    "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd": "Minimum number of reviewers",
    VALIDATION: "Build",
    "fd2167ab-b0be-447a-8ec8-39368250530e": "Required reviewers",
}
"""The types of policies that are known here."""
POLICIES_AT_ONCE = 100
"""How many come in one answer. The service doesn't document its own limit."""
Json = dict[str, Any]


class PipelineResponses:
    """The answers."""

    def __init__(self, cloud: Cloud, projects: Projects) -> None:
        self._cloud = cloud
        self._projects = projects
        self.definitions = Documents(cloud, "Definition")
        self._policies = Documents(cloud, "Policy")

    def listed(self, request: Request, project: str) -> list[Json]:
        """By ``name`` (``*`` for anything) and ``path``."""
        pattern = request.args.get("name", "*").lower()
        folder = request.args.get("path", "").lower()
        return [
            {key: one[key] for key in ("id", "name", "path", "revision", "type", "queueStatus")}
            for one in self.definitions.of_project(self._projects.id_of(project))
            if fnmatch.fnmatchcase(one["name"].lower(), pattern)
            and folder in ("", one["path"].lower())
        ]

    def get(self, _request: Request, project: str, number: int) -> Json:
        return _shown(self.definitions.get(self._projects.id_of(project), number))

    def add(self, request: Request, project: str) -> Json:
        key = self._projects.id_of(project)
        with self._cloud.store.lock:
            body = self._checked(project, body_of(request), {})
            return _shown(self.definitions.add(key, {**body, "revision": 1}))

    def change(self, request: Request, project: str, number: int) -> Json:
        key, given = self._projects.id_of(project), body_of(request)
        with self._cloud.store.lock:
            before = self.definitions.get(key, number)
            if given.get("revision") != before["revision"]:
                raise exceptions.invalid("revision", "The pipeline has been changed meanwhile.")
            body = self._checked(project, given, before)
            revision = before["revision"] + 1
            return _shown(self.definitions.change(key, number, {**body, "revision": revision}))

    def delete(self, _request: Request, project: str, number: int) -> None:
        self.definitions.delete(self._projects.id_of(project), number)

    def pipelines(self, _request: Request, project: str) -> list[Json]:
        found = self.definitions.of_project(self._projects.id_of(project))
        return [_as_pipeline(one) for one in found]

    def pipeline(self, _request: Request, project: str, number: int) -> Json:
        return _as_pipeline(self.definitions.get(self._projects.id_of(project), number))

    def policies(self, request: Request, project: str) -> Page:
        wanted = request.args.get("policyType", "").lower()
        found = self._policies.of_project(self._projects.id_of(project))
        kept = [one for one in found if wanted in ("", one["type"]["id"])]
        return page_of(request, kept, POLICIES_AT_ONCE)

    def policy(self, _request: Request, project: str, number: int) -> Json:
        return self._policies.get(self._projects.id_of(project), number)

    def add_policy(self, request: Request, project: str) -> Json:
        body = self._checked_policy(project, body_of(request))
        return self._policies.add(self._projects.id_of(project), {**body, "revision": 1})

    def change_policy(self, request: Request, project: str, number: int) -> Json:
        key, body = self._projects.id_of(project), body_of(request)
        revision = self._policies.get(key, number)["revision"] + 1
        checked = self._checked_policy(project, body)
        return self._policies.change(key, number, {**checked, "revision": revision})

    def delete_policy(self, _request: Request, project: str, number: int) -> None:
        self._policies.delete(self._projects.id_of(project), number)

    def reset(self) -> None:
        self.definitions.reset()
        self._policies.reset()

    def _checked(self, project: str, body: Json, before: Json) -> Json:
        """A definition that can be one; secrets that come without a value keep theirs."""
        name, folder = text_of(body, "name"), str(body.get("path") or "\\")
        for one in self.definitions.of_project(self._projects.id_of(project)):
            same = (one["name"].lower(), one["path"].lower()) == (name.lower(), folder.lower())
            if same and one["id"] != before.get("id"):
                raise exceptions.exists("Definition", name)
        process = body.get("process") or {}
        if process.get("type") != 2 or not process.get("yamlFilename"):
            raise exceptions.invalid("process", "Only pipelines of a YAML file are known here.")
        repository = body.get("repository") or {}
        if repository.get("type") == "TfsGit":
            found = self._projects.repository(project, str(repository.get("id") or ""))
            repository = {**repository, "id": found["id"], "name": found["name"]}
        elif repository.get("type") != "GitHub":
            raise exceptions.invalid("repository", "The pipeline needs a repository.")
        return {
            **body,
            "path": folder,
            "type": "build",
            "queueStatus": body.get("queueStatus") or "enabled",
            "repository": repository,
            "variables": variables.taken(
                body.get("variables") or {}, before.get("variables") or {}
            ),
        }

    def _checked_policy(self, project: str, body: Json) -> Json:
        kind = str((body.get("type") or {}).get("id") or "").lower()
        if kind not in POLICIES:
            raise exceptions.invalid("type", f"There is no policy of the type {kind}.")
        settings = body.get("settings") or {}
        for one in settings.get("scope") or ():
            if one.get("repositoryId"):
                self._projects.repository(project, str(one["repositoryId"]))
        if kind == VALIDATION:
            number = int(settings.get("buildDefinitionId") or 0)
            self.definitions.get(self._projects.id_of(project), number)
        return {
            **body,
            "type": {"id": kind, "displayName": POLICIES[kind]},
            "isDeleted": False,
            "isEnabled": bool(body.get("isEnabled")),
            "isBlocking": bool(body.get("isBlocking")),
        }


def _shown(definition: Json) -> Json:
    """A definition as a client gets it."""
    return {**definition, "variables": variables.shown(definition["variables"])}


def _as_pipeline(definition: Json) -> Json:
    return {
        "id": definition["id"],
        "name": definition["name"],
        "folder": definition["path"],
        "revision": definition["revision"],
        "configuration": {
            "type": "yaml",
            "path": definition["process"]["yamlFilename"],
            "repository": {"id": definition["repository"]["id"]},
        },
    }
