"""The whole workspace: which part knows which, and what all of them do at a start and a stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from modelyard.local.cloud.databricks.auth.federation_policies import FederationPolicies
from modelyard.local.cloud.databricks.auth.models import Authentication
from modelyard.local.cloud.databricks.changes import Changes, Workers
from modelyard.local.cloud.databricks.clusters.environment import driver_environment
from modelyard.local.cloud.databricks.clusters.events import Events
from modelyard.local.cloud.databricks.clusters.lifecycle import Lifecycle
from modelyard.local.cloud.databricks.clusters.models import Clusters
from modelyard.local.cloud.databricks.clusters.records import Document, Records
from modelyard.local.cloud.databricks.dbfs.handles import Handles
from modelyard.local.cloud.databricks.dbfs.models import Dbfs
from modelyard.local.cloud.databricks.drivers import DriverFactory
from modelyard.local.cloud.databricks.files.models import Files
from modelyard.local.cloud.databricks.identity.models import Identities
from modelyard.local.cloud.databricks.jobs.engine import Engine
from modelyard.local.cloud.databricks.jobs.forcing import Forced
from modelyard.local.cloud.databricks.jobs.models import Jobs
from modelyard.local.cloud.databricks.jobs.records import RunRecords
from modelyard.local.cloud.databricks.jobs.states import ACTIVE
from modelyard.local.cloud.databricks.jobs.submission import Submissions
from modelyard.local.cloud.databricks.jobs.tasks import Surroundings
from modelyard.local.cloud.databricks.libraries.models import Build, Libraries
from modelyard.local.cloud.databricks.libraries.records import LibraryRecords
from modelyard.local.cloud.databricks.policies.models import Policies
from modelyard.local.cloud.databricks.pools.models import Pools
from modelyard.local.cloud.databricks.secrets.models import Secrets
from modelyard.local.cloud.databricks.storage import Storage
from modelyard.local.cloud.databricks.tokens.models import WorkspaceTokens
from modelyard.local.cloud.databricks.unity.models import Unity
from modelyard.local.cloud.databricks.workspace.models import Workspace
from modelyard.local.cloud.databricks.workspace.records import Objects
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.tokens import OWNER, Principal, Tokens


class WorkspaceModel:
    """All state and behaviour. ``factory``, ``base_python`` and ``build`` are how clusters become
    real: driver processes, their interpreter, and the environments of their libraries."""

    def __init__(
        self,
        cloud: Cloud,
        factory: DriverFactory,
        base_python: Callable[[], Path],
        build: Build,
    ) -> None:
        self.cloud = cloud
        self.storage = Storage(cloud.folder / "databricks")
        self.changes = Changes()
        self.workers = Workers()
        self.identities = Identities(cloud)
        self.access = Tokens(cloud)
        self.authenticate = Authentication(self.access, self.identities)
        self.federation = FederationPolicies(cloud, self.identities)
        self.tokens = WorkspaceTokens(cloud, self.access)
        self.secrets = Secrets(cloud)
        self.workspace = Workspace(Objects(cloud, self.storage))
        self.dbfs = Dbfs(self.storage)
        self.handles = Handles(cloud, self.dbfs, self.storage.folder / "uploads")
        self.unity = Unity(cloud, self.storage)
        self.files = Files(self.storage, self.unity)
        self.policies = Policies(cloud)
        self.pools = Pools(cloud)
        self._make_clusters(factory, base_python, build)
        self._make_jobs()

    def _make_clusters(
        self, factory: DriverFactory, base_python: Callable[[], Path], build: Build
    ) -> None:
        records, events = Records(self.cloud), Events(self.cloud)
        self.lifecycle = Lifecycle(
            records,
            events,
            self.changes,
            self.workers,
            factory,
            base_python,
            self.storage.drivers,
            self._driver_environment,
        )
        self.clusters = Clusters(records, events, self.lifecycle, self.policies, self.pools)
        self.library_records = LibraryRecords(self.cloud)
        self.libraries = Libraries(
            self.library_records, records, self.changes, self.workers, self.storage, build
        )
        self.lifecycle.when_running = self.libraries.install_pending
        self.lifecycle.when_stopped = self.libraries.cluster_stopped

    def _make_jobs(self) -> None:
        self.runs = RunRecords(self.cloud)
        around = Surroundings(
            records=self.runs,
            changes=self.changes,
            clusters=self.clusters.records,
            lifecycle=self.lifecycle,
            libraries=self.libraries,
            workspace=self.workspace,
            tokens=self.tokens,
            environment=self._run_environment,
            task_values=self.storage.task_values,
        )
        self.jobs = Jobs(self.cloud, self.clusters)
        self.forced = Forced(self.cloud)
        self.engine = Engine(around, self.workers, self.clusters)
        self.submissions = Submissions(self.jobs, self.runs, self.engine, self.forced)

    def start(self) -> None:
        """Before requests are answered: folders, and the truth about what an earlier local cloud
        left active."""
        self.storage.create()
        self.workspace.create_roots()
        self.unity.create_defaults(OWNER)
        self.lifecycle.recover()
        self.engine.recover()

    def stop(self) -> None:
        """End every run and every driver; the state stays."""
        self.engine.shut_down()
        self.lifecycle.shut_down()
        self.workers.join()
        self.lifecycle.drivers.stop_all()

    def reset(self) -> None:
        """End everything and forget it; a workspace like a new one."""
        self.stop()
        for part in (
            *(self.runs, self.jobs, self.forced, self.library_records, self.clusters.events),
            *(self.clusters.records, self.pools, self.policies, self.secrets, self.handles),
            *(self.unity, self.workspace, self.identities, self.federation),
        ):
            part.reset()
        self.storage.clear()
        self.start()

    def status(self) -> Mapping[str, Any]:
        clusters = [document["state"] for document in self.clusters.records.all()]
        runs = [run["life_cycle_state"] for run in self.runs.job_runs()]
        return {
            "host": self.cloud.workspace_host,
            "clusters": len(clusters),
            "clusters_running": clusters.count("RUNNING"),
            "jobs": len(self.jobs.all()),
            "runs": len(runs),
            "runs_active": sum(state in ACTIVE for state in runs),
            "pages": f"{self.cloud.url}/jobs",
        }

    def _driver_environment(self, document: Document) -> Mapping[str, str]:
        creator = Principal("user", document["creator_user_name"], None)

        def secret(scope: str, key: str) -> str:
            return self.secrets.get(scope, key, creator).decode()

        return driver_environment(document, self.cloud.environment, self.storage, secret)

    def _run_environment(self, token: str, notebook_path: str) -> Mapping[str, str]:
        """The workspace as a run calls it, and MLflow in it."""
        return {
            "DATABRICKS_HOST": self.cloud.url,
            "DATABRICKS_TOKEN": token,
            "MLFLOW_TRACKING_URI": "databricks",
            "MLFLOW_REGISTRY_URI": "databricks",
            "MLFLOW_EXPERIMENT_NAME": notebook_path,
        }
