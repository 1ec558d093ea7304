"""Services and the operations on them, as they are stored and as clients see them.

Source: what azureml-core 1.61 reads (``_expected_payload_keys`` of ``AciWebservice`` and
``AksWebservice``).
"""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from modelyard.local.cloud.aml.computes import Computes
from modelyard.local.cloud.aml.front import missing, refused
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

Json = dict[str, Any]
SERVICES, OPERATIONS = "aml-web-services", "aml-web-operations"
ACI, AKS = "ACI", "AKS"
NAME = re.compile(r"[a-z]([a-z0-9-]{1,30}[a-z0-9])")
_SECRET = ("keys", "host", "workspace")
_KINDS: Mapping[str, Json] = {
    ACI: {
        "authEnabled": False,
        "containerResourceRequirements": {"cpu": 0.1, "memoryInGB": 0.5},
        "dnsNameLabel": None,
        "publicIp": "127.0.0.1",
        "vnetConfiguration": None,
        "encryptionProperties": None,
    },
    AKS: {
        "authEnabled": True,
        "aadAuthEnabled": False,
        "autoScaler": {
            "autoscaleEnabled": True,
            "minReplicas": 1,
            "maxReplicas": 10,
            "refreshPeriodInSeconds": 1,
            "targetUtilization": 70,
        },
        "containerResourceRequirements": {
            "cpu": 0.1,
            "cpuLimit": 0.1,
            "memoryInGB": 0.5,
            "memoryInGBLimit": 0.5,
            "gpu": 0,
        },
        "deploymentStatus": None,
        "maxConcurrentRequestsPerContainer": 1,
        "maxQueueWaitMs": 500,
        "numReplicas": 1,
        "scoringTimeoutMs": 60000,
        "livenessProbeRequirements": {
            "periodSeconds": 10,
            "initialDelaySeconds": 310,
            "timeoutSeconds": 2,
            "failureThreshold": 3,
            "successThreshold": 1,
        },
        "isDefault": True,
        "trafficPercentile": 100,
        "versionType": None,
        "namespace": "azureml",
    },
}
"""What each kind has where nothing is asked."""
_ALL: Json = {
    "appInsightsEnabled": False,
    "cname": None,
    "dataCollection": {"storageEnabled": False, "eventHubEnabled": False},
    "description": None,
    "error": None,
    "imageId": None,
    "models": [],
    "sslCertificate": None,
    "sslEnabled": False,
    "sslKey": None,
}


