"""What every state of a run means: one table, and a verdict that a run can't talk itself out of.

A run is a success when every field that speaks of its end says so: ``state.result_state`` of the
older form, ``status.termination_details`` of the newer one, and the end of each task. A value
that the table doesn't have is an error with that value in it, never a success.

Source: docs.databricks.com/api/azure/workspace/jobs/getrun, fields ``state`` and ``status``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from modelyard.errors import UnknownState


class Meaning(Enum):
    """What a value says of the run."""

    ACTIVE = "goes on"
    ENDED = "is over; how is in another field"
    SUCCESS = "did what it should"
    NOT_NEEDED = "a task that was left out on purpose"
    PARTIAL = "succeeded, but something in it failed"
    CANCELED = "was cancelled"
    TIMED_OUT = "took longer than it may"
    FAILED = "failed"


LIFE_CYCLE = "life cycle state"
RESULT = "result state"
CODE = "termination code"
KIND = "termination type"

TABLE: Mapping[tuple[str, str], Meaning] = {
    (field, value): meaning
    for field, meaning, values in (
        (LIFE_CYCLE, Meaning.ACTIVE, "QUEUED PENDING BLOCKED WAITING_FOR_RETRY WAITING"),
        (LIFE_CYCLE, Meaning.ACTIVE, "RUNNING TERMINATING"),
        (LIFE_CYCLE, Meaning.ENDED, "TERMINATED"),
        (LIFE_CYCLE, Meaning.FAILED, "SKIPPED INTERNAL_ERROR"),
        (RESULT, Meaning.SUCCESS, "SUCCESS"),
        (RESULT, Meaning.PARTIAL, "SUCCESS_WITH_FAILURES"),
        (RESULT, Meaning.FAILED, "FAILED MAXIMUM_CONCURRENT_RUNS_REACHED UPSTREAM_FAILED"),
        (RESULT, Meaning.TIMED_OUT, "TIMEDOUT"),
        (RESULT, Meaning.CANCELED, "CANCELED UPSTREAM_CANCELED"),
        (RESULT, Meaning.NOT_NEEDED, "EXCLUDED DISABLED"),
        (CODE, Meaning.SUCCESS, "SUCCESS"),
        (CODE, Meaning.PARTIAL, "SUCCESS_WITH_FAILURES"),
        (CODE, Meaning.CANCELED, "USER_CANCELED CANCELED"),
        (CODE, Meaning.NOT_NEEDED, "SKIPPED DISABLED"),
        (CODE, Meaning.FAILED, "RUN_EXECUTION_ERROR INTERNAL_ERROR DRIVER_ERROR CLUSTER_ERROR"),
        (CODE, Meaning.FAILED, "REPOSITORY_CHECKOUT_FAILED INVALID_CLUSTER_REQUEST"),
        (CODE, Meaning.FAILED, "WORKSPACE_RUN_LIMIT_EXCEEDED FEATURE_DISABLED"),
        (CODE, Meaning.FAILED, "CLUSTER_REQUEST_LIMIT_EXCEEDED STORAGE_ACCESS_ERROR"),
        (CODE, Meaning.FAILED, "UNAUTHORIZED_ERROR LIBRARY_INSTALLATION_ERROR"),
        (CODE, Meaning.FAILED, "MAX_CONCURRENT_RUNS_EXCEEDED MAX_SPARK_CONTEXTS_EXCEEDED"),
        (CODE, Meaning.FAILED, "RESOURCE_NOT_FOUND INVALID_RUN_CONFIGURATION CLOUD_FAILURE"),
        (CODE, Meaning.FAILED, "MAX_JOB_QUEUE_SIZE_EXCEEDED BUDGET_POLICY_LIMIT_EXCEEDED"),
        (CODE, Meaning.FAILED, "BREAKING_CHANGE CLUSTER_TERMINATED_BY_USER"),
        (KIND, Meaning.SUCCESS, "SUCCESS"),
        (KIND, Meaning.FAILED, "INTERNAL_ERROR CLIENT_ERROR CLOUD_FAILURE"),
    )
    for value in values.split()
}
"""Every documented value. A run may show several of these fields at once."""

_GRAVITY = (
    Meaning.TIMED_OUT,
    Meaning.CANCELED,
    Meaning.FAILED,
    Meaning.PARTIAL,
    Meaning.NOT_NEEDED,
    Meaning.SUCCESS,
)
"""Where fields disagree the first of these counts: the most specific of the bad news."""


@dataclass(frozen=True)
class State:
    """The state of a run, or of one of its tasks."""

    life_cycle: str
    """As the service has it: RUNNING, TERMINATED."""
    meaning: Meaning
    result: str = ""
    """The result state, or the termination code where there is none; empty until the end."""
    code: str = ""
    """Termination code: RUN_EXECUTION_ERROR. Also, while it is queued, why."""
    message: str = ""
    """The service's words. They may quote what the notebook raised: untrusted."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.meaning is not Meaning.ACTIVE

    @property
    def shown(self) -> str:
        """One word for people: RUNNING, SUCCESS, CANCELED."""
        return (self.result or self.life_cycle) if self.ended else self.life_cycle


