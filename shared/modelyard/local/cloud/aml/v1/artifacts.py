"""Artifacts: files of runs and uploads, in the container ``azureml`` of the workspace's account.

An artifact is named by origin, container and path, such as ``ExperimentRun/dcid.RUN/outputs/x``;
that is also the name of its blob. The origin ``Datastore`` names a file of a datastore.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from modelyard.local.cloud.aml.datastores import Datastores
from modelyard.local.cloud.aml.front import missing
from modelyard.local.cloud.aml.workspaces import Workspace, Workspaces
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.storage.models import Blobs
from modelyard.local.cloud.storage.signatures import blob_sas
from modelyard.local.cloud.times import stamp

Json = dict[str, Any]
STORE = "workspaceartifactstore"
"""The datastore that holds them."""
OF_DATASTORES = "Datastore"
RUNS = "ExperimentRun"
SAS_SECONDS = 3600.0


class Artifacts:
    """Those of every workspace. What there is, the blobs tell."""

    def __init__(
        self, cloud: Cloud, workspaces: Workspaces, datastores: Datastores, blobs: Blobs
    ) -> None:
        self._cloud = cloud
        self._workspaces = workspaces
        self._datastores = datastores
        self._blobs = blobs

    def place(self, workspace: Workspace, origin: str, container: str, path: str) -> Json:
        """Which blob that is: ``{"container", "name"}``. Raises ArmError."""
        if origin == OF_DATASTORES:
            return {"container": self._datastores.container(workspace, container), "name": path}
        holder = self._datastores.container(workspace, STORE)
        return {"container": holder, "name": f"{origin}/{container}/{path}"}

    def names(
        self, workspace: Workspace, origin: str, container: str, prefix: str = ""
    ) -> list[str]:
        """Paths with this beginning, in the order of the alphabet."""
        start = self.place(workspace, origin, container, "")
        found = self._blobs.names(workspace.account, start["container"], f"{start['name']}{prefix}")
        return [name.removeprefix(start["name"]) for name in found]

    def exists(self, workspace: Workspace, origin: str, container: str, path: str) -> bool:
        place = self.place(workspace, origin, container, path)
        blob = self._blobs.find(workspace.account, place["container"], place["name"])
        return blob is not None

    def read(self, workspace: Workspace, origin: str, container: str, path: str) -> bytes:
        """What is in one. Raises ArmError when it isn't there."""
        place = self.place(workspace, origin, container, path)
        blob = self._blobs.find(workspace.account, place["container"], place["name"])
        if blob is None:
            raise missing(f"Artifact {origin}/{container}/{path}")
        return self._blobs.path(blob).read_bytes()

    def about(self, origin: str, container: str, path: str) -> Json:
        """What a client is told of one."""
        return {
            "artifactId": f"{origin}/{container}/{path}",
            "origin": origin,
            "container": container,
            "path": path,
            "etag": None,
            "createdTime": stamp(self._cloud.clock.time()),
            "dataPath": None,
            "tags": None,
        }

    def content(self, workspace: Workspace, origin: str, container: str, path: str) -> Json:
        """Where a client reads or writes one, for an hour."""
        place = self.place(workspace, origin, container, path)
        return {
            "contentUri": self.address(workspace, place["container"], place["name"]),
            "origin": origin,
            "container": container,
            "path": path,
            "tags": None,
        }

    def address(self, workspace: Workspace, container: str, name: str) -> str:
        """A blob's address with leave to read and write it."""
        until = self._cloud.clock.time() + SAS_SECONDS
        key = self._workspaces.keys(workspace)[0]
        signature = blob_sas(key, workspace.account, f"{container}/{name}", "rcw", until)
        account = f"https://{workspace.account}.blob.core.windows.net"
        return f"{account}/{container}/{quote(name)}?{signature}"
