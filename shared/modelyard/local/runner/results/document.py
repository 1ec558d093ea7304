"""``run.json``: all of a run for whoever shows it.

Times are seconds since the epoch, results ``Succeeded``, ``SucceededWithIssues``, ``Failed``,
``Canceled`` or ``Skipped``, paths relative to the folder. ``format`` grows when a meaning changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelyard.local.runner.builtin.artifacts import Artifact
from modelyard.local.runner.builtin.coverage import Coverage
from modelyard.local.runner.builtin.test_run import Outcome, TestRun
from modelyard.local.runner.engine.events import RunPath
from modelyard.local.runner.engine.uploads import SUMMARY
from modelyard.local.runner.engine.working_copy import Source
from modelyard.local.runner.job import Result
from modelyard.local.runner.results.folder import ResultFolder
from modelyard.local.runner.results.format import FORMAT
from modelyard.local.runner.results.history import History, Node, original
from modelyard.local.runner.secret_masker import SecretMasker
from modelyard.local.runner.step_report import Upload


@dataclass(frozen=True)
class Facts:
    """What is told of a run beside its history."""

    name: str
    number: str
    id: int
    result: Result
    signal: int
    file: str
    """The pipeline's or workflow's, in its repository."""
    source: Source
    parameters: Mapping[str, Any]
    after: Mapping[RunPath, Sequence[str]]
    """What stages and jobs wait for; of copies by the name that they are made from."""
    environments: Mapping[RunPath, str]
    """Of jobs, likewise."""
    artifacts: Iterable[Artifact]
    masker: SecretMasker
    uploads: Sequence[tuple[RunPath, Upload]] = ()
    tests: Sequence[tuple[RunPath, TestRun]] = ()
    coverage: Sequence[tuple[RunPath, Coverage]] = ()
    tags: Sequence[str] = ()
    outputs: Mapping[RunPath, Mapping[str, str]] = field(default_factory=dict)
    """Of steps; none that is secret."""


def document(facts: Facts, history: History, folder: ResultFolder) -> dict[str, Any]:
    """The document of a run that is over."""
    source = facts.source
    found = {
        "format": FORMAT,
        "name": facts.name,
        "number": facts.number,
        "id": facts.id,
        "result": facts.result.text,
        "signal": facts.signal,
        "started": history.root.started,
        "ended": history.root.ended,
        "pipeline": facts.file,
        "repository": {
            "name": source.name,
            "branch": source.branch,
            "commit": source.commit,
            "message": source.message,
        },
        "parameters": facts.parameters,
        "tags": facts.tags,
        "notices": [
            {"level": one.level, "text": one.text, "path": list(one.path)}
            for one in history.notices
        ],
        "stages": [_stage(node, facts, folder.logs) for node in history.root.children.values()],
        "artifacts": [_artifact(one, folder) for one in facts.artifacts],
        "tests": [_tests(path, one) for path, one in facts.tests],
        "coverage": [_coverage(path, one) for path, one in facts.coverage],
        "summaries": _files(facts, folder, summaries=True),
        "files": _files(facts, folder, summaries=False),
    }
    masked: dict[str, Any] = _masked(found, mask_with=facts.masker)
    return masked


def _stage(node: Node, facts: Facts, logs: Mapping[RunPath, str]) -> dict[str, Any]:
    return {
        **_node(node),
        "dependsOn": list(facts.after.get((original(node.path[0]),), ())),
        "jobs": [_job(child, facts, logs) for child in node.children.values()],
    }


def _job(node: Node, facts: Facts, logs: Mapping[RunPath, str]) -> dict[str, Any]:
    planned = tuple(map(original, node.path))
    return {
        **_node(node),
        "job": planned[-1],
        "dependsOn": list(facts.after.get(planned, ())),
        "environment": facts.environments.get(node.path) or facts.environments.get(planned, ""),
        "steps": [
            {**_node(step), "log": logs.get(step.path, ""), **_outputs(step, facts)}
            for step in node.children.values()
        ],
    }


def _outputs(step: Node, facts: Facts) -> dict[str, Any]:
    found = facts.outputs.get(step.path)
    return {"outputs": dict(found)} if found else {}


def _node(node: Node) -> dict[str, Any]:
    return {
        "name": node.path[-1],
        "title": node.title,
        "result": node.result.text if node.result is not None else "",
        "started": node.started,
        "ended": node.ended,
        "note": node.note,
        "issues": [
            {"kind": one.kind, "text": one.text, "properties": dict(one.properties)}
            for one in node.issues
        ],
    }


def _artifact(artifact: Artifact, folder: ResultFolder) -> dict[str, Any]:
    files = list(artifact.files())
    return {
        "name": artifact.name,
        "kind": artifact.kind,
        "folder": str(artifact.folder.relative_to(folder.folder)),
        "files": [str(one) for one in files],
        "bytes": sum((artifact.folder / one).stat().st_size for one in files),
    }


def _tests(path: RunPath, tests: TestRun) -> dict[str, Any]:
    return {
        "step": list(path),
        "title": tests.title,
        "platform": tests.platform,
        "configuration": tests.configuration,
        "counts": {one.value: tests.count(one) for one in Outcome},
        "cases": [
            {
                "name": case.name,
                "suite": case.suite,
                "outcome": case.outcome.value,
                "seconds": case.seconds,
                "message": case.message,
                "details": case.details,
            }
            for case in tests.cases
        ],
    }


def _coverage(path: RunPath, coverage: Coverage) -> dict[str, Any]:
    return {
        "step": list(path),
        "lines": [coverage.lines_covered, coverage.lines_total],
        "branches": [coverage.branches_covered, coverage.branches_total],
        "files": [
            {"path": one.path, "covered": one.covered, "total": one.total} for one in coverage.files
        ],
    }


def _files(facts: Facts, folder: ResultFolder, *, summaries: bool) -> list[dict[str, Any]]:
    return [
        {
            "step": list(path),
            "kind": one.kind,
            "name": one.name,
            "path": str(one.path.relative_to(folder.folder)),
        }
        for path, one in facts.uploads
        if (one.kind == SUMMARY) is summaries
    ]


def _masked(value: Any, *, mask_with: SecretMasker) -> Any:
    """Every text of it without secrets; keys are ours."""
    if isinstance(value, str):
        return mask_with.mask(value)
    if isinstance(value, Mapping):
        return {key: _masked(one, mask_with=mask_with) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(one, mask_with=mask_with) for one in value]
    return value
