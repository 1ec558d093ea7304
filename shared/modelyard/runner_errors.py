"""What the local runner ends with, each with an identifier and an exit code of its own.

What goes wrong in a step is no such error: the step fails, its log says why, and the run goes on as
the pipeline has it. Declared here, outside of ``local``, because the troubleshooting page and the
exit codes are for all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from modelyard.errors import ModelyardError


class ReportError(ModelyardError):
    """A folder holds no run of the local runner that can be shown."""

    identifier = "MY050"
    exit_code = 50


class TaskError(ModelyardError):
    """A task's folder, or how a step of a pipeline uses a task, can't be understood."""

    identifier = "MY051"
    exit_code = 51


class PipelineError(ModelyardError):
    """A pipeline is wrong, or needs what can't be had on this machine: nothing of it was run.

    :ivar problems: all that is wrong (``local.runner.pipeline.Problem``), by file and place.
    """

    identifier = "MY052"
    exit_code = 52

    problems: tuple[Any, ...] = ()

    @classmethod
    def of(cls, problems: Iterable[Any]) -> PipelineError:
        """The error that says all of them."""
        found = tuple(sorted(set(problems)))
        end = f"{len(found)} problem{'' if len(found) == 1 else 's'}: nothing was run"
        made = cls("\n".join([*map(str, found), end]))
        made.problems = found
        return made


class ResultsError(ModelyardError):
    """The folder for a run's results can't be made or written."""

    identifier = "MY053"
    exit_code = 53
    fix = "name another folder with --output"


class LocalCloudError(ModelyardError):
    """The local cloud isn't there, can't be started, or doesn't answer."""

    identifier = "MY054"
    exit_code = 54
    cause = "none was started, it was stopped, or another program has its port"
    fix = "run modelyard local status, or run the pipeline without it: --cloud none"


class GroupError(ModelyardError):
    """A variable group that is linked to a key vault has no values: the vault can't be read."""

    identifier = "MY055"
    exit_code = 55
    cause = "a secret that the group names is missing in the vault, or is disabled or expired"
    fix = "put the secrets that the message names into the vault, or take them out of the group"
