"""Cancelling runs: all calls first, then as long a wait as an agent allows, then the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modelyard.context import Context
from modelyard.databricks.jobs import runs
from modelyard.errors import ModelyardError, NotFound, UnknownState, WaitTimeout
from modelyard.http import Session
from modelyard.operations.runs.run_records import Record
from modelyard.waiting import Observation, Pace, wait

BUDGET = 4.5
"""Seconds. Both systems kill 7.5 s after SIGINT; the last call may take some more."""
STEP = 0.3
KEY = "runs"
RELEASE = 120.0
"""Seconds that the release step waits for the end of what it cancels."""


def cancel_all(session: Session, context: Context, records: Sequence[Record]) -> None:
    """Cancel and wait a little. What goes wrong is shown, and left to the release step.

    :param session: a hurried one.
    """
    if not records:
        return
    clock = context.clock
    end = clock.monotonic() + BUDGET
    names = ", ".join(f"run {record.run_id}" for record in records)
    context.log.info("cancelling: %s (%.0f s)", names, BUDGET)
    refused = _ask(session, records, end, "no time was left")
    while any(record.active for record in records):
        clock.sleep(STEP)
        if clock.monotonic() >= end:
            break
        refused = _ask(session, [r for r in records if r.run_id in refused], end, refused)
        for record in records:
            if record.active and record.run_id not in refused and clock.monotonic() < end:
                _look(session, context, record)
    for record in records:
        asked = record.active and record.run_id not in refused
        state = f"cancel requested, {record.state}" if asked else record.state
        context.log.info("  run %s: %s  %s", record.run_id, state, record.url)
        if record.run_id in refused and record.active:
            context.log.warning(
                "%s couldn't be cancelled: %s", record.title, refused[record.run_id]
            )
        if not record.active:
            keep_unfinished(context, over=record.run_id)


def keep_unfinished(context: Context, started: int = 0, *, over: int = 0) -> None:
    """Keep for the release step which runs were started and aren't known to be over."""
    ids = [one for one in context.kept.get(KEY, "").split(",") if one and one != str(over)]
    if started and str(started) not in ids:
        ids.append(str(started))
    if ids or context.kept.get(KEY):
        with context.shield():
            context.keep(KEY, ",".join(ids))


def release(session: Session, context: Context, state: Mapping[str, str]) -> None:
    """Stop what a step started and left running. Done twice it finds nothing left to do."""
    ids = [int(one) for one in state.get(KEY, "").split(",") if one.isdecimal()]
    active = [run_id for run_id in ids if _is_active(session, context, run_id)]
    if not active:
        context.log.info("no run of this step is known to be active")
    else:
        for run_id in active:
            runs.cancel(session, run_id)
        until_over(session, active, timeout=RELEASE)
        names = ", ".join(f"run {run_id}" for run_id in active)
        context.log.info("found %d active runs of this step, stopped them: %s", len(active), names)
    context.let_go(KEY)


def until_over(session: Session, run_ids: Sequence[int], *, timeout: float) -> dict[int, str]:
    """Wait for the end of runs that were asked to end; returns each one's state.

    :raises WaitTimeout: naming those that go on.
    """
    states: dict[int, str] = {}

    def probe() -> Observation[dict[int, str]]:
        going = []
        for run_id in run_ids:
            if run_id in states:
                continue
            state = runs.get(session, run_id).state
            if state.ended:
                states[run_id] = state.shown
            else:
                going.append(f"run {run_id} {state.shown}")
        shown = ", ".join(going) or ", ".join(f"run {k} {v}" for k, v in states.items())
        return Observation(shown, not going, states)

    try:
        return wait(
            "runs:" if len(run_ids) > 1 else "state:",
            probe,
            clock=session.clock,
            timeout=timeout,
            pace=Pace(first=0.5, most=5.0),
        )
    except WaitTimeout as error:
        raise WaitTimeout(
            error.what,
            cause="the service was asked to cancel and hasn't done so yet",
            fix="look at the run's page, or terminate the cluster",
        ) from None


def _ask(
    session: Session, records: Sequence[Record], end: float, before: str | Mapping[int, str]
) -> dict[int, str]:
    """Send the calls; returns why for each run that couldn't be cancelled.

    :param before: why, for one that no time is left for.
    """
    refused: dict[int, str] = {}
    for record in records:
        record.cancelled_by_us = True
        if session.clock.monotonic() >= end:
            why = before if isinstance(before, str) else before[record.run_id]
            refused[record.run_id] = why
        else:
            refused.update(_cancel(session, record))
    return refused


def _cancel(session: Session, record: Record) -> dict[int, str]:
    try:
        runs.cancel(session, record.run_id)
    except ModelyardError as error:
        return {record.run_id: error.what}
    return {}


def _look(session: Session, context: Context, record: Record) -> None:
    try:
        record.run = runs.get(session, record.run_id)
        record.url = record.url or record.run.url
    except ModelyardError as error:
        context.log.debug("%s: %s", record.title, error.what)


def _is_active(session: Session, context: Context, run_id: int) -> bool:
    try:
        return not runs.get(session, run_id).state.ended
    except NotFound:
        context.log.info("run %s doesn't exist any more", run_id)
    except UnknownState as error:
        runs.cancel(session, run_id)  # harmless to one that is over
        context.log.warning("%s: cancel requested, its end can't be waited for", error.what)
    return False
