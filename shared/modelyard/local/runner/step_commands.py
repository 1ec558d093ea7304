"""What the logging commands of a step do to it and to its job.

Source: the agent's ``WorkerCommandManager.cs``, ``TaskCommandExtension.cs``,
``ArtifactCommandExtension.cs``, ``BuildCommandExtension.cs`` and ``ExecutionContext.cs``. As there,
a command of an area that nobody knows is a warning, and one that can't be obeyed fails the step.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from pathlib import Path

from modelyard.local.runner import logging_commands
from modelyard.local.runner.job import Job, Log, Result, merged
from modelyard.local.runner.logging_commands import Command
from modelyard.local.runner.step_report import KINDS, Issue, StepReport, Upload
from modelyard.local.runner.task_definition import TaskDefinition
from modelyard.local.runner.variables import Variable, Variables

_RESULTS = {result.text: result for result in Result}
_ALLOWED_WHEN_RESTRICTED = frozenset(
    f"task.{event}"
    for event in (
        "logdetail", "logissue", "issue", "complete", "setprogress", "setsecret", "setvariable",
        "debug", "settaskvariable", "prependpath",
    )
) | {"telemetry.publish"}  # fmt: skip
_AREAS = frozenset({"task", "artifact", "build", "results", "codecoverage", "telemetry"})
_WITHOUT_EFFECT = frozenset(
    {
        "task.logdetail", "artifact.associate", "build.uploadlog", "build.updatebuildnumber",
        "results.publish", "results.publishtoevidencestore", "codecoverage.publish",
        "telemetry.publish", "task.setendpoint",
    }
)  # fmt: skip
"""Those that a service would have to answer; the log says so."""


class _Refused(Exception):
    """The agent can't obey this command."""


