"""The contexts of expressions that a run evaluates.

Source: learn.microsoft.com, ``process/expressions`` ("Dependencies": which shape the outputs have
where) and ``process/run-stages``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from modelyard.local.runner.engine.outcomes import JobOutcome, Output, StageOutcome


def of_jobs(
    variables: Mapping[str, str],
    jobs: Mapping[str, JobOutcome],
    stages: Mapping[str, StageOutcome],
    started: datetime,
    resources: Mapping[str, Any],
) -> dict[str, Any]:
    """Within a job: ``dependencies`` are jobs, ``stageDependencies`` jobs of stages.

    :param jobs: those of the same stage that it waits for, directly or not.
    :param stages: those that its stage waits for.
    """
    return {
        "variables": variables,
        "dependencies": {name: _outcome(one) for name, one in jobs.items()},
        **_common(stages, started, resources),
    }


def of_stages(
    variables: Mapping[str, str],
    stages: Mapping[str, StageOutcome],
    started: datetime,
    resources: Mapping[str, Any],
) -> dict[str, Any]:
    """In the condition of a stage: ``dependencies`` are stages."""
    return {
        "variables": variables,
        "dependencies": {name: _outcome(one) for name, one in stages.items()},
        **_common(stages, started, resources),
    }


def of_steps(variables: Mapping[str, str]) -> dict[str, Any]:
    """In the condition of a step: the agent knows variables alone (``ExpressionManager.cs``)."""
    return {"variables": variables}


def secrets(jobs: Iterable[JobOutcome], stages: Iterable[StageOutcome]) -> list[str]:
    """The values of secret outputs that such a context has."""
    outcomes = [*jobs, *(job for stage in stages for job in stage.jobs.values())]
    return [
        output.value
        for job in outcomes
        for output in job.outputs.values()
        if output.secret and output.value
    ]


def _common(
    stages: Mapping[str, StageOutcome], started: datetime, resources: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "stageDependencies": {
            name: {
                "result": stage.result.text,
                **{job: _outcome(one) for job, one in stage.jobs.items()},
            }
            for name, stage in stages.items()
        },
        "pipeline": {"startTime": started},
        "resources": resources,
    }


def _outcome(one: JobOutcome | StageOutcome) -> dict[str, Any]:
    outputs: Mapping[str, Output] = one.outputs
    return {
        "result": one.result.text,
        "outputs": {name: output.value for name, output in outputs.items()},
    }
