"""From the run of a pipeline to what the execution engine is told."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from modelyard.local.cloud.aml import run_context
from modelyard.local.cloud.aml.computes import Computes
from modelyard.local.cloud.aml.datastores import Datastores
from modelyard.local.cloud.aml.execution.graph import (
    ClusterTask,
    Command,
    Graph,
    Node,
    Order,
    Produced,
    Target,
)
from modelyard.local.cloud.aml.front import refused
from modelyard.local.cloud.aml.history.experiments import Experiments
from modelyard.local.cloud.aml.history.runs import Runs
from modelyard.local.cloud.aml.paths import Place
from modelyard.local.cloud.aml.v1.pipelines import cluster_tasks, commands
from modelyard.local.cloud.aml.v1.pipelines.entities import GRAPHS, Entities
from modelyard.local.cloud.aml.v1.pipelines.reading import Step, steps_of
from modelyard.local.cloud.aml.v1.snapshots import Snapshots
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]
SCRIPT, CLUSTER = "escloud", "databrickscloud"
KINDS = {SCRIPT: "PythonScriptStep", CLUSTER: "DatabricksStep"}
"""How a module is run -> the step that it is."""


class Orders:
    """Makes them."""

    def __init__(
        self,
        cloud: Cloud,
        entities: Entities,
        experiments: Experiments,
        runs: Runs,
        snapshots: Snapshots,
        datastores: Datastores,
        computes: Computes,
    ) -> None:
        self._cloud = cloud
        self._entities = entities
        self._experiments = experiments
        self._runs = runs
        self._snapshots = snapshots
        self._datastores = datastores
        self._computes = computes

    def prepare(self, workspace: Workspace, entity: Json) -> Order:
        """Everything that it needs is in place then, also its runs in run history.

        Raises ArmError or GraphError for a graph that can't be run.
        """
        run, experiment = entity["Id"], entity["RunHistoryExperimentName"]
        graph = self._entities.get(workspace, GRAPHS, entity["GraphId"])
        steps = steps_of(workspace, self._entities, graph, entity["ParameterAssignments"])
        children = {step.name: str(uuid.uuid4()) for step in steps}
        names = {step.id: step.name for step in steps}
        nodes = tuple(self._node(workspace, step, names, children[step.name]) for step in steps)
        whole = Graph(nodes, entity["Continue"])
        whole.check()
        self._bring_scripts(workspace, steps, nodes)
        self._record(workspace, entity, steps, children)
        return Order(
            run,
            whole,
            workspace.account,
            children,
            lambda child: self._variables(workspace, child, run, experiment),
        )

    def _node(
        self,
        workspace: Workspace,
        step: Step,
        names: Mapping[str, str],
        child: str,
    ) -> Node:
        kind = step.module.get("ModuleExecutionType")
        work: Command | ClusterTask
        timeout = None
        if kind == SCRIPT:
            self._computes.get(workspace, step.values.get("Target", ""))
            work = commands.command_of(step, self._code(workspace, step))
            timeout = commands.timeout_of(step)
        elif kind == CLUSTER:
            work = cluster_tasks.task_of(
                step, workspace, self._computes, self._script(workspace, step)
            )
            given = step.values.get("timeout_seconds")
            timeout = float(given) if given else None
        else:
            raise refused(f"Steps like {step.name} ({kind}) aren't emulated.")
        return Node(
            step.name,
            work,
            {
                **{name: self._source(workspace, one) for name, one in step.data.items()},
                **{name: Produced(names[made], out) for name, (made, out) in step.produced.items()},
            },
            {str(one["Name"]): self._target(workspace, one, child) for one in step.outputs},
            after=frozenset(names[one] for one in step.after),
            reuse=bool(step.module.get("IsDeterministic")) and not step.node["RegenerateOutput"],
            timeout_seconds=timeout,
        )

    def _code(self, workspace: Workspace, step: Step) -> Place | None:
        snapshot = (step.module.get("DataLocation") or {}).get("StorageId")
        return self._snapshots.place(workspace, str(snapshot)) if snapshot else None

    def _script(self, workspace: Workspace, step: Step) -> str:
        """The text of a script of the source folder; empty for work of another kind."""
        name = step.values.get("python_script_name")
        place = self._code(workspace, step) if name else None
        if place is None:
            return ""
        return self._snapshots.text(workspace, place.path.rsplit("/", 1)[-1], str(name))

    def _source(self, workspace: Workspace, source: Json) -> Place:
        reference = source["DataLocation"]["DataReference"]["AzureBlobReference"]
        holder = self._datastores.place(workspace, str(reference["AmlDataStoreName"]))
        path = str(reference.get("RelativePath") or "").strip("/")
        return Place(holder.account, holder.name, path)

    def _target(self, workspace: Workspace, output: Json, child: str) -> Target:
        """A path that nothing is at: the step makes a file or a folder of it."""
        store = output.get("DataStoreName") or self._datastores.default(workspace)
        holder = self._datastores.place(workspace, str(store))
        path = f"azureml/{child}/{output['Name']}"
        return Target(Place(holder.account, holder.name, path), file=True)

    def _bring_scripts(
        self, workspace: Workspace, steps: list[Step], nodes: tuple[Node, ...]
    ) -> None:
        for step, node in zip(steps, nodes, strict=True):
            folder = cluster_tasks.script_folder(step)
            if folder is None or not isinstance(node.work, ClusterTask):
                continue
            files = self._snapshots.files(workspace, folder.rsplit("/", 1)[-1])
            cluster_tasks.upload(self._cloud.url, node.work.token, folder, files)

    def _record(
        self, workspace: Workspace, entity: Json, steps: list[Step], children: Mapping[str, str]
    ) -> None:
        """The runs in run history."""
        run, experiment = entity["Id"], entity["RunHistoryExperimentName"]
        own = self._experiments.get(workspace, experiment)["experimentId"]
        self._runs.patch(
            workspace,
            own,
            run,
            {
                "runType": "azureml.PipelineRun",
                "description": entity["Description"],
                "tags": entity["tags"],
                "properties": {
                    **entity["Properties"],
                    "azureml.runsource": "azureml.PipelineRun",
                    "runSource": entity["RunSource"],
                    "runType": entity["RunType"],
                    "azureml.parameters": str(entity["ParameterAssignments"]),
                    **(
                        {"azureml.pipelineid": entity["PipelineId"]} if entity["PipelineId"] else {}
                    ),
                },
            },
        )
        for step in steps:
            kind = KINDS[str(step.module["ModuleExecutionType"])]
            target = step.values.get("Target") or step.values.get("compute_name")
            self._runs.patch(
                workspace,
                own,
                children[step.name],
                {
                    "parentRunId": run,
                    "name": step.name,
                    "displayName": step.name,
                    "target": target,
                    "runType": "azureml.StepRun",
                    "tags": {"azureml.nodeid": step.id, "azureml.pipeline": run},
                    "properties": {
                        "azureml.runsource": "azureml.StepRun",
                        "azureml.nodeid": step.id,
                        "azureml.pipelinerunid": run,
                        "azureml.moduleid": step.module["Id"],
                        "StepType": kind,
                    },
                },
            )

    def _variables(
        self, workspace: Workspace, child: str, run: str, experiment: str
    ) -> dict[str, str]:
        """What a step's program knows of its run."""
        own = self._experiments.get(workspace, experiment)["experimentId"]
        known = run_context.variables(self._cloud, workspace, child, run, experiment)
        return {**known, "AZUREML_EXPERIMENT_ID": own}
