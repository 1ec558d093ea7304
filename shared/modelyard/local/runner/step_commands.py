"""What the logging commands of a step do to it and to its job.

Source: the agent's ``WorkerCommandManager.cs``, ``TaskCommandExtension.cs``,
``BuildCommandExtension.cs``, ``ResultsCommandExtension.cs``, ``CodeCoverageCommandExtension.cs``
and ``ExecutionContext.cs``. As there, a command of an area that nobody knows is a warning, and one
that can't be obeyed fails the step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from modelyard.local.runner import logging_commands
from modelyard.local.runner.endpoint_commands import set_endpoint
from modelyard.local.runner.job import Job, Log, Result, merged
from modelyard.local.runner.logging_commands import Command
from modelyard.local.runner.step_report import KINDS, Issue, StepReport
from modelyard.local.runner.task_definition import TaskDefinition
from modelyard.local.runner.upload_commands import UploadCommands
from modelyard.local.runner.variable_commands import Refused, VariableCommands
from modelyard.local.runner.variables import Variable, Variables

_RESULTS = {result.text: result for result in Result}
_ALLOWED_WHEN_RESTRICTED = frozenset(
    f"task.{event}"
    for event in (
        "logdetail", "logissue", "issue", "complete", "setprogress", "setsecret", "setvariable",
        "debug", "settaskvariable", "prependpath",
    )
) | {"telemetry.publish"}  # fmt: skip
_AREAS = frozenset(
    {
        "task", "artifact", "build", "release", "results", "codecoverage", "telemetry",
        "plugininternal",
    }
)  # fmt: skip
_WITHOUT_EFFECT = frozenset(
    {
        "task.logdetail", "artifact.associate", "telemetry.publish",
        "release.updatereleasename", "results.publishtoevidencestore",
        "plugininternal.updaterepositorypath",
    }
)  # fmt: skip
"""Those that a service would have to answer; the log says so."""
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
"""Properties, and the inputs of the publishing tasks that they are."""


class Surrounding(Protocol):
    """The run that a step is part of."""

    def progress(self, percent: int, text: str) -> None: ...

    def publish(self, reference: str, inputs: Mapping[str, str]) -> None:
        """Do what a publishing task does.

        :param reference: ``PublishTestResults@2``.
        """
        ...

    def number(self, number: str) -> None:
        """The run has another number."""
        ...


class StepCommands:
    """The commands of one step, and what came of them."""

    def __init__(
        self,
        definition: TaskDefinition,
        name: str,
        job: Job,
        task_variables: Variables,
        log: Log,
        run: Surrounding | None = None,
    ) -> None:
        """
        :param run: None for a task by itself: then what needs a run has no effect.
        """
        self._definition = definition
        self._job = job
        self._run = run
        self.report = StepReport(job.masker, log)
        self._decode = job.variables.value("DECODE_PERCENTS", "true").strip().lower() != "false"
        self.variables = VariableCommands(definition, name, job, task_variables, self.report)
        self.result: Result | None = None
        """What the task said of itself."""
        self.command_result: Result | None = None
        """Failed, where a command could not be obeyed."""
        self.done = False
        """The task asked not to be waited for (``task.complete done=true``)."""
        self.note = ""
        """What the step says of its end."""
        uploads = UploadCommands(self.report)
        self._events: dict[str, Callable[[Command], None]] = {
            "task.setvariable": self.variables.set_variable,
            "task.setsecret": self.variables.set_secret,
            "task.settaskvariable": self.variables.set_task_variable,
            "task.prependpath": self.variables.prepend_path,
            "task.setendpoint": lambda one: set_endpoint(one, job, self.report),
            "task.complete": self._complete,
            "task.logissue": self._log_issue,
            "task.issue": self._log_issue,
            "task.setprogress": self._set_progress,
            "task.debug": self._debug,
            "task.addattachment": uploads.add_attachment,
            "task.uploadsummary": uploads.upload_summary,
            "task.uploadfile": uploads.upload_file,
            "artifact.upload": uploads.upload_artifact,
            "build.uploadsummary": uploads.upload_summary,
            "build.uploadlog": uploads.upload_file,
            "build.addbuildtag": self._add_tag,
            "build.updatebuildnumber": self._update_number,
            "results.publish": self._publish_tests,
            "codecoverage.publish": self._publish_coverage,
        }

    def take(self, line: str) -> None:
        """One line of the step's output: obey it where it is a command, else show it."""
        command = logging_commands.parse(line, decode_percents=self._decode)
        if command is None:
            if logging_commands.KEYWORD in line:
                self.report.add_issue(
                    Issue("warning", f"{line!r} holds ##vso, but it isn't a command that exists")
                )
            self.report.show(line)
        elif command.area.lower() not in _AREAS:
            self.report.add_issue(
                Issue("warning", f"nobody knows commands of the area {command.area}")
            )
        else:
            self._obey(command, line)

    def _obey(self, command: Command, line: str) -> None:
        restricted = self._definition.restrictions.commands_restricted
        event = self._events.get(command.name)
        if event is None and command.name not in _WITHOUT_EFFECT:
            self._refuse(line, f"there is no command {command.name}")
        elif restricted and command.name not in _ALLOWED_WHEN_RESTRICTED:
            self.report.add_issue(
                Issue("warning", f"the task's restrictions don't allow ##vso[{command.name}]")
            )
        elif event is None:
            if command.name != "telemetry.publish":
                self._note_no_effect(command)
        else:
            try:
                event(command)
            except Refused as error:
                self._refuse(line, str(error))

    def _note_no_effect(self, command: Command) -> None:
        self.report.show(f"##[debug]{command.name} has no effect on this machine")

    def _refuse(self, line: str, why: str) -> None:
        self.report.add_issue(Issue("error", f"the command {line!r} can't be obeyed"))
        self.report.add_issue(Issue("error", why))
        self.command_result = merged(self.command_result, Result.FAILED)

    def _complete(self, command: Command) -> None:
        result = _RESULTS.get(command.properties.get("result", ""))
        if result is None:
            raise Refused("the command has no valid result")
        self.result = merged(self.result, result)
        self.report.percent = 100
        self.done = self.done or command.flag("done")
        self.note = self._job.masker.mask(command.data) or self.note

    def _log_issue(self, command: Command) -> None:
        kind = command.properties.get("type", "")
        if not kind:
            self.report.add_issue(Issue("warning", "an issue was logged without its type"))
            return
        if kind.lower() not in KINDS:
            raise Refused(f"{kind} is no type of issue")
        self.report.add_issue(Issue(kind.lower(), command.data, command.properties))

    def _set_progress(self, command: Command) -> None:
        value = command.properties.get("value", "")
        percent = int(value) if value.lstrip("+-").isdigit() else 0
        self.report.percent = max(self.report.percent, min(max(percent, 0), 100))
        text = self._job.masker.mask(command.data)
        self.note = text or self.note
        if self._run is not None:
            self._run.progress(self.report.percent, text)

    def _debug(self, command: Command) -> None:
        if self._job.variables.is_true("System.Debug"):
            self.report.show(f"##[debug]{command.data}")

    def _add_tag(self, command: Command) -> None:
        if not command.data:
            raise Refused("the command names no tag")
        self.report.tags.append(command.data)

    def _update_number(self, command: Command) -> None:
        if not command.data.strip():
            self.report.add_issue(Issue("error", "the command names no number"))
            return
        if self._run is None:
            self._note_no_effect(command)
            return
        self._job.variables.set(Variable("Build.BuildNumber", command.data, read_only=True))
        self._run.number(command.data)

    def _publish_tests(self, command: Command) -> None:
        inputs = _inputs(command.properties, _TESTS)
        if command.data and "testResultsFiles" not in inputs:
            inputs["testResultsFiles"] = command.data
        inputs["testResultsFiles"] = inputs.get("testResultsFiles", "").replace(",", "\n")
        self._publish("PublishTestResults@2", inputs, command)

    def _publish_coverage(self, command: Command) -> None:
        inputs = _inputs(command.properties, _COVERAGE)
        self._publish("PublishCodeCoverageResults@2", inputs, command)

    def _publish(self, reference: str, inputs: Mapping[str, str], command: Command) -> None:
        if self._run is None:
            self._note_no_effect(command)
        else:
            self._run.publish(reference, inputs)


def _inputs(properties: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    return {names[name]: value for name, value in properties.items() if name in names}