class Documents:
    """All services of all workspaces."""

    def __init__(self, cloud: Cloud, computes: Computes) -> None:
        self._cloud = cloud
        self._computes = computes

    def get(self, workspace: Workspace, name: str) -> Json:
        """Raises ArmError when it isn't there."""
        found = self._cloud.store.get(SERVICES, _key(workspace, name))
        if found is None:
            raise missing(f"Service {name}")
        return found

    def within(self, workspace: Workspace) -> list[Json]:
        start = _key(workspace, "")
        return [one for key, one in self._cloud.store.items(SERVICES) if key.startswith(start)]

    def all(self) -> list[Json]:
        return [one for _, one in self._cloud.store.items(SERVICES)]

    def by_address(self, host: str, name: str) -> Json | None:
        """The service that answers at a host, of AKS the one of this name among those there."""
        return next(
            (one for one in self.all() if one["host"] == host and name in ("", one["name"])), None
        )

    def accept(self, workspace: Workspace, body: Json) -> tuple[Json, Json | None]:
        """Check what is asked for: the document, and the one before it. Raises ArmError."""
        name, kind = str(body.get("name") or ""), str(body.get("computeType") or "")
        if not NAME.fullmatch(name):
            raise refused(
                f"The service name {name} is invalid: 3 to 32 lower-case letters, digits and "
                "dashes, a letter first."
            )
        if kind not in _KINDS:
            raise refused(f"computeType has to be one of {', '.join(_KINDS)}.")
        if not isinstance(body.get("environmentImageRequest"), dict):
            raise refused("A service needs an environmentImageRequest; images aren't emulated.")
        before = self._cloud.store.get(SERVICES, _key(workspace, name))
        if before is not None and not body.get("overwrite"):
            raise refused(f"Service {name} already exists; set overwrite to replace it.")
        if before is not None and before["computeType"] != kind:
            raise refused(f"Service {name} is one of {before['computeType']}, not of {kind}.")
        host, url = self._address(workspace, name, kind, body)
        now = stamp(self._cloud.clock.time())
        keys = {one: value for one, value in (body.get("keys") or {}).items() if value}
        made = {one: value for one, value in body.items() if value is not None}
        default = {**_ALL, **_KINDS[kind]}
        if wrong := list(_misfits(made, default)):
            raise refused(f"These have values that can't be: {', '.join(wrong)}.")
        document = {
            **default,
            **{one: _with_default(default.get(one), value) for one, value in made.items()},
            "id": name,
            "computeType": kind,
            "deploymentType": kind,
            "kvTags": body.get("kvTags") or {},
            "properties": body.get("properties") or {},
            "location": body.get("location") or workspace.location,
            "modelIds": body["environmentImageRequest"].get("modelIds") or [],
            "scoringUri": url,
            "swaggerUri": url.replace("/score", "/swagger.json"),
            "publicFqdn": host,
            "createdTime": before["createdTime"] if before else now,
            "updatedTime": now,
            "state": "Transitioning",
            "host": host,
            "workspace": workspace.id,
            "keys": {
                "primaryKey": secrets.token_urlsafe(24),
                "secondaryKey": secrets.token_urlsafe(24),
                **(before or {}).get("keys", {}),
                **keys,
            },
        }
        return document, before

    def put(self, workspace: Workspace, document: Json) -> None:
        self._cloud.store.put(SERVICES, _key(workspace, document["name"]), document)

    def change(self, workspace: Workspace, name: str, patch: list[Json]) -> Json:
        """A JSON patch of what needs no new container. Raises ArmError."""
        document = self.get(workspace, name)
        for one in patch:
            what = str(one.get("path")).strip("/")
            if what not in ("kvTags", "description", "authEnabled", "aadAuthEnabled"):
                raise refused(f"{what} of a service isn't changed here: deploy it with overwrite.")
            document[what] = one.get("value")
        self.put(workspace, document)
        return document

    def delete(self, workspace: Workspace, name: str) -> bool:
        return self._cloud.store.delete(SERVICES, _key(workspace, name))

    def begin(self, name: str) -> str:
        """A new operation that goes on; its id."""
        key = str(uuid.uuid4())
        self._cloud.store.put(OPERATIONS, key, self._operation(key, name, "Running"))
        return key

    def end(self, key: str, name: str, error: Json | None = None) -> None:
        state = "Failed" if error else "Succeeded"
        done = {**self._operation(key, name, state), "error": error}
        self._cloud.store.put(OPERATIONS, key, done)

    def operation(self, key: str) -> Json:
        """Raises ArmError when it isn't there."""
        found = self._cloud.store.get(OPERATIONS, key)
        if found is None:
            raise missing(f"Operation {key}")
        return found

    def reset(self) -> None:
        self._cloud.store.clear(SERVICES)
        self._cloud.store.clear(OPERATIONS)

    def _operation(self, key: str, name: str, state: str) -> Json:
        return {
            "id": key,
            "operationType": "Service",
            "state": state,
            "createdTime": stamp(self._cloud.clock.time()),
            "error": None,
            "resourceLocation": name,
            "operationDetails": None,
        }

    def _address(self, workspace: Workspace, name: str, kind: str, body: Json) -> tuple[str, str]:
        if kind == ACI:
            mark = uuid.uuid5(uuid.NAMESPACE_URL, f"{workspace.id}/{name}".lower())
            label = body.get("dnsNameLabel") or f"{name}-{mark.hex[:8]}"
            host = f"{label}.{workspace.location}.azurecontainer.io"
            return host, f"http://{host}/score"
        compute = self._computes.get(workspace, str(body.get("computeName")))
        if compute["properties"].get("computeType") != AKS:
            raise refused(f"The compute {compute['name']} is no AKS cluster.")
        host = str(compute["properties"]["properties"]["clusterFqdn"])
        return host, f"http://{host}/api/v1/service/{name}/score"


def shown(document: Json) -> Json:
    """As clients see it."""
    return {name: value for name, value in document.items() if name not in _SECRET}


def _with_default(default: Any, value: Any) -> Any:
    both = isinstance(default, dict) and isinstance(value, dict)
    return {**default, **value} if both else value


def _misfits(given: Json, default: Json, within: str = "") -> Iterator[str]:
    """Names of those that aren't of the kind of their default, or no number that counts."""
    for name, value in given.items():
        usual = default.get(name)
        if value is None or usual is None:
            continue
        place = f"{within}{name}"
        if isinstance(usual, dict) and isinstance(value, dict):
            yield from _misfits(value, usual, f"{place}.")
        elif isinstance(usual, (bool, dict, list)):
            if not isinstance(value, type(usual)):
                yield place
        elif isinstance(usual, (int, float)):
            numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not numeric or value < 0 or (usual and not value):
                yield place


def _key(workspace: Workspace, name: str) -> str:
    return f"{workspace.id}/{name}".lower()
