"""Published pipelines: graphs with a version and an address that starts a run of them."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.aml.front import refused
from modelyard.local.cloud.aml.v1.pipelines.entities import Entities
from modelyard.local.cloud.aml.v1.pipelines.reading import defaults
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]
COLLECTION = "aml-v1-published"
ACTIVE = "Active"
STATES = {"0": ACTIVE, "1": "Deprecated", "2": "Disabled"}
"""How a client writes a state -> the state."""


class PublishedPipelines:
    """Those of every workspace."""

    def __init__(self, cloud: Cloud, entities: Entities) -> None:
        self._cloud = cloud
        self._entities = entities

    def add(self, workspace: Workspace, graph: str, interface: Json, body: Json) -> Json:
        """Publish a graph."""
        made = self._entities.add(
            workspace,
            COLLECTION,
            {
                "Name": body.get("Name"),
                "Description": body.get("Description"),
                "Version": body.get("Version"),
                "GraphId": graph,
                "TotalRunSteps": len((body.get("Graph") or {}).get("ModuleNodes") or ()),
                "ParameterAssignments": defaults(interface)
                | (body.get("ParameterAssignments") or {}),
                "ContinueRunOnStepFailure": body.get("ContinueRunOnStepFailure") or False,
                "Properties": body.get("Properties") or {},
                "Workspace": workspace.id.lower(),
            },
        )
        address = (
            f"{workspace.api}/pipelines/v1.0{workspace.id}/PipelineRuns/PipelineSubmit/{made['Id']}"
        )
        return self._entities.change(workspace, COLLECTION, made["Id"], Url=address)

    def get(self, workspace: Workspace, pipeline: str) -> Json:
        """Raises ArmError when it isn't there."""
        return self._entities.get(workspace, COLLECTION, pipeline)

    def usable(self, workspace: Workspace, pipeline: str) -> Json:
        """One that may be run. Raises ArmError for one that is disabled."""
        found = self.get(workspace, pipeline)
        if found["EntityStatus"] != ACTIVE:
            raise refused(
                f"The pipeline {found['Name']} {found['Version']} ({pipeline}) is "
                f"{str(found['EntityStatus']).lower()}, and can't be run."
            )
        return found

    def all(self, workspace: Workspace, *, active_only: bool) -> list[Json]:
        """The newest first."""
        return [
            one
            for _, one in self._cloud.store.items(COLLECTION)
            if one["Workspace"] == workspace.id.lower()
            and (not active_only or one["EntityStatus"] == ACTIVE)
        ][::-1]

    def set_state(self, workspace: Workspace, pipeline: str, state: str) -> Json:
        """Raises ArmError for a state that isn't one."""
        found = STATES.get(state, state)
        if found not in STATES.values():
            raise refused(f"{state} is no state of a pipeline: {', '.join(STATES.values())}.")
        return self._entities.change(workspace, COLLECTION, pipeline, EntityStatus=found)

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)
