"""Experiments: names that runs are gathered under."""

from __future__ import annotations

import re
import uuid
from typing import Any

from modelyard.local.cloud.aml.front import missing, refused
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

Json = dict[str, Any]
COLLECTION = "aml-v1-experiments"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_ -]{0,255}")


class Experiments:
    """Those of every workspace."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def find(self, workspace: Workspace, name: str) -> Json | None:
        return self._cloud.store.get(COLLECTION, _key(workspace, name))

    def get(self, workspace: Workspace, name: str) -> Json:
        """Raises ArmError when it isn't there."""
        found = self.find(workspace, name)
        if found is None:
            raise missing(f"Experiment {name}")
        return found

    def by_id(self, workspace: Workspace, id: str) -> Json:
        """Raises ArmError when it isn't there."""
        for one in self.all(workspace):
            if one["experimentId"] == id:
                return one
        raise missing(f"Experiment {id}")

    def all(self, workspace: Workspace) -> list[Json]:
        """The oldest first."""
        start = _key(workspace, "")
        items = self._cloud.store.items(COLLECTION)
        return [one for key, one in items if key.startswith(start)]

    def ensure(self, workspace: Workspace, name: str) -> Json:
        """The experiment, created when it isn't there. Raises ArmError for a bad name."""
        if not _NAME.fullmatch(name):
            raise refused(
                f"Experiment name {name!r} is not valid: 1 to 256 letters, digits, underscores and "
                "hyphens, a letter or digit first."
            )
        with self._cloud.store.lock:
            found = self.find(workspace, name)
            if found is not None:
                return found
            made: Json = {
                "experimentId": str(uuid.uuid4()),
                "name": name,
                "description": None,
                "createdUtc": stamp(self._cloud.clock.time()),
                "tags": {},
                "archivedTime": None,
                "retainForLifetimeOfWorkspace": False,
                "artifactLocation": "",
            }
            self._cloud.store.put(COLLECTION, _key(workspace, name), made)
        return made

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)


def _key(workspace: Workspace, name: str) -> str:
    return f"{workspace.id}/experiments/{name}".lower()
