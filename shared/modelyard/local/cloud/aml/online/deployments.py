"""Deployments that run: brought up, replaced without a gap, started again when they die."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

from modelyard.clock import SystemClock
from modelyard.images.running import end_of_file
from modelyard.local.cloud.aml.online import collecting, exceptions, quota
from modelyard.local.cloud.aml.online.documents import DEPLOYMENTS, Documents
from modelyard.local.cloud.aml.online.launching import Launched, Launcher
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

log = logging.getLogger(__name__)

Json = dict[str, Any]
LOG_BYTES = 256 * 1024
_KIND = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments"
_STOPPED = "the local cloud stops"
_SERVED = (
    "codeConfiguration",
    "dataCollector",
    "environmentId",
    "environmentVariables",
    "model",
    "instanceType",
    "endpointComputeType",
)
"""Properties that make a server what it is: another value needs another server."""
_RESOURCES = {
    "containerResourceRequests": {"cpu": "0.1", "memory": "0.5Gi"},
    "containerResourceLimits": {"cpu": "2", "memory": "2Gi"},
}
"""What the service gives a container on Kubernetes for which nothing is asked."""
_MANAGED, _KUBERNETES = "Managed", "Kubernetes"
"""Kinds of computes of an endpoint and its deployments."""


class Stopping(Exception):
    """The cloud stops: nothing is started any more."""


class Interruptible(SystemClock):
    """The machine's time, which stops waiting when the cloud stops."""

    def __init__(self) -> None:
        self.stopping = threading.Event()

    def sleep(self, seconds: float) -> None:
        if self.stopping.wait(seconds):
            raise Stopping(_STOPPED)


class Deployments:
    """All deployments of one cloud and their servers. Safe for several threads."""

    def __init__(self, cloud: Cloud, documents: Documents, launcher: Launcher) -> None:
        self._cloud = cloud
        self._documents = documents
        self._launcher = launcher
        self._logs = cloud.folder / "aml" / "logs"
        self._running: dict[str, Launched] = {}
        self._restarting: set[str] = set()
        self._table = threading.Lock()
        self.clock = Interruptible()

    def accept(self, endpoint: Json, name: str, body: Json) -> tuple[Json, bool]:
        """Check what is asked for and store it; :meth:`bring_up` does the rest. Raises ArmError."""
        if not isinstance(body.get("properties"), dict):
            raise exceptions.invalid("The deployment has no properties.")
        collecting.check(body["properties"])
        where = _where(endpoint)
        if (asked := body["properties"].get("endpointComputeType") or where) != where:
            raise exceptions.invalid(
                f"endpointComputeType is {asked}, and the endpoint {endpoint['name']} is {where}."
            )
        with self._documents.lock:
            others = self._documents.all_deployments()
            before = next(
                (
                    one
                    for one in others
                    if one["id"].lower() == f"{endpoint['id']}/deployments/{name}".lower()
                ),
                None,
            )
            document = self._document(endpoint, name, body, before)
            quota.check(document, (one for one in others if one is not before))
            self._documents.put_deployment(endpoint, name, document)
        return document, before is None

    def bring_up(self, workspace: Workspace, document: Json, before: Json | None) -> None:
        """Start the server that a deployment asks for, unless it runs. Raises ArmError."""
        key = document["id"].lower()
        same = before is not None and all(
            before["properties"].get(one) == document["properties"].get(one) for one in _SERVED
        )
        if same and self.alive(document):
            self._documents.set_state(document, DEPLOYMENTS, "Succeeded")
            return
        self._log(document).unlink(missing_ok=True)  # a new container has a new log
        try:
            launched = self._launcher.launch(workspace, document, self._log(document), self.clock)
        except ArmError:
            if before is not None and self.alive(document):
                # An update that failed is rolled back: what served before goes on.
                self._cloud.store.put(DEPLOYMENTS, key, before)
            self._documents.set_state(
                document, DEPLOYMENTS, "Succeeded" if self.alive(document) else "Failed"
            )
            raise
        except Stopping as error:
            raise exceptions.container_crashed(_STOPPED) from error
        with self._documents.lock, self._table:
            is_wanted = self._cloud.store.get(DEPLOYMENTS, key) is not None
            old = self._running.get(key) if is_wanted else launched
            if is_wanted:
                self._running[key] = launched
        if old is not None:
            old.running.stop()  # the one before, or this one: it was deleted while it came up
        self._documents.set_state(document, DEPLOYMENTS, "Succeeded")

    def take_down(self, document: Json) -> None:
        """Stop its server."""
        with self._table:
            launched = self._running.pop(document["id"].lower(), None)
        if launched is not None:
            launched.running.stop()

    def alive(self, document: Json) -> bool:
        launched = self.server(document)
        return launched is not None and launched.running.alive()

    def server(self, document: Json) -> Launched | None:
        with self._table:
            return self._running.get(document["id"].lower())

    def logs(self, document: Json) -> str:
        """What its server printed, the end of it."""
        return end_of_file(self._log(document), LOG_BYTES)

    def restart(self, workspace: Workspace, document: Json) -> None:
        """Start one that has ended, or of an earlier life; at most one at a time."""
        key = document["id"].lower()
        with self._table:
            if key in self._restarting:
                return
            self._restarting.add(key)
        try:
            self.take_down(document)
            self.bring_up(workspace, document, None)
        except ArmError as error:
            log.warning("deployment %s did not come up again: %s", document["name"], error)
        finally:
            with self._table:
                self._restarting.discard(key)

    def stop(self) -> None:
        """Stop every server; the deployments stay known."""
        self.clock.stopping.set()
        with self._table:
            running = list(self._running.values())
            self._running.clear()
        for one in running:
            one.running.stop()

    def _document(self, endpoint: Json, name: str, body: Json, before: Json | None) -> Json:
        now = stamp(self._cloud.clock.time())
        given = body["properties"]
        where = _where(endpoint)
        return {
            "id": f"{endpoint['id']}/deployments/{name}",
            "name": name,
            "type": _KIND,
            "location": endpoint["location"],
            "kind": endpoint["kind"],
            "tags": body.get("tags") or {},
            "sku": body.get("sku") or {"name": "Default", "capacity": 1},
            "properties": {
                "scaleSettings": {"scaleType": "Default"},
                **({} if where == _MANAGED else {"containerResourceRequirements": _RESOURCES}),
                **{one: value for one, value in given.items() if value is not None},
                "endpointComputeType": where,
                "environmentVariables": given.get("environmentVariables") or {},
                "properties": given.get("properties") or {},
                "provisioningState": "Updating" if before else "Creating",
            },
            "systemData": {
                "createdAt": before["systemData"]["createdAt"] if before else now,
                "lastModifiedAt": now,
            },
        }

    def _log(self, document: Json) -> Path:
        self._logs.mkdir(parents=True, exist_ok=True)
        *_, endpoint, _, name = document["id"].split("/")
        return self._logs / f"{endpoint}.{name}.log"


def _where(endpoint: Json) -> str:
    return _MANAGED if endpoint["kind"] == _MANAGED else _KUBERNETES
