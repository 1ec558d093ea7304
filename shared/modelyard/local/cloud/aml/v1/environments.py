"""Environments: definitions under a name, with a number for each version.

No image is built here: a step's packages are installed on this machine when it runs.
"""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.aml.front import listed, missing
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.arm.front import read_body
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]
COLLECTION = "aml-v1-environments"


class Environments:
    """Those of every workspace."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def put(self, workspace: Workspace, name: str, definition: Json) -> Json:
        """Keep a definition; the same as the newest one is that version again."""
        given = {key: value for key, value in definition.items() if key != "version"}
        with self._cloud.store.lock:
            versions = self.versions(workspace, name)
            same = {**given, "name": name}
            if versions and _same(versions[-1], same):
                return versions[-1]
            made = {**same, "version": str(len(versions) + 1)}
            self._cloud.store.put(COLLECTION, _key(workspace, name, made["version"]), made)
        return made

    def get(self, workspace: Workspace, name: str, version: str = "") -> Json:
        """The newest when no version is named. Raises ArmError when it isn't there."""
        for one in reversed(self.versions(workspace, name)):
            if version in ("", one["version"]):
                return one
        raise missing(f"Environment {name}{version and f' (version {version})'}")

    def versions(self, workspace: Workspace, name: str) -> list[Json]:
        """The oldest first."""
        start = _key(workspace, name, "")
        items = self._cloud.store.items(COLLECTION)
        return [one for key, one in items if key.startswith(start)]

    def newest(self, workspace: Workspace) -> list[Json]:
        """The newest of each name."""
        start = f"{workspace.id}/environments/".lower()
        found = {
            one["name"]: one
            for key, one in self._cloud.store.items(COLLECTION)
            if key.startswith(start)
        }
        return list(found.values())

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)


class EnvironmentResponses:
    """``/environment/v1.0/.../environments``"""

    def __init__(self, environments: Environments) -> None:
        self._environments = environments

    def list(self, _request: Request, workspace: Workspace) -> Json:
        return listed(self._environments.newest(workspace))

    def get(self, _request: Request, workspace: Workspace, environment: str) -> Json:
        return self._environments.get(workspace, environment)

    def version(
        self, _request: Request, workspace: Workspace, environment: str, version: str
    ) -> Json:
        return self._environments.get(workspace, environment, version)

    def put(self, request: Request, workspace: Workspace, environment: str, **_: str) -> Json:
        return self._environments.put(workspace, environment, read_body(request))


def _same(before: Json, now: Json) -> bool:
    rest = {key: value for key, value in before.items() if key != "version"}
    return json.dumps(rest, sort_keys=True) == json.dumps(now, sort_keys=True)


def _key(workspace: Workspace, name: str, version: str) -> str:
    return f"{workspace.id}/environments/{name}/{version}".lower()
