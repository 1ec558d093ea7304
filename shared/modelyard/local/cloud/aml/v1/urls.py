"""Where the data plane of SDK v1 answers: ``REGION.api.azureml.ms``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.aml.assets import Assets
from modelyard.local.cloud.aml.computes import Computes
from modelyard.local.cloud.aml.datastores import Datastores
from modelyard.local.cloud.aml.execution.engine import Engine
from modelyard.local.cloud.aml.front import WORKSPACE, Answer, guarded
from modelyard.local.cloud.aml.history.experiments import Experiments
from modelyard.local.cloud.aml.history.responses import HistoryResponses
from modelyard.local.cloud.aml.history.runs import Runs
from modelyard.local.cloud.aml.network import network
from modelyard.local.cloud.aml.v1.artifact_responses import ArtifactResponses
from modelyard.local.cloud.aml.v1.artifacts import Artifacts
from modelyard.local.cloud.aml.v1.compute_responses import ComputeResponses
from modelyard.local.cloud.aml.v1.datastore_responses import DatastoreResponses
from modelyard.local.cloud.aml.v1.environments import EnvironmentResponses, Environments
from modelyard.local.cloud.aml.v1.metrics import MetricResponses, Metrics
from modelyard.local.cloud.aml.v1.model_responses import ModelResponses
from modelyard.local.cloud.aml.v1.pipelines.callbacks import Callbacks
from modelyard.local.cloud.aml.v1.pipelines.entities import Entities
from modelyard.local.cloud.aml.v1.pipelines.orders import Orders
from modelyard.local.cloud.aml.v1.pipelines.published import PublishedPipelines
from modelyard.local.cloud.aml.v1.pipelines.runs import PipelineRuns
from modelyard.local.cloud.aml.v1.pipelines.urls import table as pipelines
from modelyard.local.cloud.aml.v1.registered_models import RegisteredModels
from modelyard.local.cloud.aml.v1.snapshots import SnapshotResponses, Snapshots
from modelyard.local.cloud.aml.workspaces import API_HOST, Workspace, Workspaces
from modelyard.local.cloud.service import Cloud, Route
from modelyard.local.cloud.storage.models import Blobs
from modelyard.local.cloud.tokens import Tokens

Json = dict[str, Any]
Table = list[tuple[str, str, Answer]]


class DataPlane:
    """A part of the service of Azure Machine Learning, which gives it what both have."""

    def __init__(
        self,
        cloud: Cloud,
        workspaces: Workspaces,
        datastores: Datastores,
        assets: Assets,
        computes: Computes,
        blobs: Blobs,
        engine: Engine,
    ) -> None:
        self._cloud = cloud
        self._workspaces = workspaces
        self._datastores = datastores
        self._computes = computes
        self._experiments = Experiments(cloud)
        self._runs = Runs(cloud, engine.records)
        self._artifacts = Artifacts(cloud, self._workspaces, self._datastores, blobs)
        self._metrics = Metrics(cloud)
        self._models = RegisteredModels(cloud, assets, self._datastores)
        self._environments = Environments(cloud)
        self._snapshots = Snapshots(cloud, self._datastores, blobs)
        self._entities = Entities(cloud)
        self._published = PublishedPipelines(cloud, self._entities)
        self._callbacks = Callbacks(engine, network(cloud.environment))
        orders = Orders(
            cloud,
            self._entities,
            self._experiments,
            self._runs,
            self._snapshots,
            datastores,
            computes,
        )
        self._pipeline_runs = PipelineRuns(
            cloud, self._entities, self._experiments, self._runs, orders, engine
        )

    def routes(self) -> Sequence[Route]:
        tokens = Tokens(self._cloud)
        return [
            Route((method,), API_HOST, path, guarded(answer, tokens, self._workspaces))
            for method, path, answer in (
                *self._of_history(),
                *self._of_artifacts(),
                *self._of_models(),
                *self._of_the_rest(),
                *pipelines(self._entities, self._pipeline_runs, self._published, self._callbacks),
            )
        ]

    def reset(self) -> None:
        for part in (
            *(self._experiments, self._runs, self._metrics, self._models, self._environments),
            *(self._snapshots, self._entities, self._published, self._pipeline_runs),
        ):
            part.reset()

    def _of_history(self) -> Table:
        answers = HistoryResponses(self._cloud, self._experiments, self._runs, self._artifacts)
        base = f"/history/v1.0{WORKSPACE}"
        experiment = f"{base}/experiments/<experiment>"
        table: Table = [
            ("GET", experiment, answers.experiment),
            ("POST", experiment, answers.create_experiment),
            ("GET", f"{base}/experimentids/<id>", answers.experiment_by_id),
            ("POST", f"{base}/experiments:query", answers.experiments),
            ("POST", f"{experiment}/runs:query", answers.runs),
            ("PATCH", f"{experiment}/batch/runs", answers.patch_several),
            ("POST", f"{experiment}/batch/events", answers.events),
            ("GET", f"{base}/runs/<run>", answers.run),
            ("GET", f"{base}/runs/<run>/details", answers.details),
            ("GET", f"{base}/runs/<run>/children", answers.children),
            ("POST", f"{base}/rundata", answers.run_data),
        ]
        for start in (f"{base}/experiments/<experiment>", f"{base}/experimentids/<id>"):
            run = f"{start}/runs/<run>"
            table += [
                ("GET", run, answers.run),
                ("PATCH", run, answers.patch),
                ("GET", f"{run}/details", answers.details),
                ("GET", f"{run}/children", answers.children),
                ("POST", f"{run}/events", answers.event),
                ("DELETE", f"{run}/tags", answers.delete_tags),
                ("GET", f"{run}/token", answers.token),
                ("GET", f"{run}/metricsingest/wait", answers.metrics_ingested),
            ]
        return table

    def _of_artifacts(self) -> Table:
        answers = ArtifactResponses(self._artifacts, self._runs)
        base = f"/artifact/v2.0{WORKSPACE}/artifacts"
        of_run = f"/history/v1.0{WORKSPACE}/experiments/<experiment>/runs/<run>/artifacts"
        where = "<origin>/<container>"
        return [
            ("POST", f"{base}/batch/metadata/{where}", answers.create),
            ("GET", f"{base}/contentinfo/{where}", answers.content),
            ("GET", f"{base}/contentinfo/{where}/<path:path>", answers.content),
            ("GET", f"{base}/prefix/contentinfo/{where}", answers.contents),
            ("GET", f"{base}/prefix/contentinfo/{where}/<path:path>", answers.contents),
            ("GET", f"{base}/{where}", answers.list),
            ("POST", f"{of_run}/batch/metadata", answers.create_of_run),
            ("GET", f"{of_run}/contentinfo", answers.content_of_run),
            ("GET", f"{of_run}/contentinfo/<path:path>", answers.content_of_run),
            ("GET", f"{of_run}/prefix/contentinfo", answers.contents_of_run),
            ("GET", f"{of_run}/prefix/contentinfo/<path:path>", answers.contents_of_run),
            ("GET", of_run, answers.list_of_run),
        ]

    def _of_models(self) -> Table:
        answers = ModelResponses(self._models)
        base = f"/modelmanagement/v1.0{WORKSPACE}"
        return [
            ("POST", f"{base}/assets", answers.create_asset),
            ("GET", f"{base}/assets/<asset>", answers.asset),
            ("POST", f"{base}/models", answers.register),
            ("GET", f"{base}/models", answers.list),
            ("GET", f"{base}/models/<model>", answers.get),
            ("PATCH", f"{base}/models/<model>", answers.change),
            ("DELETE", f"{base}/models/<model>", answers.delete),
        ]

    def _of_the_rest(self) -> Table:
        metrics = MetricResponses(self._metrics, self._runs)
        series = f"/metric/v2.0{WORKSPACE}/runs/<run>"
        stores = DatastoreResponses(self._datastores)
        store = f"/datastore/v1.0{WORKSPACE}"
        environments = EnvironmentResponses(self._environments)
        every = f"/environment/v1.0{WORKSPACE}/environments"
        computes = ComputeResponses(self._computes)
        attached = f"/rp/workspaces{WORKSPACE}/computes"
        snapshots = SnapshotResponses(self._cloud, self._snapshots, self._artifacts)
        content = f"/content/<any('v1.0', 'v2.0'):_version>{WORKSPACE}/snapshots"
        return [
            ("POST", f"{series}/batch", metrics.batch),
            ("POST", f"{series}/list", metrics.list),
            ("POST", f"{series}/full", metrics.full),
            ("GET", f"{store}/default", stores.default),
            ("PUT", f"{store}/default/<datastore>", stores.set_default),
            ("GET", f"{store}/datastores", stores.list),
            ("POST", f"{store}/datastores", stores.create),
            ("GET", f"{store}/datastores/<datastore>", stores.get),
            ("PUT", f"{store}/datastores/<datastore>", stores.update),
            ("DELETE", f"{store}/datastores/<datastore>", stores.delete),
            ("GET", f"/rp/workspaces{WORKSPACE}", self._workspace),
            ("GET", attached, computes.list),
            ("GET", f"{attached}/<compute>", computes.get),
            ("GET", every, environments.list),
            ("GET", f"{every}/<environment>", environments.get),
            ("PUT", f"{every}/<environment>", environments.put),
            ("GET", f"{every}/<environment>/versions/<version>", environments.version),
            ("PUT", f"{every}/<environment>/versions/<version>", environments.put),
            ("GET", f"{content}/latest/metadata", snapshots.latest),
            ("GET", f"{content}/<snapshot>/metadata", snapshots.metadata),
            ("POST", f"{content}/getblob", snapshots.uploads),
            ("POST", f"{content}/<snapshot>", snapshots.create),
        ]

    def _workspace(self, _request: Request, workspace: Workspace) -> Json:
        """For who can't ask Resource Manager: the program of a run."""
        _, _, subscription, _, group, *_ = workspace.id.split("/")
        return self._workspaces.show(subscription, group, workspace.name)
