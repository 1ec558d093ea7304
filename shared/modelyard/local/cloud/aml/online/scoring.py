"""``https://NAME.REGION.inference.ml.azure.com``: who may score, which deployment answers.

Source: learn.microsoft.com, "Troubleshoot online endpoints: HTTP status codes". A model that
answers with an error makes 424 on a managed endpoint; on Kubernetes its own status comes through.
"""

from __future__ import annotations

import threading
import uuid
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard import durations
from modelyard.local.cloud.aml.online import mlflow_bodies, tokens
from modelyard.local.cloud.aml.online.collecting import Collector
from modelyard.local.cloud.aml.online.deployments import Deployments
from modelyard.local.cloud.aml.online.documents import Documents
from modelyard.local.cloud.aml.online.exceptions import ScoringError
from modelyard.local.cloud.aml.online.launching import Launched
from modelyard.local.cloud.aml.online.shares import Turns
from modelyard.local.cloud.aml.workspaces import Workspace, Workspaces
from modelyard.local.cloud.passthrough import NoAnswer, forward
from modelyard.local.cloud.routing import host_name
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]
DEPLOYMENT = "azureml-model-deployment"
_DEFAULT_SECONDS = 5.0


class Scoring:
    """Answers for all endpoints of one cloud."""

    def __init__(
        self,
        cloud: Cloud,
        workspaces: Workspaces,
        documents: Documents,
        deployments: Deployments,
        collector: Collector,
    ) -> None:
        self._clock = cloud.clock
        self._workspaces = workspaces
        self._documents = documents
        self._deployments = deployments
        self._collector = collector
        self._turns = Turns()

    def score(self, request: Request) -> Response:
        endpoint = self._endpoint(request)
        body = request.get_data()
        wanted = request.headers.get(DEPLOYMENT, "")
        name = wanted or self._turns.next(
            endpoint["id"], endpoint["properties"]["traffic"], "traffic"
        )
        if not name:
            raise ScoringError(404, "The endpoint doesn't have any deployment with traffic.")
        self._mirror(request, endpoint, body, wanted)
        deployment = self._deployment(endpoint, name)
        return self._collected(
            request, deployment, body, self._ask(request, endpoint, deployment, body)
        )

    def swagger(self, request: Request) -> Response:
        """What the scoring script says of its inputs."""
        endpoint = self._endpoint(request)
        name = self._turns.next(endpoint["id"], endpoint["properties"]["traffic"], "swagger")
        if not name:
            raise ScoringError(404, "The endpoint doesn't have any deployment with traffic.")
        deployment = self._deployment(endpoint, name)
        return forward(request, self._server(deployment).port, "/swagger.json")

    def _endpoint(self, request: Request) -> Json:
        endpoint = self._documents.by_host(host_name(request.host))
        if endpoint is None:
            raise ScoringError(404, "There is no such endpoint.")
        authorization = request.authorization
        given = authorization.token if authorization and authorization.type == "bearer" else None
        if not given or not tokens.fits(endpoint, given, self._clock.time()):
            raise ScoringError(401, "The key or token is missing, wrong or expired.")
        return endpoint

    def _deployment(self, endpoint: Json, name: str) -> Json:
        found = {one["name"]: one for one in self._documents.deployments(endpoint)}
        if name not in found:
            raise ScoringError(404, f"The endpoint has no deployment {name}.")
        return found[name]

    def _server(self, deployment: Json) -> Launched:
        launched = self._deployments.server(deployment)
        if launched is None or not launched.running.alive():
            self._start_again(deployment)
            raise ScoringError(
                502, "The container isn't there or has crashed.", "not_ready", deployment["name"]
            )
        return launched

    def _ask(self, request: Request, endpoint: Json, deployment: Json, body: bytes) -> Response:
        launched = self._server(deployment)
        translated = mlflow_bodies.to_mlflow(body) if launched.mlflow else None
        settings = deployment["properties"].get("requestSettings") or {}
        name = str(deployment["name"])
        try:
            response = forward(
                request,
                launched.port,
                "/invocations" if launched.mlflow else "/score",
                body=body if translated is None else translated,
                headers={"Authorization": None, DEPLOYMENT: None},
                timeout=_seconds(settings.get("requestTimeout")),
            )
        except NoAnswer as error:
            if isinstance(error.__cause__, TimeoutError):
                raise ScoringError(408, "The model took too long.", "timeout", name) from error
            self._server(deployment)  # raises 502 when it has ended
            raise ScoringError(502, f"No answer: {error}", "crashed", name) from error
        if translated is not None and response.status_code == 200:
            data = mlflow_bodies.of_mlflow(b"".join(response.iter_encoded()))
            response.close()
            response = Response(data, 200, mimetype="application/json")
        if response.status_code >= 400 and endpoint["kind"] == "Managed":
            response.headers["ms-azureml-model-error-statuscode"] = str(response.status_code)
            response.headers["ms-azureml-model-error-reason"] = "model_error"
            response.status_code = 424
        response.headers[DEPLOYMENT] = name
        response.headers.setdefault("x-ms-request-id", str(uuid.uuid4()))
        return response

    def _collected(
        self, request: Request, deployment: Json, body: bytes, response: Response
    ) -> Response:
        """The same response, kept with its request where the deployment collects them."""
        workspace = self._workspace_of(deployment)
        if workspace is None or not deployment["properties"].get("dataCollector"):
            return response
        data = b"".join(response.iter_encoded())
        response.close()
        self._collector.payload(workspace, deployment, "request", body, request)
        self._collector.payload(workspace, deployment, "response", data, request)
        return Response(data, response.status_code, response.headers)

    def _mirror(self, request: Request, endpoint: Json, body: bytes, wanted: str) -> None:
        """Send a copy where the endpoint says; nobody waits for what comes of it."""
        if wanted:
            return
        shares = endpoint["properties"]["mirrorTraffic"]
        name = self._turns.next(endpoint["id"], shares, "mirror") if shares else None
        launched = self._deployments.server(self._deployment(endpoint, name)) if name else None
        if launched is None:
            return
        copy = Request({**request.environ})
        target = "/invocations" if launched.mlflow else "/score"
        headers = {"Authorization": None, DEPLOYMENT: None}

        def send() -> None:
            try:
                forward(copy, launched.port, target, body=body, headers=headers).close()
            except NoAnswer:
                return  # the copy is nobody's request

        threading.Thread(target=send, name="mirror", daemon=True).start()

    def _start_again(self, deployment: Json) -> None:
        if deployment["properties"]["provisioningState"] != "Succeeded":
            return
        workspace = self._workspace_of(deployment)
        if workspace is not None:
            threading.Thread(
                target=self._deployments.restart, args=(workspace, deployment), daemon=True
            ).start()

    def _workspace_of(self, deployment: Json) -> Workspace | None:
        within = deployment["id"].lower()
        every = self._workspaces.all()
        return next((one for one in every if within.startswith(f"{one.id}/".lower())), None)


def _seconds(text: str | None) -> float:
    """An ISO 8601 duration, such as PT1M30S; what Azure takes where there is none."""
    return durations.seconds_of(text) or _DEFAULT_SECONDS
