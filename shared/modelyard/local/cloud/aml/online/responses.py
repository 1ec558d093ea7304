"""HTTP of managing endpoints and deployments. What takes time goes on beside the requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.aml.online import tokens
from modelyard.local.cloud.aml.online.deployments import Deployments
from modelyard.local.cloud.aml.online.documents import ENDPOINTS, Documents, shown
from modelyard.local.cloud.aml.workspaces import Workspace, Workspaces
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.arm.front import read_body, reply
from modelyard.local.cloud.arm.long_running import Operations
from modelyard.local.cloud.credentials import SUBSCRIPTION_ID
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]


class OnlineResponses:
    """``.../onlineEndpoints...`` of a workspace."""

    def __init__(
        self,
        cloud: Cloud,
        workspaces: Workspaces,
        documents: Documents,
        deployments: Deployments,
        operations: Operations,
    ) -> None:
        self._clock = cloud.clock
        self._workspaces = workspaces
        self._documents = documents
        self._deployments = deployments
        self._operations = operations

    def list(self, _request: Request, **where: str) -> Json:
        workspace = self._workspaces.find(**where)
        return {"value": [shown(one) for one in self._documents.endpoints(workspace)]}

    def get(self, _request: Request, endpoint: str, **where: str) -> Json:
        return shown(self._documents.endpoint(self._workspaces.find(**where), endpoint))

    def put(self, request: Request, endpoint: str, **where: str) -> Response:
        workspace = self._workspaces.find(**where)
        document, new = self._documents.put_endpoint(workspace, endpoint, read_body(request))

        def finish() -> None:
            self._documents.set_state(document, ENDPOINTS, "Succeeded")

        return self._begun(workspace, finish, 201 if new else 200, shown(document))

    def delete(self, _request: Request, endpoint: str, **where: str) -> Response:
        workspace = self._workspaces.find(**where)
        try:
            document = self._documents.endpoint(workspace, endpoint)
        except ArmError:
            return Response(status=204)

        def finish() -> None:
            for one in self._documents.deployments(document):
                self._documents.delete_deployment(one)
                self._deployments.take_down(one)
            self._documents.delete_endpoint(document)

        self._documents.set_state(document, ENDPOINTS, "Deleting")
        return self._begun(workspace, finish, 202, {})

    def keys(self, _request: Request, endpoint: str, **where: str) -> Json:
        return tokens.keys(self._documents.endpoint(self._workspaces.find(**where), endpoint))

    def token(self, _request: Request, endpoint: str, **where: str) -> Json:
        document = self._documents.endpoint(self._workspaces.find(**where), endpoint)
        return tokens.token(document, self._clock.time())

    def renew_key(self, request: Request, endpoint: str, **where: str) -> Response:
        workspace = self._workspaces.find(**where)
        body = read_body(request)
        which, value = str(body.get("keyType")), str(body.get("keyValue") or "")
        self._documents.renew_key(workspace, endpoint, which, value)
        return self._begun(workspace, lambda: None, 202, {})

    def deployments(self, _request: Request, endpoint: str, **where: str) -> Json:
        document = self._documents.endpoint(self._workspaces.find(**where), endpoint)
        return {"value": [shown(one) for one in self._documents.deployments(document)]}

    def deployment(self, _request: Request, endpoint: str, deployment: str, **where: str) -> Json:
        document = self._documents.endpoint(self._workspaces.find(**where), endpoint)
        return shown(self._documents.deployment(document, deployment))

    def put_deployment(
        self, request: Request, endpoint: str, deployment: str, **where: str
    ) -> Response:
        workspace = self._workspaces.find(**where)
        document = self._documents.endpoint(workspace, endpoint)
        before = next(
            (one for one in self._documents.deployments(document) if one["name"] == deployment),
            None,
        )
        made, new = self._deployments.accept(document, deployment, read_body(request))

        def finish() -> None:
            self._deployments.bring_up(workspace, made, before)

        return self._begun(workspace, finish, 201 if new else 200, shown(made))

    def delete_deployment(
        self, _request: Request, endpoint: str, deployment: str, **where: str
    ) -> Response:
        workspace = self._workspaces.find(**where)
        document = self._documents.endpoint(workspace, endpoint)
        try:
            found = self._documents.deployment(document, deployment)
        except ArmError:
            return Response(status=204)
        self._documents.check_no_traffic(document, deployment)

        def finish() -> None:
            self._documents.delete_deployment(found)
            self._deployments.take_down(found)

        return self._begun(workspace, finish, 202, {})

    def logs(self, request: Request, endpoint: str, deployment: str, **where: str) -> Json:
        """Of its server; there is no storage initializer here."""
        document = self._documents.endpoint(self._workspaces.find(**where), endpoint)
        found = self._documents.deployment(document, deployment)
        body = read_body(request)
        if body.get("containerType", "InferenceServer") != "InferenceServer":
            return {"content": ""}
        lines = self._deployments.logs(found).splitlines()
        most = body.get("tail")
        return {"content": "\n".join(lines[-most:] if isinstance(most, int) else lines)}

    def _begun(
        self, workspace: Workspace, work: Callable[[], None], status: int, body: Json
    ) -> Response:
        key = self._operations.begin(work, f"{workspace.name} online")
        headers = self._operations.headers(key, SUBSCRIPTION_ID, workspace.location)
        if status == 202:
            headers["Location"] = headers["Azure-AsyncOperation"].replace("Status/", "Results/")
        return reply(body, status, headers)
