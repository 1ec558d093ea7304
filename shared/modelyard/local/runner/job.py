"""A job while it runs: what its steps share, and what they change for each other."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from modelyard.local.runner.predefined_variables import Build, Folders, predefined
from modelyard.local.runner.secret_masker import SecretMasker
from modelyard.local.runner.service_endpoints import Endpoint
from modelyard.local.runner.task_environment import JOB_STATUS
from modelyard.local.runner.variables import Variable, Variables

Log = Callable[[str], None]
"""Takes one line of the log, masked."""


class Result(IntEnum):
    """How a step or a job ended. Their order is that of ``TaskResult``."""

    SUCCEEDED = 0
    SUCCEEDED_WITH_ISSUES = 1
    FAILED = 2
    CANCELED = 3
    SKIPPED = 4
    ABANDONED = 5

    @property
    def text(self) -> str:
        """``SucceededWithIssues``."""
        return "".join(map(str.capitalize, self.name.split("_")))


def merged(current: Result | None, coming: Result) -> Result:
    """The worse of two; what was cancelled or skipped stays so (``TaskResultUtil.cs``)."""
    if current is None:
        return coming
    return current if current > Result.FAILED else max(current, coming)


@dataclass
class Job:
    """One job of a build."""

    variables: Variables
    masker: SecretMasker
    folders: Folders
    inherited: Mapping[str, str]
    """The environment of the agent itself."""
    endpoints: tuple[Endpoint, ...] = ()
    prepended_path: list[str] = field(default_factory=list)
    """The last is the first on PATH."""
    result: Result = Result.SUCCEEDED

    def set_result(self, result: Result) -> None:
        """A step has ended so; ``Agent.JobStatus`` follows."""
        if result not in (Result.SKIPPED, Result.ABANDONED):
            self.result = merged(self.result, result)
        self.variables.set(Variable(JOB_STATUS, self.result.text, read_only=True))


def start_job(
    folders: Folders,
    build: Build,
    *,
    agents: Iterable[Variable] = (),
    variables: Iterable[Variable] = (),
    endpoints: Iterable[Endpoint] = (),
    inherited: Mapping[str, str] | None = None,
    masker: SecretMasker | None = None,
) -> Job:
    """A job before its first step, its folders made.

    :param agents: the agent's own, beside and above those that every job has.
    :param variables: the pipeline's own. They can't replace the agent's.
    :param masker: one that other jobs share; else the job's own.
    """
    folders.create()
    masker = masker or SecretMasker()
    found = Variables([*predefined(folders, build), *agents])
    job = Job(
        variables=found.with_more(one for one in variables if found.find(one.name) is None),
        masker=masker,
        folders=folders,
        inherited=dict(os.environ if inherited is None else inherited),
        endpoints=tuple(endpoints),
    )
    for variable in job.variables:
        if variable.secret:
            masker.add_job_secret(variable.value)
    for endpoint in job.endpoints:
        for secret in endpoint.secrets:
            masker.add(secret)
    job.set_result(Result.SUCCEEDED)
    return job
