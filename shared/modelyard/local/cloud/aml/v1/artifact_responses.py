"""HTTP of artifacts."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.aml.front import listed, missing
from modelyard.local.cloud.aml.history.runs import Runs
from modelyard.local.cloud.aml.v1.artifacts import RUNS, Artifacts
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.arm.front import read_body

Json = dict[str, Any]


class ArtifactResponses:
    """``/artifact/v2.0/...``, and the files of a run below ``/history/v1.0/...``."""

    def __init__(self, artifacts: Artifacts, runs: Runs) -> None:
        self._artifacts = artifacts
        self._runs = runs

    def create(self, request: Request, workspace: Workspace, origin: str, container: str) -> Json:
        """Addresses to write these files to."""
        paths = [str(one["path"]) for one in read_body(request).get("paths") or ()]
        where = (origin, container)
        return {
            "artifacts": {one: self._artifacts.about(*where, one) for one in paths},
            "artifactContentInformation": {
                one: self._artifacts.content(workspace, *where, one) for one in paths
            },
            "errors": {},
        }

    def list(self, _request: Request, workspace: Workspace, origin: str, container: str) -> Json:
        names = self._artifacts.names(workspace, origin, container)
        return listed([self._artifacts.about(origin, container, one) for one in names])

    def content(
        self, request: Request, workspace: Workspace, origin: str, container: str, path: str = ""
    ) -> Json:
        path = request.args.get("path") or path
        if not self._artifacts.exists(workspace, origin, container, path):
            raise missing(f"Artifact {origin}/{container}/{path}")
        return self._artifacts.content(workspace, origin, container, path)

    def contents(
        self, request: Request, workspace: Workspace, origin: str, container: str, path: str = ""
    ) -> Json:
        """All files with this beginning."""
        prefix = request.args.get("path") or path
        names = self._artifacts.names(workspace, origin, container, prefix)
        return listed([self._artifacts.content(workspace, origin, container, one) for one in names])

    def create_of_run(
        self, request: Request, workspace: Workspace, run: str, **_where: str
    ) -> Json:
        return self.create(request, workspace, RUNS, self._container(workspace, run))

    def list_of_run(self, request: Request, workspace: Workspace, run: str, **_where: str) -> Json:
        return self.list(request, workspace, RUNS, self._container(workspace, run))

    def content_of_run(
        self, request: Request, workspace: Workspace, run: str, path: str = "", **_where: str
    ) -> Json:
        return self.content(request, workspace, RUNS, self._container(workspace, run), path)

    def contents_of_run(
        self, request: Request, workspace: Workspace, run: str, path: str = "", **_where: str
    ) -> Json:
        return self.contents(request, workspace, RUNS, self._container(workspace, run), path)

    def _container(self, workspace: Workspace, run: str) -> str:
        return str(self._runs.get(workspace, run)["dataContainerId"])
