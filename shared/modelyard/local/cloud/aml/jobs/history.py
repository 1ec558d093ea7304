"""Run history: how runs fare, where their logs are, which children they have.

Source: azure-ai-ml, ``_restclient/runhistory``, and azureml-core's run history client.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from modelyard.local.cloud.aml.execution.artifacts import CONTAINER, place_of
from modelyard.local.cloud.aml.execution.engine import Engine
from modelyard.local.cloud.aml.jobs.documents import Jobs
from modelyard.local.cloud.aml.v1.runs import Runs
from modelyard.local.cloud.aml.workspaces import Workspace, Workspaces
from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.storage.models import Blobs
from modelyard.local.cloud.storage.signatures import container_sas

Json = dict[str, Any]
LOGS = ("user_logs/", "logs/azureml/", "azureml-logs/", "system_logs/")
READ_SECONDS = 3600.0
TYPES = {"Command": "azureml.commandjob", "Pipeline": "azureml.PipelineRun"}
STEP = "azureml.StepRun"


class History:
    """Runs of jobs of every workspace."""

    def __init__(
        self, cloud: Cloud, engine: Engine, jobs: Jobs, workspaces: Workspaces, blobs: Blobs
    ) -> None:
        self._cloud = cloud
        self._engine = engine
        self._jobs = jobs
        self._workspaces = workspaces
        self._blobs = blobs
        self._of_sdk_v1 = Runs(cloud, engine.records)

    def run(self, workspace: Workspace, id: str) -> Json:
        """Raises ArmError for one that isn't there."""
        if self._engine.records.get(id) is None:
            return self._of_sdk_v1.get(workspace, id)  # of a program that runs elsewhere
        record, job = self._find(workspace, id)
        own: Json = job["properties"] if record["parent"] is None else {}
        kind = TYPES.get(str(own.get("jobType")), STEP)
        properties = {str(k): str(v) for k, v in (own.get("properties") or {}).items()}
        if record["reused"]:
            properties.update(
                {"azureml.isreused": "true", "azureml.reusedrunid": str(record["reused"])}
            )
        return {
            "runId": id,
            "runUuid": id,
            "rootRunId": record["root"],
            "rootRunUuid": record["root"],
            "parentRunId": record["parent"],
            "parentRunUuid": record["parent"],
            "experimentId": job["properties"]["experimentName"],
            "dataContainerId": f"dcid.{id}",
            "displayName": own.get("displayName") or record["node"] or id,
            "description": own.get("description"),
            "runType": kind,
            "status": record["status"],
            "createdUtc": record["created"],
            "startTimeUtc": record["started"],
            "endTimeUtc": record["ended"],
            "tags": own.get("tags") or {},
            "properties": properties,
            "hidden": False,
            "error": _error(record),
            "outputs": {},
        }

    def details(self, workspace: Workspace, id: str) -> Json:
        """Raises ArmError for one that isn't there."""
        run = self.run(workspace, id)
        same = ("runId", "runUuid", "parentRunId", "status", "tags", "properties", "error")
        return {
            **{name: run[name] for name in same},
            "createdTimeUtc": run["createdUtc"],
            "startTimeUtc": run["startTimeUtc"],
            "endTimeUtc": run["endTimeUtc"],
            "logFiles": self._logs(workspace, id),
            "warnings": [],
        }

    def children(self, workspace: Workspace, id: str) -> list[Json]:
        """Raises ArmError when there is no such run."""
        self._find(workspace, id)
        return [self.run(workspace, one["id"]) for one in self._engine.records.children(id)]

    def _find(self, workspace: Workspace, id: str) -> tuple[Json, Json]:
        record = self._engine.records.get(id)
        job = self._jobs.find(workspace, record["root"]) if record else None
        if record is not None and job is None:
            run = self._of_sdk_v1.get(workspace, record["root"])
            same = {name: run[name] for name in ("tags", "displayName", "properties")}
            job = {
                "properties": {**same, "jobType": "Pipeline", "experimentName": run["experimentId"]}
            }
        if record is None or job is None:
            raise exceptions.ArmError(404, "UserError", f"Run {id} was not found.")
        return record, job

    def _logs(self, workspace: Workspace, id: str) -> dict[str, str]:
        """Name -> signed address."""
        place = place_of(workspace.account, id)
        until = self._cloud.clock.time() + READ_SECONDS
        key = self._workspaces.keys(workspace)[0]
        signature = container_sas(key, workspace.account, CONTAINER, "r", until)
        root = f"https://{workspace.account}.blob.core.windows.net/{CONTAINER}"
        start = f"{place.path}/"
        self._blobs.ensure_container(workspace.account, CONTAINER)
        return {
            name.removeprefix(start): f"{root}/{quote(name)}?{signature}"
            for name in self._blobs.names(workspace.account, CONTAINER, start)
            if name.removeprefix(start).startswith(LOGS)
        }


def _error(record: Json) -> Json | None:
    error = record["error"]
    if error is None:
        return None
    told = {"code": error["code"], "message": error["message"], "details": []}
    return {"error": told, "time": record["ended"]}
