"""Computes of a workspace: its own clusters, and what is attached to it.

Nothing of a cluster is emulated: what is deployed or submitted there runs on this machine. An
attached Databricks workspace is this cloud's own.
"""

from __future__ import annotations

import secrets
from typing import Any

from modelyard.durations import seconds_of, text_of
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

Json = dict[str, Any]
COLLECTION = "aml-computes"
KUBERNETES, CLUSTER, DATABRICKS, AKS = "Kubernetes", "AmlCompute", "Databricks", "AKS"
TOKEN = "databricksAccessToken"  # noqa: S105 - the name of a property


class Computes:
    """All computes of all workspaces."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def get(self, workspace: Workspace, name: str) -> Json:
        """Raises ArmError when it isn't there."""
        found = self._cloud.store.get(COLLECTION, _key(workspace, name))
        if found is None:
            raise exceptions.ArmError(404, "ResourceNotFound", f"The compute {name} is not there.")
        return found

    def exists(self, id: str) -> bool:
        """Whether a resource id is one of these."""
        return self._cloud.store.get(COLLECTION, id.lower()) is not None

    def list(self, workspace: Workspace) -> Json:
        start = _key(workspace, "")
        found = [one for key, one in self._cloud.store.items(COLLECTION) if key.startswith(start)]
        return {"value": [_without_secrets(one) for one in found]}

    def put(self, workspace: Workspace, name: str, body: Json) -> bool:
        """Create, attach or replace all of it; says whether it is new. Raises ArmError."""
        given = body.get("properties") or {}
        kind = str(given.get("computeType"))
        if kind not in _KINDS:
            raise exceptions.bad_request(
                f"Computes of type {kind} aren't emulated, {', '.join(_KINDS)} are.",
                "NotEmulated",
            )
        key = _key(workspace, name)
        with self._cloud.store.lock:
            before = self._cloud.store.get(COLLECTION, key)
            if before is not None and before["properties"]["computeType"] != kind:
                raise exceptions.bad_request(
                    f"The compute {name} is of the type {before['properties']['computeType']}, "
                    f"which can't be changed to {kind}."
                )
            properties = _KINDS[kind](given)
            now = stamp(self._cloud.clock.time())
            document = {
                "id": f"{workspace.id}/computes/{name}",
                "name": name,
                "type": "Microsoft.MachineLearningServices/workspaces/computes",
                "location": workspace.location,
                "tags": body.get("tags") or {},
                **({"identity": body["identity"]} if body.get("identity") else {}),
                "properties": {
                    "description": None,
                    "computeLocation": workspace.location,
                    "disableLocalAuth": False,
                    "resourceId": None,
                    **given,
                    "properties": properties,
                    "isAttachedCompute": bool(given.get("resourceId")),
                    "provisioningErrors": None,
                    "createdOn": before["properties"]["createdOn"] if before else now,
                    "modifiedOn": now,
                    "provisioningState": "Succeeded",
                },
            }
            self._cloud.store.put(COLLECTION, key, document)
        return before is None

    def patch(self, workspace: Workspace, name: str, body: Json) -> None:
        """Change the scale of a cluster, and nothing else. Raises ArmError."""
        with self._cloud.store.lock:
            document = self.get(workspace, name)
            if document["properties"]["computeType"] != CLUSTER:
                raise exceptions.bad_request(f"The compute {name} can't be updated, a cluster can.")
            given = (body.get("properties") or {}).get("properties") or {}
            scale = given.get("scaleSettings") or {}
            if "maxNodeCount" not in scale:
                raise exceptions.bad_request("scaleSettings with maxNodeCount is required.")
            settings = document["properties"]["properties"]
            document["properties"]["properties"] = {**settings, **_scaled(scale)}
            document["properties"]["modifiedOn"] = stamp(self._cloud.clock.time())
            self._cloud.store.put(COLLECTION, _key(workspace, name), document)

    def shown(self, workspace: Workspace, name: str) -> Json:
        """As a client sees it: without secrets. Raises ArmError when it isn't there."""
        return _without_secrets(self.get(workspace, name))

    def secrets(self, workspace: Workspace, name: str) -> Json:
        """The access token of an attached Databricks workspace. Raises ArmError for others."""
        properties = self.get(workspace, name)["properties"]
        if properties["computeType"] != DATABRICKS:
            raise exceptions.bad_request(f"The compute {name} has no keys.")
        return {
            "computeType": DATABRICKS,
            TOKEN: properties["properties"].get(TOKEN),
        }

    def detach(self, workspace: Workspace, name: str) -> bool:
        return self._cloud.store.delete(COLLECTION, _key(workspace, name))

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)


def _key(workspace: Workspace, name: str) -> str:
    return f"{workspace.id}/computes/{name}".lower()


def _without_secrets(document: Json) -> Json:
    document["properties"]["properties"].pop(TOKEN, None)
    return document


def _kubernetes(given: Json) -> Json:
    if not given.get("resourceId"):
        raise exceptions.bad_request("resourceId of the cluster is required.")
    return {"namespace": "default", **(given.get("properties") or {})}


def _cluster(given: Json) -> Json:
    properties = dict(given.get("properties") or {})
    if not properties.get("vmSize"):
        raise exceptions.bad_request("vmSize is required.")
    states = ("preparing", "running", "idle", "unusable", "leaving", "preempted")
    return {
        "osType": "Linux",
        "vmPriority": "Dedicated",
        "isolatedNetwork": False,
        "remoteLoginPortPublicAccess": "Disabled",
        "subnet": None,
        **properties,
        **_scaled(properties.get("scaleSettings") or {}),
        "allocationState": "Steady",
        "errors": None,
        "nodeStateCounts": {f"{one}NodeCount": 0 for one in states},
    }


def _scaled(given: Json) -> Json:
    """The scale, and the nodes that a cluster with nothing to do has then."""
    scale = {"minNodeCount": 0, "maxNodeCount": 1, **given}
    if not 0 <= scale["minNodeCount"] <= scale["maxNodeCount"]:
        raise exceptions.bad_request("minNodeCount must be between 0 and maxNodeCount.")
    idle = seconds_of(scale.get("nodeIdleTimeBeforeScaleDown") or "PT2M")
    if idle is None:
        raise exceptions.bad_request("nodeIdleTimeBeforeScaleDown is no duration of ISO 8601.")
    return {
        "scaleSettings": {**scale, "nodeIdleTimeBeforeScaleDown": text_of(int(idle))},
        "currentNodeCount": scale["minNodeCount"],
        "targetNodeCount": scale["minNodeCount"],
    }


def _databricks(given: Json) -> Json:
    if not given.get("resourceId"):
        raise exceptions.bad_request("resourceId of the Databricks workspace is required.")
    properties = dict(given.get("properties") or {})
    if not properties.get(TOKEN):
        raise exceptions.bad_request(f"{TOKEN} is required.")
    return properties


def _aks(given: Json) -> Json:
    region = given.get("computeLocation") or "local"
    return {
        "agentCount": 3,
        "agentVmSize": "Standard_D3_v2",
        "clusterPurpose": "FastProd",
        "clusterFqdn": f"aks-{secrets.token_hex(6)}.{region}.cloudapp.azure.com",
        "loadBalancerType": "PublicIp",
        "loadBalancerSubnet": None,
        "systemServices": [],
        "sslConfiguration": None,
        "aksNetworkingConfiguration": None,
        **(given.get("properties") or {}),
    }


_KINDS = {KUBERNETES: _kubernetes, CLUSTER: _cluster, DATABRICKS: _databricks, AKS: _aks}
