"""Projects of the organization, each with a repository of its name, as a new one has; its people.

Source: Azure DevOps REST reference, "Projects", "Repositories" and "Identities", API version 7.1.
"""

from __future__ import annotations

import uuid
from typing import Any

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.tokens import OWNER

FIRST = "local"
"""The project that is there from the beginning: that of pipelines on the local runner."""
REVIEWER = "reviewer@modelyard.local"
GROUPS = ("Contributors", "Project Administrators", "Readers")
PROJECTS, REPOSITORIES = "devops.projects", "devops.repositories"
Json = dict[str, Any]


class Projects:
    """All of them."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def all(self) -> list[Json]:
        """The first one is made when somebody first asks."""
        with self._cloud.store.lock:
            found = [one for _, one in self._cloud.store.items(PROJECTS)]
            return found or [self._make(FIRST)]

    def get(self, project: str) -> Json:
        """By name or id. Raises DevOpsError."""
        for one in self.all():
            if project.lower() in (one["id"], one["name"].lower()):
                return one
        raise exceptions.project_not_found(project)

    def id_of(self, project: str) -> str:
        """Raises DevOpsError when there is no such project."""
        return str(self.get(project)["id"])

    def add(self, name: str) -> Json:
        """Raises DevOpsError when there is one of this name."""
        with self._cloud.store.lock:
            if any(one["name"].lower() == name.lower() for one in self.all()):
                raise exceptions.exists("Project", name)
            return self._make(name)

    def of_name(self, name: str) -> str:
        """The name of the project, made where there is none."""
        with self._cloud.store.lock:
            there = [one for one in self.all() if one["name"].lower() == name.lower()]
            return str((there[0] if there else self._make(name))["name"])

    def repositories(self, project: str) -> list[Json]:
        """Those of a project. Raises DevOpsError when there is no such project."""
        key = self.id_of(project)
        found = (one for _, one in self._cloud.store.items(REPOSITORIES))
        return [one for one in found if one["project"]["id"] == key]

    def repository(self, project: str, wanted: str) -> Json:
        """By name or id. Raises DevOpsError."""
        for one in self.repositories(project):
            if wanted.lower() in (one["id"], one["name"].lower()):
                return one
        raise exceptions.not_found("GitRepository", wanted)

    def add_repository(self, project: str, name: str) -> Json:
        """Raises DevOpsError when there is one of this name, or no such project."""
        if any(one["name"].lower() == name.lower() for one in self.repositories(project)):
            raise exceptions.exists("GitRepository", name)
        return self._make_repository(self.get(project), name)

    def identities(self, text: str) -> list[Json]:
        """People and groups whose name this is: an address, or ``[Project]\\Group``."""
        names = [OWNER, REVIEWER]
        names += [rf"[{one['name']}]\{group}" for one in self.all() for group in GROUPS]
        return [_identity(name) for name in names if name.lower() == text.lower()]

    def name_of(self, identity: str) -> str:
        """What a person or group of this id is called; empty when nobody is."""
        names = [OWNER, REVIEWER]
        names += [rf"[{one['name']}]\{group}" for one in self.all() for group in GROUPS]
        return next((name for name in names if _identity(name)["id"] == identity), "")

    def members(self, name: str) -> list[str]:
        """Who a person or a group is: both people of the local cloud are in every group."""
        return [OWNER, REVIEWER] if name.startswith("[") else [name]

    def reset(self) -> None:
        self._cloud.store.clear(PROJECTS)
        self._cloud.store.clear(REPOSITORIES)

    def _make(self, name: str) -> Json:
        key = str(uuid.uuid5(uuid.NAMESPACE_URL, name.lower()))
        made = {"id": key, "name": name, "state": "wellFormed", "visibility": "private"}
        self._cloud.store.put(PROJECTS, key, made)
        self._make_repository(made, name)
        return made

    def _make_repository(self, project: Json, name: str) -> Json:
        key = str(uuid.uuid4())
        made = {
            "id": key,
            "name": name,
            "project": project,
            "defaultBranch": "refs/heads/main",
        }
        self._cloud.store.put(REPOSITORIES, key, made)
        return made


def _identity(name: str) -> Json:
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, name.lower()))
    return {
        "id": key,
        "providerDisplayName": name,
        "isActive": True,
        "isContainer": name.startswith("["),
    }
