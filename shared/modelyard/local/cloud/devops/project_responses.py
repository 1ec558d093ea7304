"""HTTP of projects, repositories, people, agent pools and installed extensions."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.devops.answering import body_of, text_of
from modelyard.local.cloud.devops.projects import Projects
from modelyard.local.cloud.service import Cloud

EXTENSIONS = "devops.extensions"
Json = dict[str, Any]


class ProjectResponses:
    """The answers."""

    def __init__(self, cloud: Cloud, projects: Projects) -> None:
        self._cloud = cloud
        self._projects = projects

    def all(self, _request: Request) -> list[Json]:
        return self._projects.all()

    def get(self, _request: Request, project: str) -> Json:
        return self._projects.get(project)

    def add(self, request: Request) -> Json:
        """Done at once, where the service takes a while: the operation has succeeded."""
        made = self._projects.add(text_of(body_of(request), "name"))
        return {"id": made["id"], "status": "succeeded", "url": ""}

    def repositories(self, _request: Request, project: str) -> list[Json]:
        return self._projects.repositories(project)

    def repository(self, _request: Request, project: str, repository: str) -> Json:
        return self._projects.repository(project, repository)

    def add_repository(self, request: Request, project: str) -> Json:
        return self._projects.add_repository(project, text_of(body_of(request), "name"))

    def identities(self, request: Request) -> list[Json]:
        """Of ``searchFilter=General``: by the whole name."""
        return self._projects.identities(request.args.get("filterValue", ""))

    def queues(self, request: Request, project: str) -> list[Json]:
        """The pools that a new project has."""
        self._projects.get(project)
        wanted = request.args.get("queueName", "").lower()
        names = ("Default", "Azure Pipelines")
        return [
            {"id": number, "name": name, "pool": {"id": number, "name": name}}
            for number, name in enumerate(names, 1)
            if wanted in ("", name.lower())
        ]

    def extension(self, _request: Request, publisher: str, name: str) -> Json:
        found = self._cloud.store.get(EXTENSIONS, f"{publisher}.{name}".lower())
        if found is None:
            raise exceptions.DevOpsError(
                404,
                "InstalledExtensionNotFoundException",
                f"The extension {publisher}.{name} is not installed on this account.",
            )
        return found

    def install(self, _request: Request, publisher: str, name: str) -> Json:
        made = {"publisherId": publisher, "extensionId": name, "version": "1.0.0"}
        self._cloud.store.put(EXTENSIONS, f"{publisher}.{name}".lower(), made)
        return made

    def reset(self) -> None:
        self._cloud.store.clear(EXTENSIONS)
