"""PublishTestResults.

Source: ``Tasks/PublishTestResultsV2``; the agent's ``ResultsCommandExtension.cs`` and
``LegacyTestRunDataPublisher.cs`` (one run for each file, or one for all where they are merged or
more than 100). A file that can't be read is a warning, and none found too unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from modelyard.local.runner.builtin import glob
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
from modelyard.local.runner.builtin.test_readers import FORMATS, read_cases
from modelyard.local.runner.builtin.test_run import Outcome, TestCase, TestRun
from modelyard.local.runner.builtin.xml_file import XmlError

_MERGED_BEYOND = 100
"""Files; from then on they are one run whatever was asked."""


def _run(inputs: Mapping[str, str], step: StepContext) -> None:
    kind = inputs.get("testRunner", "")
    if kind.lower() not in map(str.lower, FORMATS):
        raise StepFailed(f"the input testRunner is {kind!r}, not one of {', '.join(FORMATS)}")
    patterns = lines(inputs, "testResultsFiles")
    folder = step.folder / inputs.get("searchFolder", "").strip()
    files = [one for one in glob.find_match(folder, patterns) if not one.is_dir()]
    if not files:
        message = f"no test result files below {folder} match {', '.join(patterns)}"
        if flag(inputs, "failTaskOnMissingResultsFile"):
            raise StepFailed(message)
        step.warn(message)
        return
    runs = list(_runs(inputs, kind, files, step))
    for run in runs:
        counts = ", ".join(f"{run.count(one)} {one.value}" for one in Outcome if run.count(one))
        step.log(f"{run.title}: {counts or 'no tests'}")
        step.add_tests(run)
    if flag(inputs, "failTaskOnFailedTests") and any(run.count(Outcome.FAILED) for run in runs):
        raise StepFailed("the test results have failed tests")


def _runs(
    inputs: Mapping[str, str], kind: str, files: list[Path], step: StepContext
) -> Iterable[TestRun]:
    title = inputs.get("testRunTitle", "").strip()
    kept: list[tuple[str, tuple[TestCase, ...]]] = []
    for file in files:
        try:
            name, cases = read_cases(file, kind)
        except XmlError as error:
            message = f"the test results in {file} can't be published: {error}"
            if flag(inputs, "failTaskOnFailureToPublishResults"):
                raise StepFailed(message) from None
            step.warn(message)
            continue
        kept.append((name or f"{kind}_{file.name}", cases))
    platform, configuration = inputs.get("platform", ""), inputs.get("configuration", "")
    if flag(inputs, "mergeTestResults") or len(files) > _MERGED_BEYOND:
        if kept:
            number = step.variables.value("Build.BuildId")
            every = tuple(case for _, cases in kept for case in cases)
            yield TestRun(title or f"{kind}_TestResults_{number}", every, platform, configuration)
        return
    for place, (name, cases) in enumerate(kept, start=1):
        numbered = f"{title}_{place}" if len(files) > 1 else title
        yield TestRun(numbered if title else name, cases, platform, configuration)


TASKS = (
    BuiltinTask(
        "PublishTestResults",
        "2",
        "0b0f01ed-7dde-43ff-9cbb-e48954daf9b1",
        (
            picklist("testRunner", tuple(FORMATS), "JUnit", alias="testResultsFormat"),
            several("testResultsFiles", "**/TEST-*.xml", required=True),
            text("searchFolder", "$(System.DefaultWorkingDirectory)"),
            boolean("mergeTestResults"),
            boolean("failTaskOnFailedTests"),
            boolean("failTaskOnFailureToPublishResults"),
            boolean("failTaskOnMissingResultsFile"),
            text("testRunTitle"),
            text("platform", alias="buildPlatform"),
            text("configuration", alias="buildConfiguration"),
            boolean("publishRunAttachments", default=True),
        ),
        run=_run,
    ),
)
