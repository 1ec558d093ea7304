"""HTTP of jobs: Resource Manager's, and that of the region's API."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.aml.assets import Assets
from modelyard.local.cloud.aml.datastores import Datastores
from modelyard.local.cloud.aml.history.runs import Runs
from modelyard.local.cloud.aml.jobs.documents import Jobs
from modelyard.local.cloud.aml.jobs.files import ArtifactFiles
from modelyard.local.cloud.aml.jobs.tracking import Tracking
from modelyard.local.cloud.aml.jobs.values import Values
from modelyard.local.cloud.aml.v1 import tracking_view
from modelyard.local.cloud.aml.v1.metrics import Metrics
from modelyard.local.cloud.aml.workspaces import Workspace, Workspaces
from modelyard.local.cloud.arm.front import read_body, reply
from modelyard.local.cloud.arm.long_running import Operations
from modelyard.local.cloud.credentials import SUBSCRIPTION_ID
from modelyard.local.cloud.storage.models import Blobs

Json = dict[str, Any]


class JobResponses:
    """``.../workspaces/<name>/jobs``"""

    def __init__(
        self,
        workspaces: Workspaces,
        jobs: Jobs,
        datastores: Datastores,
        assets: Assets,
        blobs: Blobs,
        operations: Operations,
    ) -> None:
        self._workspaces = workspaces
        self._jobs = jobs
        self._datastores = datastores
        self._assets = assets
        self._blobs = blobs
        self._operations = operations

    def list(self, _request: Request, **where: str) -> Json:
        return {"value": self._jobs.list(self._workspaces.find(**where))}

    def get(self, _request: Request, job: str, **where: str) -> Json:
        return self._jobs.get(self._workspaces.find(**where), job)

    def put(self, request: Request, job: str, **where: str) -> Response:
        workspace = self._workspaces.find(**where)
        values = Values(workspace, self._datastores, self._assets, self._blobs)
        new = self._jobs.put(workspace, job, read_body(request), values)
        return reply(self._jobs.get(workspace, job), 201 if new else 200)

    def cancel(self, _request: Request, job: str, **where: str) -> Response:
        workspace = self._workspaces.find(**where)
        self._jobs.cancel(workspace, job)
        headers = self._operations.done(SUBSCRIPTION_ID, workspace.location)
        status = headers["Azure-AsyncOperation"]
        location = status.replace("mfeOperationsStatus", "mfeOperationsResults")
        return reply({}, 202, {**headers, "Location": location})


class TrackingResponses:
    """The API's ``/mlflow`` of a workspace."""

    def __init__(
        self, tracking: Tracking, files: ArtifactFiles, runs: Runs, metrics: Metrics
    ) -> None:
        self._tracking = tracking
        self._files = files
        self._runs = runs
        self._metrics = metrics

    def tracked(self, request: Request, workspace: Workspace, api: str, rest: str) -> Response:
        run = request.args.get("run_id", "")
        if rest == "runs/get" and not self._tracking.has(run) and self._runs.has(workspace, run):
            return reply(tracking_view.shown(self._runs, self._metrics, workspace, run))
        return self._tracking.passed_on(request, workspace, api, rest)

    def list_artifacts(self, request: Request, workspace: Workspace) -> Json:
        return self._files.list(request, workspace)

    def get_artifact(self, request: Request, workspace: Workspace, path: str) -> Response:
        return self._files.get(request, workspace, path)

    def put_artifact(self, request: Request, workspace: Workspace, path: str) -> Response:
        return self._files.put(request, workspace, path)