def read(run: Mapping[str, Any], what: str) -> State:
    """The state in an answer of ``jobs/runs/get`` or in one of its tasks; tasks aren't looked at.

    :param what: names the run in the error.
    :raises UnknownState: for a value that isn't in the table, and for an end without a result.
    """
    state, status = run.get("state") or {}, run.get("status") or {}
    details = status.get("termination_details") or {}
    life_cycle = str(state.get("life_cycle_state") or status.get("state") or "")
    message = str(state.get("state_message") or details.get("message") or "")
    if _meaning(LIFE_CYCLE, life_cycle, what) is Meaning.ACTIVE:
        queue = str((status.get("queue_details") or {}).get("code") or "")
        return State(life_cycle, Meaning.ACTIVE, code=queue, message=message)
    spoken = {
        LIFE_CYCLE: life_cycle,
        RESULT: str(state.get("result_state") or ""),
        CODE: str(details.get("code") or ""),
        KIND: str(details.get("type") or ""),
    }
    meanings = {
        field: _meaning(field, value, f"{what} ({message})" if message else what)
        for field, value in spoken.items()
        if value
    }
    meaning = _worst(meanings)
    if meaning is Meaning.ENDED:
        raise UnknownState(
            f"{what} is {life_cycle}, and the service doesn't say with which result",
            cause="the answer has neither result_state nor termination_details",
        )
    result = spoken[RESULT] or spoken[CODE] or spoken[KIND] or life_cycle
    return State(life_cycle, meaning, result, spoken[CODE], message)


def verdict(own: State, tasks: Sequence[State]) -> State:
    """The state of a run with its tasks: a run is no better than what it is made of.

    A failed task in a successful run makes it PARTIAL. A run that was itself left out (EXCLUDED,
    DISABLED, SKIPPED) did nothing, which is a failure.
    """
    meaning = own.meaning
    if meaning is Meaning.NOT_NEEDED:
        meaning = Meaning.FAILED
    fine = (Meaning.SUCCESS, Meaning.NOT_NEEDED)
    if meaning is Meaning.SUCCESS and any(task.meaning not in fine for task in tasks):
        meaning = Meaning.PARTIAL
    return State(own.life_cycle, meaning, own.result, own.code, own.message)


def _worst(meanings: Mapping[str, Meaning]) -> Meaning:
    result = meanings.get(RESULT, Meaning.ENDED)
    if result not in (Meaning.ENDED, Meaning.SUCCESS):
        # A canceled run may have the type CLIENT_ERROR, a timed-out one the code CANCELED.
        return result
    code = meanings.get(CODE, Meaning.ENDED)
    if result is Meaning.ENDED and code not in (Meaning.ENDED, Meaning.SUCCESS):
        return code
    return next((one for one in _GRAVITY if one in meanings.values()), Meaning.ENDED)


def _meaning(field: str, value: str, what: str) -> Meaning:
    try:
        return TABLE[field, value]
    except KeyError:
        raise UnknownState(
            f"{what} has the {field} {value!r}, which this version doesn't know"
            if value
            else f"{what} has no {field}"
        ) from None
