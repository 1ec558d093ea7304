"""Run history: runs, their children, what happens to them, and who is still alive.

Statuses are those of run history: NotStarted, Queued, Preparing, Provisioning, Starting, Running,
CancelRequested, Finalizing, Completed, Failed, Canceled, NotResponding.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from modelyard.local.cloud.aml.execution.records import ENDED, Records
from modelyard.local.cloud.aml.front import missing
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

Json = dict[str, Any]
COLLECTION = "aml-v1-runs"
STEP = "azureml.StepRun"
EVENTS: Mapping[str, str] = {
    "Microsoft.MachineLearning.Run.Start": "Running",
    "Microsoft.MachineLearning.Run.Completed": "Completed",
    "Microsoft.MachineLearning.Run.Failed": "Failed",
    "Microsoft.MachineLearning.Run.Canceled": "Canceled",
}
"""What a client says of a run -> the status it has from then on."""
_ERROR, _WARNING = "Microsoft.MachineLearning.Run.Error", "Microsoft.MachineLearning.Run.Warning"
_MERGED = ("tags", "properties")


class Runs:
    """Those of every workspace."""

    def __init__(self, cloud: Cloud, records: Records) -> None:
        """``records`` tell of the runs that are executed here how they fare."""
        self._cloud = cloud
        self._records = records

    def get(self, workspace: Workspace, id: str) -> Json:
        """Raises ArmError when it isn't there."""
        found = self._cloud.store.get(COLLECTION, _key(workspace, id))
        if found is None:
            raise missing(f"Run {id}")
        return self._as_it_fares(found)

    def has(self, workspace: Workspace, id: str) -> bool:
        return self._cloud.store.get(COLLECTION, _key(workspace, id)) is not None

    def of_experiment(self, workspace: Workspace, experiment: str) -> list[Json]:
        """The newest first."""
        return [one for one in self._all(workspace) if one["experimentId"] == experiment]

    def children(self, workspace: Workspace, id: str) -> list[Json]:
        """The newest first; a step that hasn't begun is no run yet."""
        return [
            one
            for one in self._all(workspace)
            if one["parentRunId"] == id and (one["runType"] != STEP or one["startTimeUtc"])
        ]

    def patch(self, workspace: Workspace, experiment: str, id: str, changes: Json) -> Json:
        """Create a run, or change one: what isn't named stays, tags and properties are added."""
        key = _key(workspace, id)
        with self._cloud.store.lock:
            run = self._cloud.store.get(COLLECTION, key)
            if run is None:
                run = self._new(workspace, experiment, id, changes)
            before = run["status"]
            for name, value in changes.items():
                if value is None:
                    continue
                run[name] = {**run[name], **value} if name in _MERGED else value
            if run["status"] != before:
                self._stamp(run)
            self._cloud.store.put(COLLECTION, key, run)
        return self._as_it_fares(run)

    def set_status(
        self, workspace: Workspace, id: str, status: str, error: str | None = None
    ) -> Json:
        """What a run has come to. One that has ended stays as it is."""
        with self._cloud.store.lock:
            run = self.get(workspace, id)
            if run["status"] in ENDED:
                return run
            run["status"] = status
            if error is not None:
                run["error"] = _error(error)
            self._stamp(run)
            self._cloud.store.put(COLLECTION, _key(workspace, id), run)
        return run

    def event(self, workspace: Workspace, id: str, event: Json) -> None:
        """Something that a client reports: see EVENTS. Heartbeats need no answer."""
        name, data = str(event.get("name", "")), event.get("data") or {}
        if name in EVENTS:
            self.set_status(workspace, id, EVENTS[name])
        elif name == _ERROR:
            with self._cloud.store.lock:
                run = self.get(workspace, id)
                run["error"] = data.get("ErrorResponse") or data
                self._cloud.store.put(COLLECTION, _key(workspace, id), run)
        elif name == _WARNING:
            with self._cloud.store.lock:
                run = self.get(workspace, id)
                run["warnings"] = [*run["warnings"], data]
                self._cloud.store.put(COLLECTION, _key(workspace, id), run)
        else:
            self.get(workspace, id)

    def delete_tags(self, workspace: Workspace, id: str, names: list[str]) -> None:
        with self._cloud.store.lock:
            run = self.get(workspace, id)
            run["tags"] = {name: one for name, one in run["tags"].items() if name not in names}
            self._cloud.store.put(COLLECTION, _key(workspace, id), run)

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)

    def _all(self, workspace: Workspace) -> list[Json]:
        start = _key(workspace, "")
        items = self._cloud.store.items(COLLECTION)
        return [self._as_it_fares(one) for key, one in items if key.startswith(start)][::-1]

    def _as_it_fares(self, run: Json) -> Json:
        record = self._records.get(str(run["runId"]))
        if record is None:
            return run
        run.update(
            status=record["status"],
            startTimeUtc=record["started"] or record["created"],
            endTimeUtc=record["ended"],
        )
        if record["error"]:
            run["error"] = _error(record["error"]["message"], record["error"]["code"])
        if record["reused"]:
            run["properties"].update(
                {"azureml.isreused": "true", "azureml.reusedrunid": record["reused"]}
            )
        return run

    def _new(self, workspace: Workspace, experiment: str, id: str, given: Json) -> Json:
        parent = given.get("parentRunId")
        root = self.get(workspace, parent)["rootRunId"] if parent else id
        now = stamp(self._cloud.clock.time())
        return {
            "runId": id,
            "runUuid": str(uuid.uuid4()),
            "runNumber": self._cloud.store.next_number(f"aml-v1-run/{experiment}"),
            "rootRunId": root,
            "parentRunId": parent,
            "experimentId": experiment,
            "createdUtc": now,
            "startTimeUtc": None,
            "endTimeUtc": None,
            "status": "NotStarted",
            "properties": {},
            "tags": {},
            "warnings": [],
            "error": None,
            "dataContainerId": f"dcid.{id}",
            "hidden": False,
            "target": "local",
            "name": None,
            "displayName": None,
            "description": None,
            "runType": None,
            "createdBy": {"userName": "modelyard"},
            "lastModifiedUtc": now,
        }

    def _stamp(self, run: Json) -> None:
        now = stamp(self._cloud.clock.time())
        run["lastModifiedUtc"] = now
        if run["status"] == "Running" and run["startTimeUtc"] is None:
            run["startTimeUtc"] = now
        if run["status"] in ENDED:
            run["startTimeUtc"] = run["startTimeUtc"] or now
            run["endTimeUtc"] = now


def _error(message: str, code: str = "UserError") -> Json:
    return {"error": {"code": code, "message": message, "details": []}}


def _key(workspace: Workspace, id: str) -> str:
    return f"{workspace.id}/runs/{id}".lower()