class StepCommands:
    """The commands of one step, and what came of them."""

    def __init__(
        self, definition: TaskDefinition, name: str, job: Job, task_variables: Variables, log: Log
    ) -> None:
        self._definition = definition
        self._name = name
        self._job = job
        self.report = StepReport(job.masker, log)
        self._decode = job.variables.value("DECODE_PERCENTS", "true").strip().lower() != "false"
        self.task_variables = task_variables
        self.result: Result | None = None
        """What the task said of itself."""
        self.command_result: Result | None = None
        """Failed, where a command could not be obeyed."""
        self.outputs: dict[str, str] = {}
        self.done = False
        """The task asked not to be waited for (``task.complete done=true``)."""
        self._events: dict[str, Callable[[Command], None]] = {
            "task.setvariable": self._set_variable,
            "task.setsecret": self._set_secret,
            "task.settaskvariable": self._set_task_variable,
            "task.complete": self._complete,
            "task.logissue": self._log_issue,
            "task.issue": self._log_issue,
            "task.setprogress": self._set_progress,
            "task.prependpath": self._prepend_path,
            "task.debug": self._debug,
            "task.addattachment": self._add_attachment,
            "task.uploadsummary": self._upload_summary,
            "task.uploadfile": self._upload_file,
            "artifact.upload": self._upload_artifact,
            "build.uploadsummary": self._upload_summary,
            "build.addbuildtag": self._add_tag,
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
                self.report.show(f"##[debug]{command.name} has no effect on this machine")
        else:
            try:
                event(command)
            except _Refused as error:
                self._refuse(line, str(error))

    def _refuse(self, line: str, why: str) -> None:
        self.report.add_issue(Issue("error", f"the command {line!r} can't be obeyed"))
        self.report.add_issue(Issue("error", why))
        self.command_result = merged(self.command_result, Result.FAILED)

    def _set_variable(self, command: Command) -> None:
        name = _required(command, "variable")
        before = self._job.variables.find(name)
        if before is not None and before.read_only:
            self.report.add_issue(
                Issue("warning", f"the variable {name} is read-only, and overwritten")
            )
        secret = command.flag("issecret")
        if secret:
            self._check_secret(command)
            self._job.masker.add(logging_commands.escape(command.data))
            self._job.masker.add(command.data)
        if not self._may_set(name):
            return
        output = command.flag("isoutput")
        if output or name.lower() in self._definition.output_variables:
            if not self._name:
                raise _Refused(f"the step has no name, so its output {name} could not be read")
            self.outputs[name] = command.data
            name = f"{self._name}.{name}"
        self._keep(self._job.variables, name, command, read_only=output)

    def _set_task_variable(self, command: Command) -> None:
        if command.flag("issecret"):
            self._check_secret(command)
        self._keep(self.task_variables, _required(command, "variable"), command, read_only=False)

    def _keep(self, variables: Variables, name: str, command: Command, *, read_only: bool) -> None:
        kept = variables.set(
            Variable(
                name,
                command.data,
                secret=command.flag("issecret"),
                read_only=read_only or command.flag("isreadonly"),
                preserve_case=command.flag("preservecase"),
            )
        )
        if kept.secret:
            self._job.masker.add(kept.value)

    def _check_secret(self, command: Command) -> None:
        allowed = self._job.variables.is_true("SYSTEM_UNSAFEALLOWMULTILINESECRET")
        if "\n" in command.data and not allowed:
            raise _Refused("a secret must not have several lines")

    def _may_set(self, name: str) -> bool:
        allowed = self._definition.restrictions.settable_variables
        if allowed is None or any(
            fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in allowed
        ):
            return True
        self.report.add_issue(
            Issue("warning", f"the task's restrictions don't allow setting the variable {name}")
        )
        return False

    def _set_secret(self, command: Command) -> None:
        self._job.masker.add(command.data)

    def _complete(self, command: Command) -> None:
        result = _RESULTS.get(command.properties.get("result", ""))
        if result is None:
            raise _Refused("the command has no valid result")
        self.result = merged(self.result, result)
        self.report.percent = 100
        self.done = self.done or command.flag("done")

    def _log_issue(self, command: Command) -> None:
        kind = command.properties.get("type", "")
        if not kind:
            self.report.add_issue(Issue("warning", "an issue was logged without its type"))
            return
        if kind.lower() not in KINDS:
            raise _Refused(f"{kind} is no type of issue")
        self.report.add_issue(Issue(kind.lower(), command.data, command.properties))

    def _set_progress(self, command: Command) -> None:
        value = command.properties.get("value", "")
        percent = int(value) if value.lstrip("+-").isdigit() else 0
        self.report.percent = max(self.report.percent, min(max(percent, 0), 100))

    def _prepend_path(self, command: Command) -> None:
        if not self._may_set("PATH"):
            return
        if not command.data:
            raise _Refused("the command names no folder")
        path = self._job.prepended_path
        path[:] = [*(one for one in path if one != command.data), command.data]

    def _debug(self, command: Command) -> None:
        if self._job.variables.is_true("System.Debug"):
            self.report.show(f"##[debug]{command.data}")

    def _add_attachment(self, command: Command) -> None:
        self._upload(_required(command, "type"), _required(command, "name"), command.data)

    def _upload_summary(self, command: Command) -> None:
        self._upload("summary", Path(command.data).name, command.data)

    def _upload_file(self, command: Command) -> None:
        self._upload("file", Path(command.data).name, command.data)

    def _upload_artifact(self, command: Command) -> None:
        path = Path(command.data)
        name = _required(command, "artifactname")
        if not command.data or not path.exists():
            raise _Refused(f"the path {command.data} of the artifact {name} doesn't exist")
        self.report.uploads.append(Upload("artifact", name, path))

    def _add_tag(self, command: Command) -> None:
        if not command.data:
            raise _Refused("the command names no tag")
        self.report.tags.append(command.data)

    def _upload(self, kind: str, name: str, path: str) -> None:
        if not path or not Path(path).is_file():
            raise _Refused(f"the file {path} of the {kind} doesn't exist")
        self.report.uploads.append(Upload(kind, name, Path(path)))


def _required(command: Command, name: str) -> str:
    value = command.properties.get(name, "")
    if not value:
        raise _Refused(f"{command.name} lacks its property {name}")
    return value
