"""A run as its result folder tells it: ``run.json``, format 1.

Source: :mod:`modelyard.local.runner.results.document`, which writes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelyard.local.runner.results.format import DOCUMENT, FORMAT
from modelyard.runner_errors import ReportError


@dataclass(frozen=True)
class Issue:
    """An error or a warning."""

    kind: str
    text: str
    place: str = ""
    """``file:line:column`` as far as it is known."""


@dataclass(frozen=True)
class Node:
    """A stage, a job or a step."""

    anchor: str
    """Its id in the page, made of numbers only."""
    name: str
    title: str
    result: str
    """``Succeeded`` and so on; empty where it never ended."""
    started: float | None
    ended: float | None
    note: str
    issues: tuple[Issue, ...]
    children: tuple[Node, ...] = ()
    depends_on: tuple[str, ...] = ()
    environment: str = ""
    log: str = ""
    """Of a step: its log's path in the folder."""

    @property
    def seconds(self) -> float | None:
        if self.started is None or self.ended is None:
            return None
        return max(0.0, self.ended - self.started)


@dataclass(frozen=True)
class Run:
    """All that the page shows."""

    folder: Path
    name: str
    number: str
    result: str
    started: float | None
    ended: float | None
    repository: Mapping[str, str]
    parameters: Mapping[str, Any]
    tags: tuple[str, ...]
    notices: tuple[Issue, ...]
    stages: tuple[Node, ...]
    artifacts: tuple[Mapping[str, Any], ...] = ()
    tests: tuple[Mapping[str, Any], ...] = ()
    coverage: tuple[Mapping[str, Any], ...] = ()
    summaries: tuple[Mapping[str, Any], ...] = ()
    files: tuple[Mapping[str, Any], ...] = ()
    pipeline: str = ""
    by_path: Mapping[tuple[str, ...], Node] = field(default_factory=dict)
    """Stages, jobs and steps by their names."""

    def steps(self) -> Iterator[tuple[Node, Node, Node]]:
        """Each step with its stage and job."""
        for stage in self.stages:
            for job in stage.children:
                for step in job.children:
                    yield stage, job, step


def load(folder: Path) -> Run:
    """The run of a result folder.

    :raises ReportError: when there is none, or one of another format.
    """
    path = folder / DOCUMENT
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportError(f"{folder} holds no run: {path.name}: {error.strerror}") from None
    except ValueError as error:
        raise ReportError(f"{path} can't be read: {error}") from None
    told = data.get("format") if isinstance(data, dict) else None
    if told != FORMAT:
        raise ReportError(f"{path} has the format {told!r}; this version reads {FORMAT}")
    try:
        return _run(folder, data)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ReportError(f"{path} isn't whole: {error!r}") from None


def _run(folder: Path, data: Mapping[str, Any]) -> Run:
    known: dict[tuple[str, ...], Node] = {}
    stages = tuple(
        _node(one, f"s{place}", (), known) for place, one in enumerate(data["stages"], 1)
    )
    return Run(
        folder=folder,
        name=str(data["name"]),
        number=str(data.get("number", "")),
        result=str(data.get("result", "")),
        started=_time(data.get("started")),
        ended=_time(data.get("ended")),
        repository={key: str(value) for key, value in data.get("repository", {}).items()},
        parameters=dict(data.get("parameters", {})),
        tags=tuple(map(str, data.get("tags", ()))),
        notices=tuple(
            Issue(str(one["level"]), str(one["text"])) for one in data.get("notices", ())
        ),
        stages=stages,
        **{
            name: tuple(dict(one) for one in data.get(name, ()))
            for name in ("artifacts", "tests", "coverage", "summaries", "files")
        },
        pipeline=str(data.get("pipeline", "")),
        by_path=known,
    )


def _node(
    data: Mapping[str, Any],
    anchor: str,
    above: tuple[str, ...],
    known: dict[tuple[str, ...], Node],
) -> Node:
    path = (*above, str(data["name"]))
    inner = data.get("jobs", data.get("steps", ()))
    children = [_node(one, f"{anchor}-{at}", path, known) for at, one in enumerate(inner, 1)]
    node = Node(
        anchor=anchor,
        name=path[-1],
        title=str(data.get("title") or path[-1]),
        result=str(data.get("result", "")),
        started=_time(data.get("started")),
        ended=_time(data.get("ended")),
        note=str(data.get("note", "")),
        issues=tuple(_issue(one) for one in data.get("issues", ())),
        children=tuple(children),
        depends_on=tuple(map(str, data.get("dependsOn", ()))),
        environment=str(data.get("environment", "")),
        log=str(data.get("log", "")),
    )
    known[path] = node
    return node


def _issue(data: Mapping[str, Any]) -> Issue:
    properties = data.get("properties", {})
    parts = [properties.get(name) for name in ("sourcepath", "linenumber", "columnnumber")]
    place = ":".join(str(one) for one in parts if one) if parts[0] else ""
    return Issue(str(data["kind"]), str(data["text"]), place)


def _time(value: Any) -> float | None:
    return None if value is None else float(value)
