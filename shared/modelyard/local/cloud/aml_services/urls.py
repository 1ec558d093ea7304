"""Where services are managed, and where they answer."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.local.cloud.aml.assets import Assets
from modelyard.local.cloud.aml.computes import Computes
from modelyard.local.cloud.aml.datastores import Datastores
from modelyard.local.cloud.aml.front import WORKSPACE, Answer, guarded
from modelyard.local.cloud.aml.online.collecting import Collector
from modelyard.local.cloud.aml.online.launching import Launcher
from modelyard.local.cloud.aml.packages import Environments
from modelyard.local.cloud.aml.registries.models import Registries
from modelyard.local.cloud.aml.v1.artifacts import Artifacts
from modelyard.local.cloud.aml.workspaces import API_HOST, Workspaces
from modelyard.local.cloud.aml_services.documents import Documents
from modelyard.local.cloud.aml_services.responses import ServiceResponses, ServiceScoring
from modelyard.local.cloud.aml_services.running import Services
from modelyard.local.cloud.processes import Children
from modelyard.local.cloud.service import Cloud, Route
from modelyard.local.cloud.storage.models import Blobs
from modelyard.local.cloud.tokens import Tokens

Table = list[tuple[str, str, Answer]]
CONTAINERS, CLUSTERS = "*.azurecontainer.io", "*.cloudapp.azure.com"


class WebServicesService:
    """See :class:`modelyard.local.cloud.service.Service`."""

    name = "aml_services"

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._workspaces = Workspaces(cloud)
        blobs = Blobs(cloud)
        datastores = Datastores(cloud, self._workspaces, blobs)
        assets = Assets(cloud, self._workspaces, Registries(cloud), datastores, blobs)
        self._children = Children(cloud.folder)
        launcher = Launcher(
            cloud.folder / "aml_services" / "servers",
            assets,
            datastores,
            blobs,
            Environments(cloud, self._children),
            Collector(cloud, datastores, blobs),
            self._children,
            cloud.environment,
        )
        self._documents = Documents(cloud, Computes(cloud))
        artifacts = Artifacts(cloud, self._workspaces, datastores, blobs)
        self._services = Services(cloud, self._documents, assets, artifacts, launcher)

    def routes(self) -> Sequence[Route]:
        tokens = Tokens(self._cloud)
        answers = ServiceResponses(self._cloud, self._documents, self._services)
        scoring = ServiceScoring(self._cloud, self._workspaces, self._documents, self._services)
        base = f"/modelmanagement/v1.0{WORKSPACE}"
        every, one = f"{base}/services", f"{base}/services/<service>"
        managing: Table = [
            ("GET", every, answers.list),
            ("POST", every, answers.create),
            ("POST", f"{every}/validate", answers.validate),
            ("POST", f"{every}/validate/resource", answers.validate),
            ("POST", f"{every}/validate/name/<service>", answers.validate),
            ("GET", one, answers.get),
            ("PATCH", one, answers.change),
            ("DELETE", one, answers.delete),
            ("POST", f"{one}/listkeys", answers.keys),
            ("POST", f"{one}/regenerateKeys", answers.renew_key),
            ("POST", f"{one}/token", answers.token),
            ("GET", f"{one}/logs", answers.logs),
            ("GET", f"{base}/operations/<operation>", answers.operation),
        ]
        of_cluster = "/api/v1/service/<service>"
        return [
            *(
                Route((method,), API_HOST, path, guarded(answer, tokens, self._workspaces))
                for method, path, answer in managing
            ),
            Route(("POST",), CONTAINERS, "/score", scoring.score),
            Route(("GET",), CONTAINERS, "/swagger.json", scoring.swagger),
            Route(("POST",), CLUSTERS, f"{of_cluster}/score", scoring.score),
            Route(("GET",), CLUSTERS, f"{of_cluster}/swagger.json", scoring.swagger),
        ]

    def start(self) -> None:
        """Services of an earlier life come up beside the requests, one after the other."""
        self._services.clock.stopping.clear()
        if self._documents.all():
            threading.Thread(target=self._restart, name="aml-services", daemon=True).start()

    def stop(self) -> None:
        self._services.stop()
        self._children.stop_all()

    def reset(self) -> None:
        self.stop()
        self._documents.reset()
        self._services.forget()
        self._services.clock.stopping.clear()

    def status(self) -> Mapping[str, Any]:
        return {"services": [one["name"] for one in self._documents.all()]}

    def _restart(self) -> None:
        for workspace in self._workspaces.all():
            for document in self._documents.within(workspace):
                self._services.restart(workspace, document)
