"""What run history is told of a job: its own run, and one for each of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.local.cloud.aml.history.experiments import Experiments
from modelyard.local.cloud.aml.history.runs import STEP, Runs
from modelyard.local.cloud.aml.workspaces import Workspace

Json = dict[str, Any]
TYPES = {"Command": "azureml.commandjob", "Pipeline": "azureml.PipelineRun"}


class JobRuns:
    """Those of every workspace."""

    def __init__(self, experiments: Experiments, runs: Runs) -> None:
        self._experiments = experiments
        self._runs = runs

    def add(
        self, workspace: Workspace, name: str, properties: Json, steps: Mapping[str, str]
    ) -> None:
        """Raises ArmError for an experiment that can't be.

        :param steps: node -> id of its run; a command's only node has the job's own.
        """
        made = self._experiments.ensure(workspace, str(properties["experimentName"]))
        experiment = str(made["experimentId"])
        kind = TYPES[str(properties["jobType"])]
        about = {**_about(name, properties), "runType": kind}
        self._runs.patch(workspace, experiment, name, about)
        for node, run in steps.items():
            if run != name:
                step = {"parentRunId": name, "name": node, "displayName": node, "runType": STEP}
                self._runs.patch(workspace, experiment, run, step)

    def change(self, workspace: Workspace, name: str, properties: Json) -> None:
        """What may change of a job's own run."""
        before = self._runs.get(workspace, name)
        self._runs.patch(workspace, before["experimentId"], name, _about(name, properties))


def _about(name: str, properties: Json) -> Json:
    own = (properties.get("properties") or {}).items()
    return {
        "displayName": properties.get("displayName") or name,
        "description": properties.get("description"),
        "tags": properties.get("tags") or {},
        "properties": {str(key): str(value) for key, value in own},
    }
