"""PublishCodeCoverageResults.

Source: ``Tasks/PublishCodeCoverageResultsV1`` and ``V2``. No file found is a warning, or a failure
with ``failIfCoverageEmpty``. Version 1 takes one summary; version 2 takes all and tells the format
itself. No HTML report is made: that takes .NET.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from modelyard.local.runner.builtin import glob
from modelyard.local.runner.builtin.coverage_readers import read_coverage
from modelyard.local.runner.builtin.step import StepContext, StepFailed
from modelyard.local.runner.builtin.task import (
    BuiltinTask,
    boolean,
    flag,
    lines,
    picklist,
    several,
    text,
)
from modelyard.local.runner.builtin.xml_file import XmlError


def _version_1(inputs: Mapping[str, str], step: StepContext) -> None:
    found = _single(inputs.get("summaryFileLocation", ""), step)
    if found is None or not found.is_file():
        _nothing(inputs, step)
        return
    report = _single(inputs.get("reportDirectory", "").rstrip("/"), step)
    _publish([found], report if report is not None and report.is_dir() else None, step)


def _version_2(inputs: Mapping[str, str], step: StepContext) -> None:
    files: list[Path] = []
    for pattern in lines(inputs, "summaryFileLocation"):
        found = [one for one in glob.find_match(step.folder, [pattern]) if one.is_file()]
        step.log(f"{len(found)} files match {pattern}")
        files += [one for one in found if one not in files]
    if files:
        _publish(files, None, step)
    else:
        _nothing(inputs, step)


def _publish(files: list[Path], report: Path | None, step: StepContext) -> None:
    try:
        coverage = read_coverage(files, report=report)
    except XmlError as error:
        raise StepFailed(f"code coverage can't be published: {error}") from None
    step.log(
        f"{coverage.lines_covered} of {coverage.lines_total} lines are covered "
        f"({coverage.rate:.1%})"
    )
    step.add_coverage(coverage)


def _single(pattern: str, step: StepContext) -> Path | None:
    """The first that matches; more than one is a warning."""
    found = glob.find_match(step.folder, [pattern]) if pattern.strip() else []
    if len(found) > 1:
        step.warn(f"{len(found)} paths match {pattern}; {found[0]} is taken")
    return found[0] if found else None


def _nothing(inputs: Mapping[str, str], step: StepContext) -> None:
    message = f"no code coverage was found at {inputs.get('summaryFileLocation', '')}"
    if flag(inputs, "failIfCoverageEmpty"):
        raise StepFailed(message)
    step.warn(message)


_ID = "2a7ebc54-c13e-490e-81a5-d7561ab7cd97"

TASKS = (
    BuiltinTask(
        "PublishCodeCoverageResults",
        "1",
        _ID,
        (
            picklist("codeCoverageTool", ("Cobertura", "JaCoCo"), "JaCoCo"),
            text("summaryFileLocation", required=True),
            text("pathToSources"),
            text("reportDirectory"),
            text("additionalCodeCoverageFiles"),
            boolean("failIfCoverageEmpty"),
        ),
        run=_version_1,
    ),
    BuiltinTask(
        "PublishCodeCoverageResults",
        "2",
        _ID,
        (
            several("summaryFileLocation", required=True),
            text("pathToSources"),
            boolean("failIfCoverageEmpty"),
        ),
        run=_version_2,
    ),
)
