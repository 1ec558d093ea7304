"""HTTP of services: those who manage them (``/modelmanagement/v1.0``), and those who score."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import secrets
import threading
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.aml.front import refused
from modelyard.local.cloud.aml.online.exceptions import ScoringError
from modelyard.local.cloud.aml.workspaces import Workspace, Workspaces
from modelyard.local.cloud.aml_services.documents import Documents, shown
from modelyard.local.cloud.aml_services.running import Services
from modelyard.local.cloud.arm.front import read_body, reply
from modelyard.local.cloud.passthrough import NoAnswer, forward
from modelyard.local.cloud.routing import host_name
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]
TOKEN_SECONDS = 3600


class ServiceResponses:
    """``.../services`` and ``.../operations`` of a workspace."""

    def __init__(self, cloud: Cloud, documents: Documents, services: Services) -> None:
        self._clock = cloud.clock
        self._documents = documents
        self._services = services

    def create(self, request: Request, workspace: Workspace) -> Response:
        document, before = self._documents.accept(workspace, read_body(request))
        if before is None:
            self._documents.put(workspace, document)
        operation = self._documents.begin(document["name"])
        threading.Thread(
            target=self._services.deploy,
            args=(workspace, document, before, operation),
            name="aml-service",
            daemon=True,
        ).start()
        location = f"/api/modelmanagement/v1.0{workspace.id}/operations/{operation}"
        return reply(shown(document), 202, {"Operation-Location": location})

    def validate(self, _request: Request, _workspace: Workspace, **_name: str) -> Json:
        """Everything that can be checked is checked when it is created."""
        return {}

    def list(self, _request: Request, workspace: Workspace) -> Json:
        # Without nextLink: SDK v1 follows one that is null.
        return {"value": [shown(self._now(one)) for one in self._documents.within(workspace)]}

    def get(self, _request: Request, workspace: Workspace, service: str) -> Json:
        return shown(self._now(self._documents.get(workspace, service)))

    def change(self, request: Request, workspace: Workspace, service: str) -> Json:
        patch = json.loads(request.get_data())
        if not isinstance(patch, list):
            raise refused("The body has to be a JSON patch.")
        return shown(self._documents.change(workspace, service, patch))

    def delete(self, _request: Request, workspace: Workspace, service: str) -> Json:
        self._services.take_down(self._documents.get(workspace, service))
        self._documents.delete(workspace, service)
        return {}

    def keys(self, _request: Request, workspace: Workspace, service: str) -> Json:
        found = self._documents.get(workspace, service)
        if not found["authEnabled"]:
            raise refused(f"The service {service} takes no keys.")
        keys: Json = found["keys"]
        return keys

    def renew_key(self, request: Request, workspace: Workspace, service: str) -> Json:
        body = read_body(request)
        which = f"{str(body.get('keyType', '')).lower()}Key"
        document = self._documents.get(workspace, service)
        if which not in document["keys"]:
            raise refused("keyType has to be Primary or Secondary.")
        document["keys"][which] = body.get("newKey") or secrets.token_urlsafe(24)
        self._documents.put(workspace, document)
        return {}

    def token(self, _request: Request, workspace: Workspace, service: str) -> Json:
        document = self._documents.get(workspace, service)
        if not document.get("aadAuthEnabled"):
            raise refused(f"The service {service} takes no tokens.")
        expires = int(self._clock.time()) + TOKEN_SECONDS
        moment = datetime.datetime.fromtimestamp(expires, datetime.timezone.utc)
        return {
            "accessToken": f"{expires}.{_signature(document, expires)}",
            "expiryOn": int(moment.timestamp()),
            "refreshAfter": expires - TOKEN_SECONDS // 4,
            "tokenType": "Bearer",
        }

    def logs(self, _request: Request, workspace: Workspace, service: str) -> Json:
        return {"content": self._services.logs(self._documents.get(workspace, service))}

    def operation(self, _request: Request, _workspace: Workspace, operation: str) -> Json:
        return self._documents.operation(operation)

    def _now(self, document: Json) -> Json:
        dead = document["state"] == "Healthy" and self._services.server(document) is None
        return {**document, "state": "Unhealthy"} if dead else document


class ServiceScoring:
    """``http://NAME.REGION.azurecontainer.io/score`` and ``.../api/v1/service/NAME/score``."""

    def __init__(
        self, cloud: Cloud, workspaces: Workspaces, documents: Documents, services: Services
    ) -> None:
        self._clock = cloud.clock
        self._workspaces = workspaces
        self._documents = documents
        self._services = services

    def score(self, request: Request, service: str = "") -> Response:
        return self._ask(request, service, "/score")

    def swagger(self, request: Request, service: str = "") -> Response:
        return self._ask(request, service, "/swagger.json")

    def _ask(self, request: Request, service: str, target: str) -> Response:
        document = self._documents.by_address(host_name(request.host), service)
        if document is None:
            raise ScoringError(404, "There is no such service.")
        self._check(request, document)
        launched = self._services.server(document)
        if launched is None:
            self._start_again(document)
            raise ScoringError(502, "The container isn't there or has crashed.")
        seconds = float(document.get("scoringTimeoutMs") or 60_000) / 1000
        try:
            return forward(
                request,
                launched.port,
                target,
                body=request.get_data() if request.method == "POST" else None,
                headers={"Authorization": None},
                timeout=seconds,
            )
        except NoAnswer as error:
            if isinstance(error.__cause__, TimeoutError):
                raise ScoringError(504, "The model took too long.") from error
            raise ScoringError(502, f"No answer: {error}") from error

    def _check(self, request: Request, document: Json) -> None:
        """Raises ScoringError for a stranger."""
        if not (document["authEnabled"] or document.get("aadAuthEnabled")):
            return
        authorization = request.authorization
        given = authorization.token if authorization and authorization.type == "bearer" else None
        if given and self._fits(document, given):
            return
        raise ScoringError(401, "The key or token is missing, wrong or expired.")

    def _fits(self, document: Json, given: str) -> bool:
        if document["authEnabled"]:
            keys = document["keys"].values()
            return True in [secrets.compare_digest(given.encode(), one.encode()) for one in keys]
        text, _, signature = given.partition(".")
        if not text.isdigit() or int(text) <= self._clock.time():
            return False
        known = _signature(document, int(text))
        return secrets.compare_digest(signature.encode(), known.encode())

    def _start_again(self, document: Json) -> None:
        if document["state"] != "Healthy":
            return
        for workspace in self._workspaces.all():
            if workspace.id == document["workspace"]:
                threading.Thread(
                    target=self._services.restart, args=(workspace, document), daemon=True
                ).start()


def _signature(document: Json, expires: int) -> str:
    text = f"{document['workspace']}/{document['name']}\n{expires}"
    key = document["keys"]["primaryKey"].encode()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
