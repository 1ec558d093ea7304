"""Where jobs and their runs answer."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.local.cloud.aml.assets import Assets
from modelyard.local.cloud.aml.computes import Computes
from modelyard.local.cloud.aml.datastores import Datastores
from modelyard.local.cloud.aml.execution.engine import Engine
from modelyard.local.cloud.aml.front import WORKSPACE, Answer, guarded
from modelyard.local.cloud.aml.history.experiments import Experiments
from modelyard.local.cloud.aml.history.runs import Runs
from modelyard.local.cloud.aml.jobs.documents import Jobs
from modelyard.local.cloud.aml.jobs.files import ArtifactFiles
from modelyard.local.cloud.aml.jobs.responses import JobResponses, TrackingResponses
from modelyard.local.cloud.aml.jobs.runs import JobRuns
from modelyard.local.cloud.aml.jobs.tracking import Tracking
from modelyard.local.cloud.aml.v1.metrics import Metrics
from modelyard.local.cloud.aml.workspaces import API_HOST, Workspaces
from modelyard.local.cloud.arm import front as manage
from modelyard.local.cloud.arm.long_running import Operations
from modelyard.local.cloud.service import Cloud, Route
from modelyard.local.cloud.storage.models import Blobs
from modelyard.local.cloud.tokens import Tokens

ARTIFACTS = "api/2.0/mlflow-artifacts/artifacts"


class JobRoutes:
    """The jobs of one cloud, and their addresses."""

    def __init__(
        self,
        cloud: Cloud,
        workspaces: Workspaces,
        datastores: Datastores,
        assets: Assets,
        computes: Computes,
        blobs: Blobs,
        engine: Engine,
        operations: Operations,
    ) -> None:
        self._cloud = cloud
        self._workspaces = workspaces
        self._tracking = Tracking(cloud)
        runs = Runs(cloud, engine.records)
        told = JobRuns(Experiments(cloud), runs)
        self._jobs = Jobs(cloud, engine, computes, self._tracking, told)
        files = ArtifactFiles(blobs)
        self._managing = JobResponses(workspaces, self._jobs, datastores, assets, blobs, operations)
        self._tracked = TrackingResponses(self._tracking, files, runs, Metrics(cloud))

    def table(self, workspace: str) -> list[tuple[str, str, manage.Answer]]:
        """Resource Manager's part, below a workspace."""
        job = f"{workspace}/jobs/<job>"
        return [
            ("GET", f"{workspace}/jobs", self._managing.list),
            ("GET", job, self._managing.get),
            ("PUT", job, self._managing.put),
            ("POST", f"{job}/cancel", self._managing.cancel),
        ]

    def routes(self) -> Sequence[Route]:
        """The part of the region's API."""
        answers, tokens = self._tracked, Tokens(self._cloud)
        tracking = f"/mlflow/v1.0{WORKSPACE}"
        files = f"{tracking}/{ARTIFACTS}"
        table: list[tuple[tuple[str, ...], str, Answer]] = [
            (
                ("GET", "POST", "PATCH", "DELETE"),
                f"{tracking}/api/<api>/mlflow/<path:rest>",
                answers.tracked,
            ),
            (("GET",), files, answers.list_artifacts),
            (("GET",), f"{files}/<path:path>", answers.get_artifact),
            (("PUT",), f"{files}/<path:path>", answers.put_artifact),
        ]
        return [
            Route(methods, API_HOST, path, guarded(answer, tokens, self._workspaces))
            for methods, path, answer in table
        ]

    def reset(self) -> None:
        self._jobs.reset()
        self._tracking.reset()
