"""Where MLflow's REST API answers: below ``/api/`` of the workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.wrappers import Response

from modelyard.local.cloud.databricks.api import METHODS, VERSION, Answer, Api
from modelyard.local.cloud.databricks.auth.models import Authentication
from modelyard.local.cloud.databricks.calls import Call
from modelyard.local.cloud.databricks.files.models import Files
from modelyard.local.cloud.databricks.files.responses import FileResponses
from modelyard.local.cloud.databricks.identity.models import Identities
from modelyard.local.cloud.databricks.storage import Storage
from modelyard.local.cloud.databricks.unity.models import Unity
from modelyard.local.cloud.mlflow.catalog_responses import CatalogResponses
from modelyard.local.cloud.mlflow.responses import ReviewResponses, Tracking
from modelyard.local.cloud.mlflow.reviews import Reviews
from modelyard.local.cloud.mlflow.server import MlflowServer
from modelyard.local.cloud.mlflow.unity import UnityModels
from modelyard.local.cloud.mlflow.unity_responses import ModelFiles, UnityResponses
from modelyard.local.cloud.mlflow.version_files import VersionFiles
from modelyard.local.cloud.mlflow.version_files_responses import VersionFilesResponses
from modelyard.local.cloud.service import Cloud, Handler, Route
from modelyard.local.cloud.tokens import Tokens

LATER_VERSION = '<any("3.0", "4.0"):version>'
"""Of MLflow's REST API only: traces and assessments."""


class MlflowService:
    """See :class:`modelyard.local.cloud.service.Service`."""

    name = "mlflow"

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._authenticate = Authentication(Tokens(cloud), Identities(cloud))
        self._server = MlflowServer(cloud)
        self._reviews = Reviews(cloud, self._server)
        self._models = UnityModels(cloud, self._server)

    def routes(self) -> Sequence[Route]:
        tracking = Tracking(self._server, self._authenticate)
        return [
            self._all(f"/api/{VERSION}/mlflow/<path:rest>", tracking.passed_on),
            self._all(f"/api/{LATER_VERSION}/mlflow/<path:rest>", tracking.passed_on),
            self._all("/api/2.0/preview/mlflow/<path:rest>", tracking.preview),
            Route(
                ("POST",),
                self._cloud.workspace_host,
                "/api/2.0/mlflow/experiments/create",
                tracking.create_experiment,
                loopback=True,
            ),
            *self._review_routes(),
            *self._unity_routes(),
            *self._version_files_routes(),
        ]

    def start(self) -> None:
        """Begin to start the server; the first request waits for it."""
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    def reset(self) -> None:
        self._server.stop()
        self._server.forget()
        self._reviews.clear()
        self._models.clear()
        self._server.start()

    def status(self) -> Mapping[str, Any]:
        return {"ui": self._server.url, "state": self._server.state}

    def _all(self, path: str, handler: Handler) -> Route:
        return Route(METHODS, self._cloud.workspace_host, path, handler, loopback=True)

    def _review_routes(self) -> list[Route]:
        api = Api(self._cloud, self._authenticate)
        reviews = ReviewResponses(self._reviews)
        own = "mlflow/databricks"
        return [
            api.get(f"{own}/registered-models/get", reviews.registered_model),
            api.post(f"{own}/model-versions/transition-stage", reviews.transition_stage),
            api.post("mlflow/transition-requests/create", reviews.create_request),
            api.get("mlflow/transition-requests/list", reviews.list_requests),
            api.post("mlflow/transition-requests/approve", reviews.approve),
            api.post("mlflow/transition-requests/reject", reviews.reject),
            api.delete("mlflow/transition-requests/delete", reviews.delete_request),
            api.post("mlflow/comments/create", reviews.create_comment),
            api.patch("mlflow/comments/update", reviews.update_comment),
            api.delete("mlflow/comments/delete", reviews.delete_comment),
        ]

    def _unity_routes(self) -> list[Route]:
        api = Api(self._cloud, self._authenticate)
        client, catalog = UnityResponses(self._models), CatalogResponses(self._models)
        files = FileResponses(ModelFiles(self._models.folder))
        prefix, models = "mlflow/unity-catalog", "unity-catalog/models"
        file, folder = "fs/files/Models/<path:path>", "fs/directories/Models/<path:path>"
        enabled = "registered-models:is-databricks-sdk-models-artifact-repository-enabled"
        return [
            api.get(f"{prefix}/{enabled}", client.enabled),
            *(
                method(f"{prefix}/<path:rest>", client.answer)
                for method in (api.get, api.post, api.patch, api.delete)
            ),
            api.stream("PUT", file, _below_models(files.upload)),
            api.stream("POST", file, _below_models(files.initiate)),
            api.stream("GET", file, _below_models(files.download)),
            api.stream("PUT", folder, _below_models(files.make_folder)),
            api.stream("GET", folder, _below_models(files.list_folder)),
            api.get(models, catalog.list_models),
            api.post(models, catalog.create_model),
            api.get(f"{models}/<full_name>", catalog.get_model),
            api.delete(f"{models}/<full_name>", catalog.delete_model),
            api.get(f"{models}/<full_name>/versions", catalog.list_versions),
            api.get(f"{models}/<full_name>/versions/<number>", catalog.get_version),
            api.delete(f"{models}/<full_name>/versions/<number>", catalog.delete_version),
            api.get(f"{models}/<full_name>/aliases/<alias>", catalog.get_alias),
            api.stream("PUT", f"{models}/<full_name>/aliases/<alias>", catalog.set_alias),
            api.delete(f"{models}/<full_name>/aliases/<alias>", catalog.delete_alias),
        ]

    def _version_files_routes(self) -> list[Route]:
        api = Api(self._cloud, self._authenticate)
        storage = Storage(self._cloud.folder / "databricks")
        files = Files(storage, Unity(self._cloud, storage))
        known = VersionFiles(self._cloud, self._server, files)
        answers = VersionFilesResponses(known, FileResponses(files))
        return [
            api.get("mlflow/model-versions/list-artifacts", answers.list),
            api.get("mlflow/model-versions/get-signed-download-uri", answers.sign),
            api.page("/mlflow-files/<secret>", answers.download),
        ]


def _below_models(answer: Answer) -> Answer:
    """The Files API's own handlers, with the part of the path that the route has taken."""

    def handle(call: Call, path: str) -> Mapping[str, Any] | Response:
        return answer(call, f"Models/{path}")

    return handle
