"""Jobs: what was asked for, kept; how it fares, from the engine."""

from __future__ import annotations

import re
from typing import Any

from modelyard.local.cloud.aml.computes import Computes
from modelyard.local.cloud.aml.execution.engine import Engine
from modelyard.local.cloud.aml.execution.graph import Order
from modelyard.local.cloud.aml.jobs.runs import JobRuns
from modelyard.local.cloud.aml.jobs.tracking import Tracking
from modelyard.local.cloud.aml.jobs.translation import Translation
from modelyard.local.cloud.aml.jobs.values import Values
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

Json = dict[str, Any]
COLLECTION = "aml-jobs"
STUDIO = "https://ml.azure.com/runs/{run}?wsid={workspace}"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
_MAY_CHANGE = ("tags", "displayName", "description", "isArchived", "properties", "services")


class Jobs:
    """All jobs of all workspaces."""

    def __init__(
        self,
        cloud: Cloud,
        engine: Engine,
        computes: Computes,
        tracking: Tracking,
        runs: JobRuns,
    ) -> None:
        self._cloud = cloud
        self._engine = engine
        self._computes = computes
        self._tracking = tracking
        self._runs = runs

    def get(self, workspace: Workspace, name: str) -> Json:
        """With its state; of a pipeline's step only its id. Raises ArmError when it isn't there."""
        document = self.find(workspace, name)
        if document is not None:
            return self._shown(workspace, document)
        record = self._engine.records.get(name)
        if record is None or self.find(workspace, record["root"]) is None:
            raise exceptions.ArmError(404, "UserError", f"Run {name} was not found.")
        # As in the service: what a step is, and how it fares, run history tells.
        return {**_identity(workspace, name), "properties": None}

    def find(self, workspace: Workspace, name: str) -> Json | None:
        """As it was sent, and what its steps' runs are called; None when it isn't there."""
        return self._cloud.store.get(COLLECTION, _key(workspace, name))

    def list(self, workspace: Workspace) -> list[Json]:
        """The newest first."""
        start = _key(workspace, "")
        found = [one for key, one in self._cloud.store.items(COLLECTION) if key.startswith(start)]
        return [self._shown(workspace, one) for one in reversed(found)]

    def put(self, workspace: Workspace, name: str, body: Json, values: Values) -> bool:
        """Create, which starts it, or change what may change; says whether it is new."""
        if not _NAME.fullmatch(name):
            raise exceptions.bad_request(f"{name} is not a name of a job.", "UserError")
        properties: Json = dict(body.get("properties") or {})
        key = _key(workspace, name)
        with self._cloud.store.lock:
            before = self._cloud.store.get(COLLECTION, key)
            if before is not None:
                changed = {one: properties[one] for one in _MAY_CHANGE if one in properties}
                before["properties"].update(changed)
                self._cloud.store.put(COLLECTION, key, before)
                self._runs.change(workspace, name, before["properties"])
                return False
        translation = Translation(values, self._computes)
        kind = str(properties.get("jobType"))
        if kind not in ("Command", "Pipeline"):
            raise exceptions.bad_request(
                f"Jobs of the type {kind} aren't emulated; Command and Pipeline are.", "NotEmulated"
            )
        translate = translation.command if kind == "Command" else translation.pipeline
        graph, runs = translate(name, properties)
        experiment = str(properties.get("experimentName") or "Default")
        asked = {**properties, "experimentName": experiment}
        document = {
            "name": name,
            "workspace": workspace.id,
            "properties": asked,
            "runs": dict(runs),
            "created": stamp(self._cloud.clock.time()),
        }
        self._runs.add(workspace, name, asked, runs)
        self._cloud.store.put(COLLECTION, key, document)
        order = Order(
            name,
            graph,
            workspace.account,
            runs,
            lambda run: self._tracking.variables(workspace, run, name, experiment),
            self._tracking.finish,
        )
        self._engine.submit(order)
        return True

    def cancel(self, workspace: Workspace, name: str) -> None:
        """Raises ArmError for one that isn't there; one that has ended stays as it is."""
        self.get(workspace, name)
        self._engine.cancel(name)

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)

    def _shown(self, workspace: Workspace, document: Json) -> Json:
        name, properties = document["name"], dict(document["properties"])
        record = self._engine.records.get(name) or {}
        artifacts = f"azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.{name}"
        address = STUDIO.format(run=name, workspace=workspace.id)
        properties.update(
            status=record.get("status", "NotStarted"),
            displayName=properties.get("displayName") or name,
            services={
                "Studio": {
                    "jobServiceType": "Studio",
                    "endpoint": address,
                    "port": None,
                    "status": None,
                    "errorMessage": None,
                    "properties": None,
                    "nodes": None,
                },
                "Tracking": {"jobServiceType": "Tracking", "endpoint": workspace.tracking},
            },
            outputs={
                **(properties.get("outputs") or {}),
                "default": {
                    "jobOutputType": "uri_folder",
                    "mode": "ReadWriteMount",
                    "uri": artifacts,
                },
            },
        )
        return {
            **_identity(workspace, name),
            "properties": properties,
            "systemData": {
                "createdAt": document["created"],
                "createdBy": "local cloud",
                "createdByType": "Application",
            },
        }


def _identity(workspace: Workspace, name: str) -> Json:
    return {
        "id": f"{workspace.id}/jobs/{name}",
        "name": name,
        "type": "Microsoft.MachineLearningServices/workspaces/jobs",
    }


def _key(workspace: Workspace, name: str) -> str:
    return f"{workspace.id}/jobs/{name}".lower()
