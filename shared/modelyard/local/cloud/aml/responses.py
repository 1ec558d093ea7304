"""HTTP of workspaces, datastores, assets and of the addresses that clients discover."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.aml import datastore_forms
from modelyard.local.cloud.aml.assets import Assets
from modelyard.local.cloud.aml.computes import Computes
from modelyard.local.cloud.aml.datastores import Datastores
from modelyard.local.cloud.aml.holders import Holders
from modelyard.local.cloud.aml.workspaces import Workspaces
from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.arm.front import Answer, read_body, reply
from modelyard.local.cloud.arm.long_running import Operations
from modelyard.local.cloud.arm.models import Subscription
from modelyard.local.cloud.credentials import SUBSCRIPTION_ID

Json = dict[str, Any]
DISCOVERED = (
    *("api", "catalog", "datastore", "execution", "experimentation", "gallery", "history"),
    *("hyperdrive", "inferencing", "metrics", "mlflow", "modelmanagement", "notebooks"),
    *("pipelines", "studio"),
)
_VIEWS = {"ActiveOnly": (False,), "ArchivedOnly": (True,), "All": (False, True)}
"""``listViewType``: whether what is shown is archived."""


class HolderResponses:
    """``.../workspaces`` and ``.../workspaces/<name>``; ``.../registries`` likewise."""

    def __init__(self, holders: Holders[Any], assets: Assets, operations: Operations) -> None:
        self._holders = holders
        self._assets = assets
        self._operations = operations

    def table(self, every: str) -> list[tuple[str, str, Answer]]:
        """Their routes below the address of them all."""
        one = f"{every}/<name>"
        return [
            ("GET", every, self.list),
            ("GET", one, self.get),
            ("PUT", one, self.put),
            ("PATCH", one, self.patch),
            ("DELETE", one, self.delete),
        ]

    def list(self, _request: Request, subscription: str, group: str = "") -> Json:
        return {"value": self._holders.within(subscription, group)}

    def get(self, _request: Request, **where: str) -> Json:
        return self._holders.show(**where)

    def put(self, request: Request, **where: str) -> Response:
        new = self._holders.put(**where, body=read_body(request))
        return self._begun(self._holders.show(**where), 201 if new else 200)

    def patch(self, request: Request, **where: str) -> Json:
        self._holders.find(**where)
        self._holders.update(**where, changes=read_body(request))
        return self._holders.show(**where)

    def delete(self, _request: Request, **where: str) -> Response:
        try:
            holder = self._holders.find(**where)
        except ArmError:
            return Response(status=204)
        self._assets.forget(holder)
        self._holders.delete(**where)
        return self._begun({"location": holder.location}, 202)

    def _begun(self, body: Json, status: int) -> Response:
        return reply(body, status, self._operations.done(SUBSCRIPTION_ID, body["location"]))


class OperationResponses:
    """How something fares that takes its time."""

    def __init__(self, operations: Operations, subscription: Subscription) -> None:
        self._operations = operations
        self._subscription = subscription

    def operation(
        self, _request: Request, subscription: str, location: str, operation: str
    ) -> Json:
        self._subscription.check(subscription)
        found = self._operations.get(operation)
        path = f"/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices"
        return {**found, "id": f"{path}/locations/{location}/mfeOperationsStatus/{operation}"}

    def result(self, _request: Request, subscription: str, operation: str, **_: str) -> Response:
        """202 as long as it isn't done."""
        self._subscription.check(subscription)
        found = self._operations.get(operation)
        if found["status"] == "InProgress":
            return reply({}, 202, {"Retry-After": "1"})
        return reply({})


class DatastoreResponses:
    """Datastores of a workspace."""

    def __init__(self, workspaces: Workspaces, datastores: Datastores) -> None:
        self._workspaces = workspaces
        self._datastores = datastores

    def datastores(self, request: Request, **where: str) -> Json:
        """All of them, or the default one alone (``isDefault``)."""
        found = self._datastores.list(self._workspaces.find(**where))["value"]
        if request.args.get("isDefault", "").lower() == "true":
            found = [one for one in found if one["properties"]["isDefault"]]
        return {"value": found}

    def datastore(self, _request: Request, datastore: str, **where: str) -> Json:
        return self._datastores.get(self._workspaces.find(**where), datastore)

    def datastore_secrets(self, _request: Request, datastore: str, **where: str) -> Json:
        return self._datastores.secrets(self._workspaces.find(**where), datastore)

    def put_datastore(self, request: Request, datastore: str, **where: str) -> Response:
        workspace = self._workspaces.find(**where)
        form = datastore_forms.of_manager(read_body(request))
        new = self._datastores.put(workspace, datastore, form.properties, form.secrets)
        return reply(self._datastores.get(workspace, datastore), 201 if new else 200)

    def delete_datastore(self, _request: Request, datastore: str, **where: str) -> Response:
        gone = self._datastores.delete(self._workspaces.find(**where), datastore)
        return Response(status=200 if gone else 204)


