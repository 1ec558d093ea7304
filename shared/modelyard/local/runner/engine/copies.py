"""The copies that a job's strategy makes of it: legs of a matrix, or equal ones.

Source: learn.microsoft.com, ``yaml-schema/jobs-job-strategy`` and ``process/phases``
("Parallel jobs", "Slicing").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelyard.local.runner.expressions import ExpressionError, to_text
from modelyard.local.runner.pipeline.plan import Job, Matrix, Number, Parallel, Step

MOST_LEGS = 256


class BadStrategy(Exception):
    """A strategy gives no copies of the job."""


@dataclass(frozen=True)
class Copy:
    """A job of its own, as an agent gets it."""

    name: str
    """``System.JobName``, and how its outputs are told apart."""
    title: str
    steps: tuple[Step, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    """Those of the leg; they replace the job's."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Predefined variables that this copy has."""
    prefixes: tuple[str, ...] = ("",)
    """What stands before ``step.variable`` in the names of its outputs."""
    server: bool = False


@dataclass(frozen=True)
class Copies:
    """All copies of one job."""

    all: tuple[Copy, ...]
    at_once: int = 0
    """How many may run side by side; 0: all."""


def copies(
    job: Job, evaluate: Callable[[str], Any], whole_number: Callable[[Number], int]
) -> Copies:
    """The copies of a job that is no deployment.

    :param evaluate: the value of a runtime expression.
    :param whole_number: the value of a number that may be an expression or a macro.
    :raises BadStrategy: when it gives none, or too many.
    """
    match job.strategy:
        case Matrix(legs, most):
            found = _evaluated(legs, evaluate) if isinstance(legs, str) else legs
            if not found:
                return _one(job)
            if len(found) > MOST_LEGS:
                raise BadStrategy(f"a matrix has {MOST_LEGS} legs at most, not {len(found)}")
            numbered = enumerate(found.items(), 1)
            return Copies(
                tuple(
                    Copy(
                        name,
                        f"{job.title} {name}",
                        job.steps,
                        dict(values),
                        _position(number, len(found)),
                        (f"{name}.",),
                        job.server,
                    )
                    for number, (name, values) in numbered
                ),
                whole_number(most),
            )
        case Parallel(count, most):
            total = whole_number(count)
            if not 0 < total <= MOST_LEGS:
                raise BadStrategy(f"parallel is 1 to {MOST_LEGS}, not {total}")
            return Copies(
                tuple(
                    Copy(
                        f"{job.name}_{number}",
                        f"{job.title} {number}",
                        job.steps,
                        {},
                        _position(number, total),
                        (f"{job.name}_{number}.",),
                        job.server,
                    )
                    for number in range(1, total + 1)
                ),
                whole_number(most),
            )
    return _one(job)


def _one(job: Job) -> Copies:
    """Without a strategy. An empty matrix is none either: the service runs the job once, without
    the variables of a leg (MicrosoftDocs/azure-devops-docs, issue 5259)."""
    return Copies(
        (Copy(job.name, job.title, job.steps, {}, _position(1, 1), ("",), job.server),),
    )


def _position(number: int, total: int) -> dict[str, str]:
    return {"System.JobPositionInPhase": str(number), "System.TotalJobsInPhase": str(total)}


def _evaluated(expression: str, evaluate: Callable[[str], Any]) -> Mapping[str, Mapping[str, str]]:
    try:
        value = evaluate(expression)
        found = json.loads(value) if isinstance(value, str) else value
    except ExpressionError as error:
        raise BadStrategy(f"the matrix has no value: {error.message}") from error
    except ValueError:
        raise BadStrategy("the matrix is no JSON") from None
    if found is None:
        return {}
    if not isinstance(found, Mapping) or not all(
        isinstance(leg, Mapping) for leg in found.values()
    ):
        raise BadStrategy("the JSON of a matrix is an object of objects")
    return {
        str(name): {key: _text(value) for key, value in leg.items()} for name, leg in found.items()
    }


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, (dict, list)) else to_text(value)
