"""Runs of pipelines: created of a graph, submitted to the execution engine, canceled."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.aml.execution.engine import Engine
from modelyard.local.cloud.aml.execution.graph import GraphError
from modelyard.local.cloud.aml.front import missing, refused
from modelyard.local.cloud.aml.history.experiments import Experiments
from modelyard.local.cloud.aml.history.runs import Runs
from modelyard.local.cloud.aml.v1.pipelines.entities import GRAPHS, Entities
from modelyard.local.cloud.aml.v1.pipelines.orders import Orders
from modelyard.local.cloud.aml.v1.pipelines.reading import assigned
from modelyard.local.cloud.aml.v1.pipelines.states import PIPELINE
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]
COLLECTION = "aml-v1-pipeline-runs"


class PipelineRuns:
    """Those of every workspace."""

    def __init__(
        self,
        cloud: Cloud,
        entities: Entities,
        experiments: Experiments,
        runs: Runs,
        orders: Orders,
        engine: Engine,
    ) -> None:
        self._cloud = cloud
        self._entities = entities
        self._experiments = experiments
        self._runs = runs
        self._orders = orders
        self._engine = engine

    def create(
        self, workspace: Workspace, graph: str, experiment: str, info: Json, pipeline: str = ""
    ) -> Json:
        """A run of a graph that is kept, not yet submitted. Raises ArmError.

        :param info: what a client says of it: parameters, tags, description.
        :param pipeline: id of the published pipeline that it is a run of.
        """
        found = self._entities.get(workspace, GRAPHS, graph)
        values = assigned(found["Interface"], info.get("ParameterAssignments") or {})
        self._experiments.ensure(workspace, experiment)
        made = self._entities.add(
            workspace,
            COLLECTION,
            {
                "Description": info.get("Description"),
                "GraphId": graph,
                "IsSubmitted": False,
                "ParameterAssignments": values,
                "RunHistoryExperimentName": experiment,
                "PipelineId": pipeline or None,
                "RunSource": info.get("RunSource") or "Unavailable",
                "RunType": info.get("RunType") or "HTTP",
                "TotalRunSteps": len(found.get("ModuleNodes") or ()),
                "tags": info.get("tags") or {},
                "Properties": info.get("Properties") or {},
                "Continue": bool(info.get("ContinueRunOnStepFailure")),
            },
        )
        return self.get(workspace, made["Id"])

    def get(self, workspace: Workspace, run: str) -> Json:
        """With its status. Raises ArmError when it isn't there."""
        found = self._entities.get(workspace, COLLECTION, run)
        record = self._engine.records.get(run)
        status = str(record["status"]) if record else "NotStarted"
        return {
            **found,
            "Status": {
                "StatusCode": PIPELINE[status],
                "StatusDetail": record["error"]["message"] if record and record["error"] else None,
                "CreationTime": found["CreatedDate"],
                "EndTime": record["ended"] if record else None,
            },
        }

    def of_pipeline(self, workspace: Workspace, pipeline: str) -> list[Json]:
        """The runs of a published pipeline, the newest first."""
        return [
            self.get(workspace, one["Id"])
            for _, one in self._cloud.store.items(COLLECTION)
            if one["PipelineId"] == pipeline
        ][::-1]

    def submit(self, workspace: Workspace, run: str) -> None:
        """Start it, once. Raises ArmError for a graph that can't be run."""
        with self._cloud.store.lock:
            entity = self.get(workspace, run)
            if entity["IsSubmitted"]:
                return
            self._entities.change(workspace, COLLECTION, run, IsSubmitted=True)
        try:
            self._engine.submit(self._orders.prepare(workspace, entity))
        except GraphError as error:
            self._entities.change(workspace, COLLECTION, run, IsSubmitted=False)
            raise refused(str(error)) from error
        except ArmError:
            self._entities.change(workspace, COLLECTION, run, IsSubmitted=False)
            raise

    def cancel(self, workspace: Workspace, run: str) -> None:
        """It ends soon after. Raises ArmError when it isn't there."""
        self.get(workspace, run)
        self._engine.cancel(run)

    def step(self, workspace: Workspace, run: str, node: str) -> Json:
        """The record of a step's run; raises ArmError when it hasn't begun."""
        for child in self._runs.children(workspace, run):
            if child["tags"].get("azureml.nodeid") == node:
                return child
        raise missing(f"The run of {node} in {run}")

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)
