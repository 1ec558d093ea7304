"""The logging commands that set variables, secrets and the search path.

Source: the agent's ``TaskCommandExtension.cs`` and ``ExecutionContext.cs``.
"""

from __future__ import annotations

import fnmatch

from modelyard.local.runner import logging_commands
from modelyard.local.runner.job import Job
from modelyard.local.runner.logging_commands import Command
from modelyard.local.runner.step_report import Issue, StepReport
from modelyard.local.runner.task_definition import TaskDefinition
from modelyard.local.runner.variables import Variable, Variables, may_be_variable


class Refused(Exception):
    """The agent can't obey this command."""


class VariableCommands:
    """Those of one step."""

    def __init__(
        self,
        definition: TaskDefinition,
        name: str,
        job: Job,
        task_variables: Variables,
        report: StepReport,
    ) -> None:
        """
        :param name: of the step; its outputs are read by it.
        """
        self._definition, self._name, self._job, self._report = definition, name, job, report
        self.task_variables = task_variables
        self.outputs: dict[str, str] = {}

    def set_variable(self, command: Command) -> None:
        """``task.setvariable``: for the steps after it."""
        self._mask(command)
        name = required(command, "variable")
        _check_settable(self._job.variables, name, command.data)
        self._check_secret(command)
        if not self._may_set(name):
            return
        output = command.flag("isoutput")
        if output or name.lower() in self._definition.output_variables:
            if not self._name:
                raise Refused(f"the step has no name, so its output {name} could not be read")
            self.outputs[name] = command.data
            name = f"{self._name}.{name}"
        self._keep(self._job.variables, name, command, read_only=output)

    def set_task_variable(self, command: Command) -> None:
        """``task.settaskvariable``: for the task's own release step."""
        self._mask(command)
        name = required(command, "variable")
        _check_settable(self.task_variables, name, command.data)
        self._check_secret(command)
        self._keep(self.task_variables, name, command, read_only=False)

    def set_secret(self, command: Command) -> None:
        """``task.setsecret``."""
        self._job.masker.add(command.data)

    def prepend_path(self, command: Command) -> None:
        """``task.prependpath``."""
        if not self._may_set("PATH"):
            return
        if not command.data:
            raise Refused("the command names no folder")
        path = self._job.prepended_path
        path[:] = [*(one for one in path if one != command.data), command.data]

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

    def _mask(self, command: Command) -> None:
        """Before anything else: the log shows a command that is refused. The agent masks later,
        and shows the secret then."""
        if command.flag("issecret"):
            self._job.masker.add(logging_commands.escape(command.data))
            self._job.masker.add(command.data)

    def _check_secret(self, command: Command) -> None:
        allowed = self._job.variables.is_true("SYSTEM_UNSAFEALLOWMULTILINESECRET")
        if command.flag("issecret") and "\n" in command.data and not allowed:
            raise Refused("a secret must not have several lines")

    def _may_set(self, name: str) -> bool:
        allowed = self._definition.restrictions.settable_variables
        if allowed is None or any(
            fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in allowed
        ):
            return True
        self._report.add_issue(
            Issue("warning", f"the task's restrictions don't allow setting the variable {name}")
        )
        return False


def _check_settable(variables: Variables, name: str, value: str) -> None:
    """Nor can what is read-only be set again: the service has the agent refuse that since March
    2020, its issue 2865."""
    if not may_be_variable(name, value):
        raise Refused(f"no process can have the variable {name!r}: there is = or NUL in it")
    before = variables.find(name)
    if before is not None and before.read_only:
        raise Refused(f"the variable {name} is read-only: it can't be set again")


def required(command: Command, name: str) -> str:
    """A property that has to be there.

    :raises Refused: when it isn't.
    """
    value = command.properties.get(name, "")
    if not value:
        raise Refused(f"{command.name} lacks its property {name}")
    return value
