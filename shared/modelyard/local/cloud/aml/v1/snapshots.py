"""Snapshots: the source folder of a run, as a list of files that lie in blobs.

A client sends only what has changed since an earlier snapshot; the rest is taken from that one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from werkzeug.wrappers import Request

from modelyard.local.cloud.aml import paths
from modelyard.local.cloud.aml.datastores import Datastores
from modelyard.local.cloud.aml.execution.artifacts import put_file
from modelyard.local.cloud.aml.front import missing, refused
from modelyard.local.cloud.aml.paths import Place
from modelyard.local.cloud.aml.v1.artifacts import STORE, Artifacts
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.arm.front import read_body
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.storage.models import Blobs
from modelyard.local.cloud.times import stamp

Json = dict[str, Any]
COLLECTION = "aml-v1-snapshots"
FOLDER, WHOLE = "snapshotfiles", "snapshots"
"""What clients send, and the snapshots made of it."""
NONE = "00000000-0000-0000-0000-000000000000"
"""The parent of a snapshot that has none."""


class Snapshots:
    """Those of every workspace."""

    def __init__(self, cloud: Cloud, datastores: Datastores, blobs: Blobs) -> None:
        self._cloud = cloud
        self._datastores = datastores
        self._blobs = blobs

    def get(self, workspace: Workspace, id: str) -> Json:
        """``{"files": {path: blob}, "root": tree}``. Raises ArmError when it isn't there."""
        found = self._cloud.store.get(COLLECTION, _key(workspace, id))
        if found is None:
            raise missing(f"Snapshot {id}")
        return found

    def add(self, workspace: Workspace, id: str, body: Json) -> None:
        """Raises ArmError for a file that is neither sent nor in the parent."""
        parent = body.get("ParentSnapshotId")
        before = {} if parent in (None, "", NONE) else self.get(workspace, str(parent))["files"]
        sent = (body.get("FileRevisionList") or {}).get("FileNodes") or ()
        here = {str(one["FullName"]): _blob(str(one["BlobUri"])) for one in sent}
        root = body.get("DirTreeNode") or {}
        files = {}
        for path in _paths(root):
            place = here.get(path) or before.get(path)
            if place is None:
                raise refused(f"Snapshot {id}: the file {path} was not sent.")
            files[path] = place
        container = self._datastores.container(workspace, STORE)
        whole = Place(workspace.account, container, f"{WHOLE}/{id}")
        for path, name in files.items():
            blob = self._blobs.get(workspace.account, container, name)
            target = Place(whole.account, whole.container, f"{whole.path}/{path}")
            put_file(self._blobs, self._blobs.path(blob), target)
        document = {"id": id, "files": files, "root": root}
        self._cloud.store.put(COLLECTION, _key(workspace, id), document)

    def place(self, workspace: Workspace, id: str) -> Place:
        """The folder that holds all its files. Raises ArmError when it isn't there."""
        self.get(workspace, id)
        container = self._datastores.container(workspace, STORE)
        return Place(workspace.account, container, f"{WHOLE}/{id}")

    def files(self, workspace: Workspace, id: str) -> Iterator[tuple[str, Path]]:
        """Each file: its path in the folder, and where its bytes are. Raises ArmError."""
        yield from paths.files(self.place(workspace, id), self._blobs)

    def text(self, workspace: Workspace, id: str, name: str) -> str:
        """What is in one file; empty when it isn't there."""
        found = (path for one, path in self.files(workspace, id) if one == name)
        path = next(found, None)
        return path.read_text(errors="replace") if path else ""

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)


class SnapshotResponses:
    """``/content/v1.0/.../snapshots`` and ``/content/v2.0/...``"""

    def __init__(self, cloud: Cloud, snapshots: Snapshots, artifacts: Artifacts) -> None:
        self._cloud = cloud
        self._snapshots = snapshots
        self._artifacts = artifacts

    def latest(self, _request: Request, _workspace: Workspace) -> Json:
        """There is always an empty one to compare with: a client sends all its files."""
        now = stamp(self._cloud.clock.time())
        root = {"name": "", "hash": "", "type": "Directory", "timestamp": now, "children": {}}
        return {"id": NONE, "root": root}

    def uploads(self, request: Request, workspace: Workspace) -> Json:
        """Addresses to write files to."""
        names = [str(one) for one in read_body(request).get("FileNames") or ()]
        batch = uuid.uuid4()
        return {
            "fileNodes": [
                {
                    "fullName": one,
                    "blobUri": self._artifacts.address(
                        workspace,
                        self._artifacts.place(workspace, FOLDER, str(batch), "")["container"],
                        f"{FOLDER}/{batch}/{one}",
                    ),
                }
                for one in names
            ]
        }

    def create(self, request: Request, workspace: Workspace, snapshot: str) -> Json:
        self._snapshots.add(workspace, snapshot, read_body(request))
        return {"id": snapshot}

    def metadata(self, _request: Request, workspace: Workspace, snapshot: str) -> Json:
        found = self._snapshots.get(workspace, snapshot)
        return {"id": snapshot, "root": found["root"]}


def _blob(address: str) -> str:
    """The name of a blob in its container."""
    return unquote(urlsplit(address).path).lstrip("/").partition("/")[2]


def _paths(node: Json, above: str = "") -> Iterator[str]:
    """The files of a tree of folders."""
    children = node.get("children") or {}
    for name, child in children.items():
        path = f"{above}{name}"
        if str(child.get("type", "")).lower() == "directory":
            yield from _paths(child, f"{path}/")
        else:
            yield path


def _key(workspace: Workspace, id: str) -> str:
    return f"{workspace.id}/snapshots/{id}".lower()
