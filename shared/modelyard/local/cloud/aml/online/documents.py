"""Endpoints and deployments as they are stored, and the rules that they keep."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Mapping
from typing import Any

from modelyard.local.cloud.aml.computes import Computes
from modelyard.local.cloud.aml.online import exceptions
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

Json = dict[str, Any]
ENDPOINTS, DEPLOYMENTS = "aml-endpoints", "aml-deployments"
NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{1,30}[a-zA-Z0-9]")
MODES = ("Key", "AMLToken")
"""AADToken isn't emulated."""
_KIND = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
_MOST_MIRRORED = 50


class Documents:
    """All endpoints and deployments of all workspaces."""

    def __init__(self, cloud: Cloud, computes: Computes) -> None:
        self._cloud = cloud
        self._computes = computes
        self.lock = threading.RLock()

    def endpoint(self, workspace: Workspace, name: str) -> Json:
        """Raises ArmError when it isn't there."""
        found = self._cloud.store.get(ENDPOINTS, endpoint_key(workspace, name))
        if found is None:
            raise exceptions.not_found("online endpoint", name)
        return found

    def endpoints(self, workspace: Workspace) -> list[Json]:
        start = endpoint_key(workspace, "")
        return [one for key, one in self._cloud.store.items(ENDPOINTS) if key.startswith(start)]

    def by_host(self, host: str) -> Json | None:
        """The endpoint that answers at ``name.region.inference.ml.azure.com``."""
        found = (one for _, one in self._cloud.store.items(ENDPOINTS) if one["host"] == host)
        return next(found, None)

    def deployment(self, endpoint: Json, name: str) -> Json:
        """Raises ArmError when it isn't there."""
        found = self._cloud.store.get(DEPLOYMENTS, f"{endpoint['id']}/deployments/{name}".lower())
        if found is None:
            raise exceptions.not_found("deployment", name)
        return found

    def deployments(self, endpoint: Json) -> list[Json]:
        start = f"{endpoint['id']}/deployments/".lower()
        return [one for key, one in self._cloud.store.items(DEPLOYMENTS) if key.startswith(start)]

    def all_deployments(self) -> list[Json]:
        return [one for _, one in self._cloud.store.items(DEPLOYMENTS)]

    def put_endpoint(self, workspace: Workspace, name: str, body: Json) -> tuple[Json, bool]:
        """Create or update; the document, and whether it is new. Raises ArmError."""
        if not NAME.fullmatch(name):
            raise exceptions.invalid(
                f"The endpoint name {name} is invalid: 3 to 32 letters, digits and hyphens, a "
                "letter first."
            )
        host = f"{name.lower()}.{workspace.location}.inference.ml.azure.com"
        with self.lock:
            key = endpoint_key(workspace, name)
            before = self._cloud.store.get(ENDPOINTS, key)
            taken = self.by_host(host)
            if taken is not None and taken["id"].lower() != key:
                raise exceptions.invalid(f"There is already an endpoint with this name: {name}.")
            given = body.get("properties") or {}
            mode = given.get("authMode") or (before or {}).get("properties", {}).get("authMode")
            if mode not in MODES:
                raise exceptions.invalid(f"authMode has to be one of {', '.join(MODES)}.")
            compute = given.get("compute")
            if compute and not self._computes.exists(str(compute)):
                raise exceptions.invalid(f"The compute {compute} is not attached.")
            document = self._document(workspace, name, body, before, host, mode)
            self._check_traffic(document)
            self._cloud.store.put(ENDPOINTS, key, document)
        return document, before is None

    def put_deployment(self, endpoint: Json, name: str, document: Json) -> None:
        self._cloud.store.put(DEPLOYMENTS, f"{endpoint['id']}/deployments/{name}".lower(), document)

    def set_state(self, document: Json, collection: str, state: str) -> None:
        """Of an endpoint or deployment that may be gone by now."""
        with self.lock:
            key = document["id"].lower()
            found = self._cloud.store.get(collection, key)
            if found is not None:
                found["properties"]["provisioningState"] = state
                self._cloud.store.put(collection, key, found)

    def check_no_traffic(self, endpoint: Json, name: str) -> None:
        """Raises ArmError while requests go there."""
        properties = endpoint["properties"]
        for kind in ("traffic", "mirrorTraffic"):
            share = properties[kind].get(name, 0)
            if share:
                raise exceptions.invalid(
                    f"The deployment {name} has {kind} {share}; set it to 0 before it is deleted."
                )

    def delete_deployment(self, document: Json) -> None:
        self._cloud.store.delete(DEPLOYMENTS, document["id"].lower())

    def delete_endpoint(self, document: Json) -> None:
        self._cloud.store.delete(ENDPOINTS, document["id"].lower())

    def renew_key(self, workspace: Workspace, name: str, which: str, value: str) -> None:
        with self.lock:
            document = self.endpoint(workspace, name)
            if which not in ("Primary", "Secondary"):
                raise exceptions.invalid("keyType has to be Primary or Secondary.")
            before = document["keys"][which.lower()]
            # azure-ai-ml sends the present value along, and wants another.
            wanted = value if value != before else ""
            document["keys"][which.lower()] = wanted or secrets.token_urlsafe(32)
            self._cloud.store.put(ENDPOINTS, endpoint_key(workspace, name), document)

    def reset(self) -> None:
        self._cloud.store.clear(ENDPOINTS)
        self._cloud.store.clear(DEPLOYMENTS)

    def _document(
        self,
        workspace: Workspace,
        name: str,
        body: Json,
        before: Json | None,
        host: str,
        mode: str,
    ) -> Json:
        given = body.get("properties") or {}
        now = stamp(self._cloud.clock.time())
        keys = given.get("keys") or {}
        kept = (before or {}).get("keys") or {
            "primary": keys.get("primaryKey") or secrets.token_urlsafe(32),
            "secondary": keys.get("secondaryKey") or secrets.token_urlsafe(32),
            "signing": secrets.token_urlsafe(32),
        }
        return {
            "id": before["id"] if before else f"{workspace.id}/onlineEndpoints/{name}",
            "name": name,
            "type": _KIND,
            "location": workspace.location,
            "kind": body.get("kind") or ("K8S" if given.get("compute") else "Managed"),
            "tags": body.get("tags") or {},
            "identity": body.get("identity") or {"type": "SystemAssigned"},
            "properties": {
                "authMode": mode,
                "description": given.get("description"),
                "properties": given.get("properties") or {},
                "compute": given.get("compute"),
                "publicNetworkAccess": given.get("publicNetworkAccess") or "Enabled",
                "traffic": given.get("traffic") or {},
                "mirrorTraffic": given.get("mirrorTraffic") or {},
                "scoringUri": f"https://{host}/score",
                "swaggerUri": f"https://{host}/swagger.json",
                "provisioningState": "Updating" if before else "Creating",
            },
            "systemData": {
                "createdAt": before["systemData"]["createdAt"] if before else now,
                "lastModifiedAt": now,
            },
            "host": host,
            "keys": kept,
        }

    def _check_traffic(self, endpoint: Json) -> None:
        properties = endpoint["properties"]
        there = {one["name"]: one for one in self.deployments(endpoint)}
        for kind in ("traffic", "mirrorTraffic"):
            for name, share in properties[kind].items():
                if not isinstance(share, int) or not 0 <= share <= 100:
                    raise exceptions.invalid(f"{kind} of {name} has to be from 0 to 100.")
                if share and name not in there:
                    raise exceptions.invalid(f"{kind} names {name}, which is not a deployment.")
                state = there[name]["properties"]["provisioningState"] if share else "Succeeded"
                if state not in ("Succeeded", "Updating"):
                    raise exceptions.invalid(f"{kind} names {name}, whose state is {state}.")
        _check_sums(properties["traffic"], properties["mirrorTraffic"])


def _check_sums(traffic: Mapping[str, int], mirrored: Mapping[str, int]) -> None:
    if sum(traffic.values()) not in (0, 100):
        raise exceptions.invalid("The sum of traffic of all deployments has to be 0 or 100.")
    if sum(mirrored.values()) > _MOST_MIRRORED or sum(1 for one in mirrored.values() if one) > 1:
        raise exceptions.invalid("mirrorTraffic goes to one deployment, 50 per cent at most.")
    if any(share and traffic.get(name) for name, share in mirrored.items()):
        raise exceptions.invalid("mirrorTraffic can't go to a deployment that has traffic.")


def endpoint_key(workspace: Workspace, name: str) -> str:
    """Its key in the store; with an empty name the beginning of all keys of the workspace."""
    return f"{workspace.id}/onlineEndpoints/{name}".lower()


def shown(document: Json) -> Json:
    """As clients see it."""
    return {name: value for name, value in document.items() if name not in ("keys", "host")}
