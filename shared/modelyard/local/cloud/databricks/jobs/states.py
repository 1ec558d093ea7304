"""How a run may end, in one table, and its state in the two forms the API has.

Source: Databricks REST reference, "Jobs API", ``RunState`` (2.0) and ``RunStatus`` (2.1, 2.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TERMINAL = frozenset({"TERMINATED", "SKIPPED", "INTERNAL_ERROR"})
ACTIVE = frozenset({"QUEUED", "PENDING", "RUNNING", "TERMINATING", "BLOCKED", "WAITING_FOR_RETRY"})
V2_STATES = {
    **dict.fromkeys(TERMINAL, "TERMINATED"),
    **{state: state for state in ("QUEUED", "PENDING", "RUNNING", "TERMINATING", "BLOCKED")},
    "WAITING_FOR_RETRY": "WAITING",
}
CODE_TYPES = {
    "SUCCESS": "SUCCESS",
    "SUCCESS_WITH_FAILURES": "SUCCESS",
    "SKIPPED": "CLIENT_ERROR",
    "INTERNAL_ERROR": "INTERNAL_ERROR",
    "DRIVER_ERROR": "CLOUD_FAILURE",
    "CLOUD_FAILURE": "CLOUD_FAILURE",
}
"""The type of each termination code; CLIENT_ERROR for the others."""


@dataclass(frozen=True)
class Outcome:
    """The end of a run."""

    life_cycle_state: str
    result_state: str | None
    code: str
    """Termination code: RUN_EXECUTION_ERROR, USER_CANCELED, ..."""
    message: str = ""

    @property
    def succeeded(self) -> bool:
        return self.result_state in ("SUCCESS", "SUCCESS_WITH_FAILURES")


WORKLOAD_FAILED = "Workload failed, see run output for details"


def success() -> Outcome:
    return Outcome("TERMINATED", "SUCCESS", "SUCCESS")


def success_with_failures() -> Outcome:
    return Outcome("TERMINATED", "SUCCESS_WITH_FAILURES", "SUCCESS_WITH_FAILURES")


def failed() -> Outcome:
    """The code of the user raised."""
    return Outcome("TERMINATED", "FAILED", "RUN_EXECUTION_ERROR", WORKLOAD_FAILED)


def canceled() -> Outcome:
    return Outcome("TERMINATED", "CANCELED", "USER_CANCELED", "Run cancelled.")


def timed_out(seconds: int) -> Outcome:
    return Outcome("TERMINATED", "TIMEDOUT", "CANCELED", f"Run timed out after {seconds} seconds.")


def internal_error(code: str, message: str) -> Outcome:
    """What isn't the fault of the user's code: cluster, driver, library, missing notebook."""
    return Outcome("INTERNAL_ERROR", "FAILED", code, message)


def too_many_runs(limit: int) -> Outcome:
    message = (
        f"The job has reached its limit of {limit} concurrent runs. Raise max_concurrent_runs, "
        "or enable the queue of the job."
    )
    return Outcome(
        "SKIPPED", "MAXIMUM_CONCURRENT_RUNS_REACHED", "MAX_CONCURRENT_RUNS_EXCEEDED", message
    )


def excluded() -> Outcome:
    return Outcome("SKIPPED", "EXCLUDED", "SKIPPED", "The condition of the task was not met.")


def upstream_failed() -> Outcome:
    return Outcome(
        "SKIPPED", "UPSTREAM_FAILED", "SKIPPED", "An upstream task failed; this one was skipped."
    )


def upstream_canceled() -> Outcome:
    return Outcome(
        "SKIPPED", "UPSTREAM_CANCELED", "SKIPPED", "An upstream task was canceled; so is this one."
    )


def local_cloud_stopped() -> Outcome:
    return internal_error("CLOUD_FAILURE", "The local cloud was stopped while the run was active.")


def state_of(document: dict[str, Any]) -> dict[str, Any]:
    """``state`` of a run: ``{life_cycle_state, result_state, state_message, ...}``."""
    state = {
        "life_cycle_state": document["life_cycle_state"],
        "state_message": document.get("state_message", ""),
        "user_cancelled_or_timedout": document.get("result_state") in ("CANCELED", "TIMEDOUT"),
    }
    if document.get("result_state") is not None:
        state["result_state"] = document["result_state"]
    if document["life_cycle_state"] == "QUEUED":
        state["queue_reason"] = _queue_reason(document)
    return state


def status_of(document: dict[str, Any]) -> dict[str, Any]:
    """``status`` of a run: ``{state, termination_details | queue_details}``."""
    life_cycle = document["life_cycle_state"]
    status: dict[str, Any] = {"state": V2_STATES.get(life_cycle, life_cycle)}
    if life_cycle == "QUEUED":
        status["queue_details"] = {
            "code": "MAX_CONCURRENT_RUNS_REACHED",
            "message": _queue_reason(document),
        }
    if document.get("termination_code") is not None:
        code = document["termination_code"]
        status["termination_details"] = {
            "code": code,
            "type": CODE_TYPES.get(code, "CLIENT_ERROR"),
            "message": document.get("state_message", ""),
        }
    return status


def _queue_reason(document: dict[str, Any]) -> str:
    return str(document.get("state_message") or "Queued due to reaching maximum concurrent runs.")
