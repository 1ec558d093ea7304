"""One record for each run that a step starts, and the forms in which the step hands them on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelyard.databricks.jobs.run_output import Output, plain_metrics
from modelyard.databricks.jobs.run_states import Meaning
from modelyard.databricks.jobs.runs import Run
from modelyard.databricks.jobs.sweep import shown, varying
from modelyard.output_limit import LONGEST, size
from modelyard.reading import to_text


@dataclass
class Record:
    """One run: what was asked for, and what is known of it so far."""

    number: int
    """From 1, in the order asked for."""
    parameters: Mapping[str, str]
    label: str = ""
    """What tells it from the others: ``alpha 0.5``."""
    token: str = ""
    """Idempotency token of its submit."""
    submitted: bool = False
    """A submit was sent. While there is no id, nobody knows whether it had its effect."""
    run_id: int = 0
    url: str = ""
    since: float = 0.0
    """Monotonic time of the submit."""
    run: Run | None = None
    cancelled_by_us: bool = False
    """Because another run failed, or the step was cancelled or timed out."""
    output: Output = field(default_factory=Output)
    mlflow_run_id: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """``run 841 (alpha 0.5)``."""
        what = f"run {self.run_id}" if self.run_id else f"run number {self.number}"
        return f"{what} ({self.label})" if self.label else what

    @property
    def active(self) -> bool:
        """Started and not over, as far as is known."""
        return bool(self.run_id) and (self.run is None or not self.run.state.ended)

    @property
    def state(self) -> str:
        """One word: NOT STARTED, RUNNING, SUCCESS, CANCELED."""
        if self.run is not None:
            return self.run.state.shown
        return "SUBMITTED" if self.run_id else "NOT STARTED"

    def succeeded(self, *, allow_partial: bool = False) -> bool:
        """Whether it ended as it should."""
        if self.run is None:
            return False
        good = (Meaning.SUCCESS, Meaning.PARTIAL) if allow_partial else (Meaning.SUCCESS,)
        return self.run.state.meaning in good

    def as_json(self, *, most: int | None = None) -> dict[str, Any]:
        """What the output ``runs`` and the artifact say of it.

        :param most: characters of the exit value; None for all.
        """
        state = self.run.state if self.run else None
        value = self.output.exit_value
        return {
            "run_id": self.run_id or None,
            "run_url": self.url or None,
            "parameters": dict(self.parameters),
            "life_cycle_state": state.life_cycle if state else "NOT STARTED",
            "result_state": state.result or None if state else None,
            "termination_code": state.code or None if state and state.ended else None,
            "succeeded": self.succeeded(),
            "duration_seconds": round(self.run.duration, 3) if self.run else None,
            "exit_value": value if value is None or most is None else _start(value, most),
            "mlflow_run_id": self.mlflow_run_id or None,
            "metrics": plain_metrics(self.metrics),
            "error": self.output.error or None,
        }


def labels(sets: Sequence[Mapping[str, str]], without: str = "") -> tuple[str, ...]:
    """A label for each set of parameters.

    :param without: a parameter that tells a reader nothing.
    """
    sets = [{name: value for name, value in one.items() if name != without} for one in sets]
    return tuple(shown(one) if one else "" for one in varying(sets))


def as_output(records: Sequence[Record]) -> list[dict[str, Any]]:
    """The runs for an output: with exit values cut, where that makes it short enough for one."""
    whole = [record.as_json() for record in records]
    found, most = whole, LONGEST
    while size(to_text(found)) > LONGEST:
        if not most:
            return whole  # too long in any case
        most //= 2
        found = [record.as_json(most=most) for record in records]
    return found


def _start(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + "…"