class AssetResponses:
    """Versions of codes, models, environments and data."""

    def __init__(self, holders: Holders[Any], assets: Assets) -> None:
        self._holders = holders
        self._assets = assets

    def containers(self, _request: Request, kind: str, **where: str) -> Json:
        return {"value": list(self._assets.containers(self._holders.find(**where), kind))}

    def container(self, _request: Request, kind: str, asset: str, **where: str) -> Json:
        return self._assets.container(self._holders.find(**where), kind, asset)

    def versions(self, request: Request, kind: str, asset: str, **where: str) -> Json:
        """The newest first; ``$top`` of them, or those of a content ``hash``. ``listViewType`` says
        whether archived ones are among them: only where it is asked for."""
        view = request.args.get("listViewType", "ActiveOnly")
        if view not in _VIEWS:
            raise exceptions.bad_request(f"listViewType {view} is not one of {', '.join(_VIEWS)}.")
        found = [
            one
            for one in self._assets.versions(self._holders.find(**where), kind, asset)
            if one["properties"]["isArchived"] in _VIEWS[view]
        ]
        wanted = request.args.get("hash")
        if wanted:
            found = [
                one for one in found if one["properties"]["properties"].get("hash_sha256") == wanted
            ]
        top = request.args.get("$top", "")
        return {"value": found[: int(top)] if top.isdigit() else found}

    def version(self, _request: Request, kind: str, asset: str, version: str, **where: str) -> Json:
        return self._assets.get(self._holders.find(**where), kind, asset, version)

    def put_version(
        self, request: Request, kind: str, asset: str, version: str, **where: str
    ) -> Response:
        holder = self._holders.find(**where)
        new = self._assets.put(holder, kind, asset, version, read_body(request))
        return reply(self._assets.get(holder, kind, asset, version), 201 if new else 200)

    def delete_version(
        self, _request: Request, kind: str, asset: str, version: str, **where: str
    ) -> Response:
        holder = self._holders.find(**where)
        gone = self._assets.delete(holder, kind, asset, version)
        return Response(status=200 if gone else 204)

    def pending_upload(
        self, _request: Request, subscription: str, group: str, name: str, **_asset: str
    ) -> Json:
        holder = self._holders.find(subscription, group, name)
        return self._assets.pending_upload(holder, self._holders.keys(holder)[0])


class ComputeResponses:
    """Clusters of the workspace, and what is attached."""

    def __init__(self, workspaces: Workspaces, computes: Computes, operations: Operations) -> None:
        self._workspaces = workspaces
        self._computes = computes
        self._operations = operations

    def list(self, _request: Request, **where: str) -> Json:
        return self._computes.list(self._workspaces.find(**where))

    def get(self, _request: Request, compute: str, **where: str) -> Json:
        return self._computes.shown(self._workspaces.find(**where), compute)

    def keys(self, _request: Request, compute: str, **where: str) -> Json:
        return self._computes.secrets(self._workspaces.find(**where), compute)

    def put(self, request: Request, compute: str, **where: str) -> Response:
        workspace = self._workspaces.find(**where)
        new = self._computes.put(workspace, compute, read_body(request))
        made = self._computes.shown(workspace, compute)
        headers = self._operations.done(SUBSCRIPTION_ID, workspace.location)
        return reply(made, 201 if new else 200, headers)

    def patch(self, request: Request, compute: str, **where: str) -> Response:
        workspace = self._workspaces.find(**where)
        self._computes.patch(workspace, compute, read_body(request))
        headers = self._operations.done(SUBSCRIPTION_ID, workspace.location)
        return reply(self._computes.shown(workspace, compute), 200, headers)

    def delete(self, _request: Request, compute: str, **where: str) -> Response:
        workspace = self._workspaces.find(**where)
        if not self._computes.detach(workspace, compute):
            return Response(status=204)
        return reply({}, 202, self._operations.done(SUBSCRIPTION_ID, workspace.location))


def discovery(request: Request, **_where: str) -> Response:
    """The addresses of the data plane: all on the host that is asked, but for the studio's."""
    address = f"https://{request.host}"
    return reply({**dict.fromkeys(DISCOVERED, address), "studio": "https://ml.azure.com"})
