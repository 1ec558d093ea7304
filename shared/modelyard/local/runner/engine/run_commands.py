"""The logging commands that need the run: progress, results, uploads, the run's number.

Source: the agent's ``TaskCommandExtension.cs``, ``ResultsCommandExtension.cs``,
``CodeCoverageCommandExtension.cs`` and ``BuildCommandExtension.cs``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from modelyard.local.runner.engine.value_expansion import set_fact
from modelyard.local.runner.job import Job, Log
from modelyard.local.runner.logging_commands import Command
from modelyard.local.runner.step_commands import StepCommands
from modelyard.local.runner.step_report import Issue
from modelyard.local.runner.task_definition import TaskDefinition
from modelyard.local.runner.variables import Variables

Publish = Callable[[str, Mapping[str, str]], None]
"""Does what the inputs of a publishing task say; takes its reference, ``PublishTestResults@2``."""
_TESTS = {
    "type": "testResultsFormat",
    "resultfiles": "testResultsFiles",
    "mergeresults": "mergeTestResults",
    "runtitle": "testRunTitle",
    "platform": "buildPlatform",
    "config": "buildConfiguration",
    "publishrunattachments": "publishRunAttachments",
}
_COVERAGE = {"summaryfile": "summaryFileLocation"}


class RunCommands(StepCommands):
    """The commands of one step of a run."""

    def __init__(
        self,
        definition: TaskDefinition,
        name: str,
        job: Job,
        task_variables: Variables,
        log: Log,
        *,
        progress: Callable[[int, str], None],
        publish: Publish,
        number: Callable[[str], None],
    ) -> None:
        super().__init__(definition, name, job, task_variables, log)
        self._progress = progress
        self._publish = publish
        self._number = number
        self.note = ""
        """What the step says of its end."""
        self._events |= {
            "task.setprogress": self._told_progress,
            "task.complete": self._told_end,
            "results.publish": self._publish_tests,
            "codecoverage.publish": self._publish_coverage,
            "build.updatebuildnumber": self._update_number,
            "build.uploadlog": self._upload_file,
        }

    def _told_progress(self, command: Command) -> None:
        self._set_progress(command)
        text = self._job.masker.mask(command.data)
        self.note = text or self.note
        self._progress(self.report.percent, text)

    def _told_end(self, command: Command) -> None:
        self._complete(command)
        self.note = self._job.masker.mask(command.data) or self.note

    def _publish_tests(self, command: Command) -> None:
        inputs = _inputs(command.properties, _TESTS)
        if command.data and "testResultsFiles" not in inputs:
            inputs["testResultsFiles"] = command.data
        inputs["testResultsFiles"] = inputs.get("testResultsFiles", "").replace(",", "\n")
        self._publish("PublishTestResults@2", inputs)

    def _publish_coverage(self, command: Command) -> None:
        self._publish("PublishCodeCoverageResults@2", _inputs(command.properties, _COVERAGE))

    def _update_number(self, command: Command) -> None:
        if not command.data.strip():
            self.report.add_issue(Issue("error", "the command names no number"))
            return
        set_fact(self._job.variables, "Build.BuildNumber", command.data)
        self._number(command.data)


def _inputs(properties: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    return {names[name]: value for name, value in properties.items() if name in names}
