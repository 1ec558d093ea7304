"""What has come of jobs and stages, as later ones see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from modelyard.local.runner.job import Result

GOOD = (Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES)


@dataclass(frozen=True)
class Output:
    """The value of an output variable."""

    value: str
    secret: bool = False


@dataclass(frozen=True)
class JobOutcome:
    """One job, all its copies together."""

    result: Result
    outputs: Mapping[str, Output] = field(default_factory=dict)
    """By ``step.variable``, or ``leg.step.variable``."""


@dataclass(frozen=True)
class StageOutcome:
    """One stage."""

    result: Result
    jobs: Mapping[str, JobOutcome] = field(default_factory=dict)
    """By name."""

    @property
    def outputs(self) -> dict[str, Output]:
        """By ``job.step.variable``."""
        return {
            f"{name}.{key}": output
            for name, job in self.jobs.items()
            for key, output in job.outputs.items()
        }


def together(results: Iterable[Result]) -> Result:
    """The result of something whose parts ended so. Parts that were skipped don't count, unless
    all were."""
    found = list(results)
    for result in (Result.FAILED, Result.CANCELED, Result.SUCCEEDED_WITH_ISSUES):
        if result in found:
            return result
    return Result.SKIPPED if found and Result.SUCCEEDED not in found else Result.SUCCEEDED


def forgiven(result: Result, continue_on_error: bool) -> Result:
    """``continueOnError``: a failure is an issue only (the agent's ``StepsRunner.cs``)."""
    if result is Result.FAILED and continue_on_error:
        return Result.SUCCEEDED_WITH_ISSUES
    return result
