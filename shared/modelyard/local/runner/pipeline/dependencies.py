"""Names and dependencies: of stages, and of the jobs of a stage.

Source: learn.microsoft.com, ``pipelines/process/stages`` ("Specify dependencies": a stage waits for
the one before it, ``dependsOn: []`` for none) and ``process/phases`` ("Dependencies").
"""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass, replace

from modelyard.local.runner.pipeline.building import Building
from modelyard.local.runner.pipeline.nodes import Mapping, Node
from modelyard.local.runner.pipeline.nodes import Sequence as SequenceNode
from modelyard.local.runner.pipeline.plan import Job, Place, Stage
from modelyard.local.runner.pipeline.problems import Problems
from modelyard.reading import nearest


@dataclass(frozen=True)
class Named:
    """A stage or job with the name it has, written or given."""

    node: Mapping
    kind: str
    name: str
    place: Place


def named(found: Sequence[tuple[Mapping, str]], given: str, building: Building) -> list[Named]:
    """Names for all of them; the unnamed are ``Job1``, ``Job2`` by their position.

    :param given: ``Job`` or ``Stage``.
    """
    result: list[Named] = []
    seen: dict[str, Place] = {}
    for position, (node, kind) in enumerate(found, 1):
        value = node.get(kind)
        name = building.name(value, f"a {kind}") or f"{given}{position}"
        place = value.place if value is not None else node.place
        if name.lower() in seen:
            message = f"a {given.lower()} is named {name} already, at {seen[name.lower()]}"
            building.problems.add(place, message)
            continue
        seen[name.lower()] = place
        result.append(Named(node, kind, name, place))
    return result


def resolve_jobs(built: list[Job], names: list[Named], problems: Problems) -> tuple[Job, ...]:
    """The jobs with their dependencies checked and spelt as the jobs they name."""
    graph = _graph([(one.name, one.depends_on) for one in built], names, "job", problems)
    return tuple(replace(one, depends_on=graph[one.name]) for one in built)


def resolve_stages(built: list[Stage], names: list[Named], problems: Problems) -> tuple[Stage, ...]:
    """The same for stages; one that says nothing depends on the one before it."""
    wanted: list[tuple[str, tuple[str, ...]]] = []
    before: tuple[str, ...] = ()
    for stage, one in zip(built, names, strict=True):
        written = any(key.text == "dependsOn" for key, _ in one.node)
        wanted.append((stage.name, stage.depends_on if written else before))
        before = (stage.name,)
    graph = _graph(wanted, names, "stage", problems)
    return tuple(replace(one, depends_on=graph[one.name]) for one in built)


def _graph(
    wanted: list[tuple[str, tuple[str, ...]]], names: list[Named], what: str, problems: Problems
) -> dict[str, tuple[str, ...]]:
    spelt = {one.name.lower(): one.name for one in names}
    graph: dict[str, tuple[str, ...]] = {}
    places: dict[str, Place] = {}
    for (name, depends_on), one in zip(wanted, names, strict=True):
        found: list[str] = []
        places[name] = _place(one, 0)
        for number, other in enumerate(depends_on):
            place = _place(one, number)
            target = spelt.get(other.strip().lower())
            if target is None and problems.gaps:
                continue
            if target is None:
                message = f"{name} depends on {other}, which is no {what} here"
                problems.add(place, message + nearest(other, spelt.values()))
            elif target == name:
                problems.add(place, f"{name} depends on itself")
            elif target not in found:
                found.append(target)
        graph[name] = tuple(found)
    check_circle(graph, places, what, problems)
    return graph


def check_circle(
    graph: MappingOf[str, tuple[str, ...]],
    places: MappingOf[str, Place],
    what: str,
    problems: Problems,
) -> None:
    """Note those that wait for each other.

    :param graph: what each waits for; all of them are in it.
    :param what: ``job``.
    """
    cycle = _cycle(graph)
    if cycle:
        circle = " -> ".join([*cycle, cycle[0]])
        problems.add(places[cycle[0]], f"these {what}s wait for each other: {circle}")


def _place(one: Named, number: int) -> Place:
    node: Node | None = one.node.get("dependsOn")
    if isinstance(node, SequenceNode) and number < len(node.items):
        return node.items[number].place
    return node.place if node is not None else one.place


def _cycle(graph: MappingOf[str, tuple[str, ...]]) -> list[str]:
    """Names that wait for each other; empty where none do. Takes away what waits for nothing."""
    waiting = {name: set(depends_on) for name, depends_on in graph.items()}
    followers: dict[str, list[str]] = {name: [] for name in graph}
    for name, depends_on in graph.items():
        for other in depends_on:
            followers[other].append(name)
    ready = [name for name, depends_on in waiting.items() if not depends_on]
    while ready:
        done = ready.pop()
        del waiting[done]
        for name in followers[done]:
            waiting[name].discard(done)
            if not waiting[name]:
                ready.append(name)
    if not waiting:
        return []
    path: list[str] = [min(waiting)]
    while path[-1] not in path[:-1]:
        path.append(min(waiting[path[-1]]))
    return path[path.index(path[-1]) : -1]


def reach(graph: MappingOf[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    """All that each waits for, directly or not; nothing for those in a circle."""
    found: dict[str, frozenset[str]] = {}
    pending = list(graph)
    while pending:
        rest = []
        for name in pending:
            if all(other in found for other in graph[name]):
                direct = frozenset(graph[name])
                found[name] = direct.union(*(found[other] for other in graph[name]))
            else:
                rest.append(name)
        if len(rest) == len(pending):
            return {**found, **dict.fromkeys(rest, frozenset[str]())}
        pending = rest
    return found
