"""How traffic moves to a new deployment, as the inputs of model-deploy ask for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from modelyard.endpoints import rows, scoring
from modelyard.endpoints.rows import Rows
from modelyard.endpoints.watching import Watch
from modelyard.errors import InputError
from modelyard.operations.deployments.online_inputs import OnlineInputs
from modelyard.operations.deployments.plain_values import (
    check_count,
    check_latency,
    check_sendable,
)
from modelyard.operations.inputs import times

_NUMBER = re.compile(r"[0-9]{1,3}")
STEPS = ("10", "50")
"""Per cent, where the inputs say none."""


@dataclass(frozen=True)
class Expected:
    """What the smoke test asserts of the predictions."""

    count: int | None
    """How many; None: as many as there are rows."""
    kind: scoring.Kind

    def check(self, answer: scoring.Answer, sent: Rows) -> None:
        """:raises EndpointTestFailed: naming the first that is wrong."""
        count = sent.count if self.count is None else self.count
        scoring.check(answer, count=count, kind=self.kind)


@dataclass(frozen=True)
class Rollout:
    """How traffic moves to the new deployment."""

    steps: tuple[int, ...]
    watch: Watch
    rows: Rows | None
    expected: Expected
    timeout: float
    """Seconds for one change."""


def rollout_of(inputs: OnlineInputs) -> Rollout:
    """:raises InputError: for steps that don't rise, and for what can't be watched."""
    steps = tuple(_step(text) for text in inputs.traffic or STEPS)
    if list(steps) != sorted(set(steps)):
        raise InputError(
            f"traffic has the steps {', '.join(inputs.traffic)}, which don't rise",
            fix="give each once, from the smallest: 10, 50, 100",
        )
    if inputs.watch_requests < 1 or not 0 <= inputs.watch_seconds <= times.MOST_SECONDS:
        raise InputError(
            f"watch-requests is {inputs.watch_requests} and watch-seconds {inputs.watch_seconds:g}",
            fix=f"give at least 1 request, and 0 to {times.MOST_SECONDS} seconds",
        )
    check_count(inputs.expect_count)
    check_latency(inputs.max_latency_milliseconds)
    if not 0 <= inputs.max_error_percent <= 100:
        raise InputError(f"max-error-percent is {inputs.max_error_percent}", fix="give 0 to 100")
    watch = Watch(
        seconds=inputs.watch_seconds,
        requests=inputs.watch_requests,
        max_error_percent=inputs.max_error_percent,
        max_latency_milliseconds=inputs.max_latency_milliseconds,
    )
    check_sendable(inputs.rows, "rows")
    given_rows = None if inputs.rows is None else rows.read(inputs.rows)
    return Rollout(
        steps=tuple(step for step in steps if step < 100),
        watch=watch,
        rows=given_rows,
        expected=Expected(inputs.expect_count, scoring.kind_of(inputs.expect_type)),
        timeout=times.time_out(inputs.timeout_minutes),
    )


def _step(text: str) -> int:
    if not _NUMBER.fullmatch(text.strip()) or not 1 <= int(text) <= 100:
        raise InputError(
            f"traffic has {text[:20]!r}", fix="give whole numbers from 1 to 100, one a line"
        )
    return int(text)
