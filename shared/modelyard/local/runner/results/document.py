"""``run.json``: all of a run for whoever shows it.

Times are seconds since the epoch, results ``Succeeded``, ``SucceededWithIssues``, ``Failed``,
``Canceled`` or ``Skipped``, paths relative to the folder. ``format`` grows when a meaning changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.local.runner.builtin.artifacts import Artifact
from modelyard.local.runner.builtin.coverage import Coverage
from modelyard.local.runner.builtin.test_run import Outcome, TestRun
from modelyard.local.runner.engine.events import RunPath
from modelyard.local.runner.engine.run import result
from modelyard.local.runner.engine.run_state import RunState
from modelyard.local.runner.engine.uploads import SUMMARY
from modelyard.local.runner.pipeline.plan import Plan
from modelyard.local.runner.results.folder import ResultFolder
from modelyard.local.runner.results.format import FORMAT
from modelyard.local.runner.results.history import History, Node
from modelyard.local.runner.secret_masker import SecretMasker


def document(state: RunState, history: History, folder: ResultFolder) -> dict[str, Any]:
    """The document of a run that is over."""
    source = state.source
    found = {
        "format": FORMAT,
        "name": state.build.pipeline,
        "number": state.number,
        "id": state.build.number,
        "result": result(state).text,
        "signal": state.cancellation.signal,
        "started": history.root.started,
        "ended": history.root.ended,
        "pipeline": state.plan.pipeline.place.file,
        "repository": {
            "name": source.name,
            "branch": source.branch,
            "commit": source.commit,
            "message": source.message,
        },
        "parameters": {one.name: one.value for one in state.plan.pipeline.parameters},
        "tags": state.collected.tags,
        "notices": [
            {"level": one.level, "text": one.text, "path": list(one.path)}
            for one in history.notices
        ],
        "stages": [
            _stage(node, state.plan, folder.logs) for node in history.root.children.values()
        ],
        "artifacts": [_artifact(one, folder) for one in state.artifacts],
        "tests": [_tests(path, one) for path, one in state.collected.tests],
        "coverage": [_coverage(path, one) for path, one in state.collected.coverage],
        "summaries": _files(state, folder, summaries=True),
        "files": _files(state, folder, summaries=False),
    }
    masked: dict[str, Any] = _masked(found, mask_with=state.masker)
    return masked


def _stage(node: Node, plan: Plan, logs: Mapping[RunPath, str]) -> dict[str, Any]:
    planned = next(one for one in plan.pipeline.stages if one.name == node.path[0])
    jobs = {one.name: one for one in planned.jobs}
    return {
        **_node(node),
        "dependsOn": list(planned.depends_on),
        "jobs": [
            {
                **_node(child),
                "job": name.partition(" ")[0],
                "dependsOn": list(jobs[name.partition(" ")[0]].depends_on),
                "environment": _environment(plan, node.path[0], name.partition(" ")[0]),
                "steps": [
                    {**_node(step), "log": logs.get(step.path, "")}
                    for step in child.children.values()
                ],
            }
            for name, child in node.children.items()
        ],
    }


def _environment(plan: Plan, stage: str, job: str) -> str:
    for one in plan.pipeline.stages:
        for planned in one.jobs:
            if (one.name, planned.name) == (stage, job) and planned.deployment is not None:
                return planned.deployment.environment.name
    return ""


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


def _files(state: RunState, folder: ResultFolder, *, summaries: bool) -> list[dict[str, Any]]:
    return [
        {
            "step": list(path),
            "kind": one.kind,
            "name": one.name,
            "path": str(one.path.relative_to(folder.folder)),
        }
        for path, one in state.collected.uploads
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
