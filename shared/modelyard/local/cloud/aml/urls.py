"""Where Azure Machine Learning answers: Resource Manager, its regions' API, the endpoints."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.local.cloud.aml.assets import KINDS, Assets
from modelyard.local.cloud.aml.computes import Computes
from modelyard.local.cloud.aml.datastores import Datastores
from modelyard.local.cloud.aml.execution.engine import Engine
from modelyard.local.cloud.aml.jobs.urls import JobRoutes
from modelyard.local.cloud.aml.network import network
from modelyard.local.cloud.aml.online import collecting
from modelyard.local.cloud.aml.online.collecting import Collector
from modelyard.local.cloud.aml.online.deployments import Deployments
from modelyard.local.cloud.aml.online.documents import Documents
from modelyard.local.cloud.aml.online.launching import Launcher
from modelyard.local.cloud.aml.online.responses import OnlineResponses
from modelyard.local.cloud.aml.online.scoring import Scoring
from modelyard.local.cloud.aml.packages import Environments
from modelyard.local.cloud.aml.registries.models import Registries
from modelyard.local.cloud.aml.registries.urls import RegistryRoutes
from modelyard.local.cloud.aml.responses import (
    AssetResponses,
    ComputeResponses,
    DatastoreResponses,
    HolderResponses,
    OperationResponses,
    discovery,
)
from modelyard.local.cloud.aml.v1.urls import DataPlane
from modelyard.local.cloud.aml.workspaces import API_HOST, Workspaces
from modelyard.local.cloud.arm.front import HOSTS, Answer, guarded
from modelyard.local.cloud.arm.long_running import Operations
from modelyard.local.cloud.arm.models import Subscription
from modelyard.local.cloud.arm.urls import GROUPS, ONE
from modelyard.local.cloud.processes import Children
from modelyard.local.cloud.service import Cloud, Route
from modelyard.local.cloud.storage.models import Blobs
from modelyard.local.cloud.tokens import Tokens

PROVIDER = "providers/Microsoft.MachineLearningServices"
INFERENCE = "*.inference.ml.azure.com"
Table = list[tuple[str, str, Answer]]


class MachineLearningService:
    """See :class:`modelyard.local.cloud.service.Service`."""

    name = "aml"

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._subscription = Subscription(cloud)
        self._workspaces = Workspaces(cloud)
        self._operations = Operations(cloud)
        blobs = Blobs(cloud)
        self._datastores = Datastores(cloud, self._workspaces, blobs)
        registries = Registries(cloud)
        self._assets = Assets(cloud, self._workspaces, registries, self._datastores, blobs)
        self._registries = RegistryRoutes(cloud, registries, self._assets, self._operations)
        self._computes = Computes(cloud)
        self._documents = Documents(cloud, self._computes)
        self._children = Children(cloud.folder)
        self._environments = Environments(cloud, self._children)
        self._collector = Collector(cloud, self._datastores, blobs)
        launcher = Launcher(
            cloud.folder / "aml" / "servers",
            self._assets,
            self._datastores,
            blobs,
            self._environments,
            self._collector,
            self._children,
            cloud.environment,
        )
        self._deployments = Deployments(cloud, self._documents, launcher)
        self.engine = Engine(
            cloud, blobs, self._environments, self._children, network(cloud.environment)
        )
        self._jobs = JobRoutes(
            cloud,
            self._workspaces,
            self._datastores,
            self._assets,
            self._computes,
            blobs,
            self.engine,
            self._operations,
        )
        self._data_plane = DataPlane(
            cloud,
            self._workspaces,
            self._datastores,
            self._assets,
            self._computes,
            blobs,
            self.engine,
        )

    def routes(self) -> Sequence[Route]:
        tokens, tenant = Tokens(self._cloud), self._subscription.tenant_id
        scoring = Scoring(
            self._cloud, self._workspaces, self._documents, self._deployments, self._collector
        )
        return [
            *(
                Route((method,), host, path, guarded(answer, tokens, tenant))
                for host in HOSTS
                for method, path, answer in self._managing()
            ),
            *self._jobs.routes(),
            *self._registries.routes(),
            *self._data_plane.routes(),
            Route(("GET",), API_HOST, "/discovery", discovery),
            Route(("GET",), API_HOST, "/discovery/<path:rest>", discovery),
            Route(("POST",), INFERENCE, "/score", scoring.score),
            Route(("GET",), INFERENCE, "/swagger.json", scoring.swagger),
            Route(("POST",), collecting.HOST, "/modeldata/log", self._collector.receive),
        ]

    def start(self) -> None:
        """Deployments of an earlier life come up beside the requests, one after the other."""
        self._operations.abandon()
        self.engine.start()
        self._deployments.clock.stopping.clear()
        if self._documents.all_deployments():
            threading.Thread(target=self._restart, name="aml", daemon=True).start()

    def stop(self) -> None:
        self._deployments.stop()
        self.engine.stop()
        self._children.stop_all()
        self._operations.join()

    def reset(self) -> None:
        self.stop()
        for part in (
            self._documents,
            self._assets,
            self._datastores,
            self._computes,
            self._operations,
            self._environments,
            self.engine,
            self._jobs,
            self._data_plane,
        ):
            part.reset()
        self._deployments.clock.stopping.clear()

    def status(self) -> Mapping[str, Any]:
        return {
            "workspaces": [one.name for one in self._workspaces.all()],
            "deployments": len(self._documents.all_deployments()),
            "runs": len(self.engine.records.all()),
        }

    def _restart(self) -> None:
        for workspace in self._workspaces.all():
            for endpoint in self._documents.endpoints(workspace):
                for deployment in self._documents.deployments(endpoint):
                    self._deployments.restart(workspace, deployment)

    def _managing(self) -> Table:
        answers = HolderResponses(self._workspaces, self._assets, self._operations)
        operations = OperationResponses(self._operations, self._subscription)
        table: Table = [
            ("GET", f"{ONE}/{PROVIDER}/workspaces", answers.list),
            *self._registries.of_subscription(),
            *(
                ("GET", f"{ONE}/{PROVIDER}/locations/<location>/{word}/<operation>", answer)
                for word, answer in (
                    ("mfeOperationsStatus", operations.operation),
                    ("mfeOperationsResults", operations.result),
                )
            ),
        ]
        for groups in GROUPS:
            group = f"{ONE}/{groups}/<group>"
            workspaces = f"{group}/{PROVIDER}/workspaces"
            workspace = f"{workspaces}/<name>"
            table += [
                *answers.table(workspaces),
                *self._registries.table(group),
                *self._of_assets(workspace),
                *self._of_computes(workspace),
                *self._of_endpoints(workspace),
                *self._jobs.table(workspace),
            ]
        return table

    def _of_assets(self, workspace: str) -> Table:
        answers = AssetResponses(self._workspaces, self._assets)
        stores = DatastoreResponses(self._workspaces, self._datastores)
        kind = f"{workspace}/<any({', '.join(KINDS)}):kind>"
        version = f"{kind}/<asset>/versions/<version>"
        datastore = f"{workspace}/datastores/<datastore>"
        return [
            ("GET", f"{workspace}/datastores", stores.datastores),
            ("GET", datastore, stores.datastore),
            ("PUT", datastore, stores.put_datastore),
            ("DELETE", datastore, stores.delete_datastore),
            ("POST", f"{datastore}/listSecrets", stores.datastore_secrets),
            ("GET", kind, answers.containers),
            ("GET", f"{kind}/<asset>", answers.container),
            ("GET", f"{kind}/<asset>/versions", answers.versions),
            ("GET", version, answers.version),
            ("PUT", version, answers.put_version),
            ("DELETE", version, answers.delete_version),
            ("POST", f"{version}/startPendingUpload", answers.pending_upload),
        ]

    def _of_computes(self, workspace: str) -> Table:
        answers = ComputeResponses(self._workspaces, self._computes, self._operations)
        compute = f"{workspace}/computes/<compute>"
        return [
            ("GET", f"{workspace}/computes", answers.list),
            ("GET", compute, answers.get),
            ("PUT", compute, answers.put),
            ("PATCH", compute, answers.patch),
            ("DELETE", compute, answers.delete),
            ("POST", f"{compute}/listKeys", answers.keys),
        ]

    def _of_endpoints(self, workspace: str) -> Table:
        answers = OnlineResponses(
            self._cloud, self._workspaces, self._documents, self._deployments, self._operations
        )
        every = f"{workspace}/onlineEndpoints"
        endpoint = f"{every}/<endpoint>"
        deployment = f"{endpoint}/deployments/<deployment>"
        return [
            ("GET", every, answers.list),
            ("GET", endpoint, answers.get),
            ("PUT", endpoint, answers.put),
            ("DELETE", endpoint, answers.delete),
            ("POST", f"{endpoint}/listKeys", answers.keys),
            ("POST", f"{endpoint}/token", answers.token),
            ("POST", f"{endpoint}/regenerateKeys", answers.renew_key),
            ("GET", f"{endpoint}/deployments", answers.deployments),
            ("GET", deployment, answers.deployment),
            ("PUT", deployment, answers.put_deployment),
            ("DELETE", deployment, answers.delete_deployment),
            ("POST", f"{deployment}/getLogs", answers.logs),
        ]
