"""Where the data plane of SDK v1 answers: ``REGION.api.azureml.ms``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.local.cloud.aml.assets import Assets
from modelyard.local.cloud.aml.datastores import Datastores
from modelyard.local.cloud.aml.workspaces import API_HOST, Workspaces
from modelyard.local.cloud.aml_v1.artifact_responses import ArtifactResponses
from modelyard.local.cloud.aml_v1.artifacts import Artifacts
from modelyard.local.cloud.aml_v1.datastore_responses import DatastoreResponses
from modelyard.local.cloud.aml_v1.environments import EnvironmentResponses, Environments
from modelyard.local.cloud.aml_v1.experiments import Experiments
from modelyard.local.cloud.aml_v1.front import WORKSPACE, Answer, guarded
from modelyard.local.cloud.aml_v1.history_responses import HistoryResponses
from modelyard.local.cloud.aml_v1.metrics import MetricResponses, Metrics
from modelyard.local.cloud.aml_v1.model_responses import ModelResponses
from modelyard.local.cloud.aml_v1.registered_models import RegisteredModels
from modelyard.local.cloud.aml_v1.runs import COLLECTION, Runs
from modelyard.local.cloud.aml_v1.snapshots import SnapshotResponses, Snapshots
from modelyard.local.cloud.service import Cloud, Route
from modelyard.local.cloud.storage.models import Blobs
from modelyard.local.cloud.tokens import Tokens

Table = list[tuple[str, str, Answer]]


class DataPlaneService:
    """See :class:`modelyard.local.cloud.service.Service`."""

    name = "aml_v1"

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._workspaces = Workspaces(cloud)
        blobs = Blobs(cloud)
        self._datastores = Datastores(cloud, self._workspaces, blobs)
        assets = Assets(cloud, self._workspaces, self._datastores, blobs)
        self._experiments = Experiments(cloud)
        self._runs = Runs(cloud)
        self._artifacts = Artifacts(cloud, self._workspaces, self._datastores, blobs)
        self._metrics = Metrics(cloud)
        self._models = RegisteredModels(cloud, assets, self._datastores)
        self._environments = Environments(cloud)
        self._snapshots = Snapshots(cloud, self._datastores, blobs)

    def routes(self) -> Sequence[Route]:
        tokens = Tokens(self._cloud)
        return [
            Route((method,), API_HOST, path, guarded(answer, tokens, self._workspaces))
            for method, path, answer in (
                *self._of_history(),
                *self._of_artifacts(),
                *self._of_models(),
                *self._of_the_rest(),
            )
        ]

    def start(self) -> None:
        """Nothing runs beside the requests."""

    def stop(self) -> None:
        """Nothing runs beside the requests."""

    def reset(self) -> None:
        for part in (
            *(self._experiments, self._runs, self._metrics, self._models),
            *(self._environments, self._snapshots),
        ):
            part.reset()

    def status(self) -> Mapping[str, Any]:
        return {"runs": sum(1 for _ in self._cloud.store.items(COLLECTION))}

    def _of_history(self) -> Table:
        answers = HistoryResponses(self._experiments, self._runs, self._artifacts)
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
