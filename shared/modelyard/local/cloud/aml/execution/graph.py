"""What there is to run: nodes, what they read and write, and what has to come before them."""

from __future__ import annotations

import graphlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelyard.local.cloud.aml.packages import Packages
from modelyard.local.cloud.aml.paths import Place


class GraphError(ValueError):
    """A graph that can't be run. The message is fit for an answer."""


@dataclass(frozen=True)
class Produced:
    """An output of another node, as an input: the node that reads it waits for that one."""

    node: str
    output: str


@dataclass(frozen=True)
class Target:
    """Where an output goes when its node has succeeded."""

    place: Place
    file: bool = False
    """One file; else a folder, which is there, and empty, when the node starts."""


@dataclass(frozen=True)
class Command:
    """A program, run in a copy of the code's folder with the environment's Python first on PATH.

    The words, and the values of the variables, may hold what :func:`input_path` and
    :func:`output_path` return.
    """

    words: tuple[str, ...]
    packages: Packages
    code: Place | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ClusterTask:
    """A task of the Jobs API, run once in the local Databricks workspace (``runs/submit`` 2.1)."""

    task: Mapping[str, Any]
    """``{"notebook_task": {...}, "existing_cluster_id": "..."}`` and the like, without a key.
    Strings in it may hold what :func:`input_path` and :func:`output_path` return."""
    token: str = field(repr=False)
    """Access token of the workspace."""
    told: tuple[str, ...] = ()
    """Variables of the order's surroundings that it gets: parameters of a notebook with these
    names, or arguments of a script, ``--NAME VALUE``."""


@dataclass(frozen=True)
class Node:
    """One piece of work."""

    name: str
    work: Command | ClusterTask
    inputs: Mapping[str, Place | Produced] = field(default_factory=dict)
    outputs: Mapping[str, Target] = field(default_factory=dict)
    after: frozenset[str] = frozenset()
    """Nodes to wait for from which it reads nothing."""
    reuse: bool = False
    """Whether the outputs of an earlier run of exactly the same may stand for its own."""
    timeout_seconds: float | None = None

    @property
    def needs(self) -> frozenset[str]:
        """All nodes that it waits for."""
        read = (one.node for one in self.inputs.values() if isinstance(one, Produced))
        return self.after.union(read)


@dataclass(frozen=True)
class Graph:
    """Nodes with different names."""

    nodes: tuple[Node, ...]
    continue_on_failure: bool = False
    """Whether nodes that don't depend on a failed one still start. Those under way always end."""

    def check(self) -> None:
        """Raises GraphError for a reference to nothing, a name used twice, or a cycle."""
        by_name = {node.name: node for node in self.nodes}
        if not self.nodes or len(by_name) != len(self.nodes):
            raise GraphError("A graph needs nodes, and each its own name.")
        for node in self.nodes:
            for need in node.needs - by_name.keys():
                raise GraphError(f"{node.name} waits for {need}, which is not in the graph.")
            for name, source in node.inputs.items():
                if isinstance(source, Produced) and source.output not in (
                    by_name[source.node].outputs
                ):
                    raise GraphError(
                        f"The input {name} of {node.name} is the output {source.output} of "
                        f"{source.node}, which has none of that name."
                    )
        try:
            graphlib.TopologicalSorter({n.name: n.needs for n in self.nodes}).prepare()
        except graphlib.CycleError as error:
            raise GraphError(f"These wait for each other: {' -> '.join(error.args[1])}.") from error


@dataclass(frozen=True)
class Order:
    """A graph to be run, and the ids of its runs."""

    run: str
    """Id of the whole graph's run."""
    graph: Graph
    account: str
    """Storage account in whose container ``azureml`` logs and artifacts are put."""
    runs: Mapping[str, str]
    """Name of each node -> id of its run. The only node of a graph may have the graph's own: then
    there is one run, and no child."""
    surroundings: Callable[[str], Mapping[str, str]] = field(default=lambda _run: {})
    """Given the id of a run: variables for its program. It is asked when the node starts."""
    ended: Callable[[str, str], None] = field(default=lambda _run, _status: None)
    """Called with the id and the state of each node's run, when it has ended."""


def input_path(name: str) -> str:
    """A mark that becomes the path of the input's folder, or of the file where it is one."""
    return f"\0input:{name}\0"


def output_path(name: str) -> str:
    """A mark that becomes the path of the output's folder or file."""
    return f"\0output:{name}\0"


def resolved(value: Any, paths: Mapping[str, str]) -> Any:
    """Texts within lists and objects with their marks replaced. ``paths`` has a path by mark."""
    if isinstance(value, str):
        for mark, path in paths.items():
            value = value.replace(mark, path)
        return value
    if isinstance(value, Mapping):
        return {name: resolved(one, paths) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(one, paths) for one in value]
    return value
