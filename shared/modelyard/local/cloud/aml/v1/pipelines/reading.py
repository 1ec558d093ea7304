"""Reading a graph of SDK v1: the parameters of its steps, and what each one waits for.

The value of a parameter is a literal, or the name of a parameter of the pipeline. A port that is
only there to give an order (``run_after``) carries no data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.local.cloud.aml.front import refused
from modelyard.local.cloud.aml.v1.pipelines.entities import MODULES, SOURCES, Entities
from modelyard.local.cloud.aml.workspaces import Workspace

Json = dict[str, Any]
ORDER_ONLY = "_run_after_output"
_OF_PIPELINE = "1"


@dataclass(frozen=True)
class Step:
    """One step of a pipeline."""

    id: str
    """The id of its node in the graph."""
    name: str
    """The name that its author gave it, with the node's id where two have the same."""
    module: Json
    node: Json
    values: Mapping[str, str]
    """Its parameters, those of the pipeline filled in."""
    from_pipeline: Mapping[str, str]
    """Names of those that are the pipeline's -> the pipeline's name for them."""
    data: Mapping[str, Json]
    """Input -> the data source it reads."""
    produced: Mapping[str, tuple[str, str]]
    """Input -> id of the step and name of its output that it reads."""
    after: frozenset[str]
    """Ids of the steps that it waits for from which it reads nothing."""

    @property
    def outputs(self) -> list[Json]:
        """Its outputs that carry data."""
        given = (self.module.get("StructuredInterface") or {}).get("Outputs") or ()
        return [one for one in given if one["Name"] != ORDER_ONLY]


def steps_of(
    workspace: Workspace, entities: Entities, graph: Json, assignments: Mapping[str, str]
) -> list[Step]:
    """All steps of a graph with these values of its parameters. Raises ArmError."""
    nodes = graph.get("ModuleNodes") or []
    modules = {one["Id"]: entities.get(workspace, MODULES, one["ModuleId"]) for one in nodes}
    sources = {
        one["Id"]: entities.get(workspace, SOURCES, one["DatasetId"])
        for one in graph.get("DatasetNodes") or ()
    }
    names = [str(modules[one["Id"]]["Name"]) for one in nodes]
    found = []
    for node, name in zip(nodes, names, strict=True):
        data, produced, after = _edges(graph, node["Id"], sources, modules)
        values, shared = _values(node, assignments)
        found.append(
            Step(
                id=node["Id"],
                name=name if names.count(name) == 1 else f"{name} {node['Id']}",
                module=modules[node["Id"]],
                node=node,
                values=values,
                from_pipeline=shared,
                data=data,
                produced=produced,
                after=frozenset(after),
            )
        )
    return found


def defaults(interface: Json) -> dict[str, str]:
    """The parameters of a pipeline with their defaults."""
    return {
        str(one["Name"]): str(one.get("DefaultValue") or "")
        for one in interface.get("Parameters") or ()
    }


def assigned(interface: Json, given: Mapping[str, Any]) -> dict[str, str]:
    """Defaults, with what was given in their place. Raises ArmError for an unknown name."""
    known = defaults(interface)
    for name in given:
        if name not in known:
            raise refused(
                f"The pipeline has no parameter {name}. It has: {', '.join(known) or 'none'}."
            )
    return {**known, **{name: str(value) for name, value in given.items()}}


def _values(node: Json, assignments: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    values, shared = {}, {}
    given = [*(node.get("ModuleParameters") or ()), *(node.get("ModuleMetadataParameters") or ())]
    for one in given:
        name, value = str(one["Name"]), one.get("Value")
        if value is None:
            continue
        if str(one.get("ValueType")) == _OF_PIPELINE:
            if value not in assignments:
                raise refused(f"{name} is the pipeline's parameter {value}, which it hasn't.")
            shared[name] = str(value)
            value = assignments[value]
        values[name] = str(value)
    return values, shared


def _edges(
    graph: Json, node: str, sources: Mapping[str, Json], modules: Mapping[str, Json]
) -> tuple[dict[str, Json], dict[str, tuple[str, str]], set[str]]:
    data: dict[str, Json] = {}
    produced: dict[str, tuple[str, str]] = {}
    after: set[str] = set()
    for edge in graph.get("Edges") or ():
        target, source = edge["DestinationInputPort"], edge["SourceOutputPort"]
        if target["NodeId"] != node:
            continue
        start, port = str(source["NodeId"]), str(target["PortName"])
        if start in sources:
            data[port] = sources[start]
        elif start not in modules:
            raise refused(f"An edge of the graph starts at {start}, which is not in it.")
        elif source["PortName"] == ORDER_ONLY:
            after.add(start)
        else:
            produced[port] = (start, str(source["PortName"]))
    return data, produced, after
