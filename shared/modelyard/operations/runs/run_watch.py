"""Starting runs and watching all of them in one loop; cancelling them when the step ends early.

Whatever makes the step stop (a signal, its time-out, a run that failed, an error of the service),
no run that it started is left running.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from modelyard import urgency
from modelyard.context import Context
from modelyard.databricks.jobs import runs
from modelyard.errors import ModelyardError, ServiceError, ServiceUnavailable, WaitTimeout
from modelyard.http import Session
from modelyard.operations.runs.run_cancelling import cancel_all, keep_unfinished
from modelyard.operations.runs.run_records import Record
from modelyard.waiting import Pace, duration

Launch = Callable[[Session, Record], int]
"""Submits the run of a record with its token, and returns the run's id."""
PACE = Pace(first=0.5, factor=1.4, most=10.0)
GRACE = 120.0
"""Seconds within which runs end that were cancelled because another one failed."""
EARLIER = 2.0
"""Seconds that a run must be older than its submit to count as one of an earlier try: clocks of two
machines differ a little."""


@dataclass(frozen=True)
class Policy:
    """How many at once, and what happens when one fails."""

    timeout: float
    """Seconds for all of them together."""
    first_alone: bool = False
    most: int | None = None
    """Runs at a time; None: all at once."""
    fail_fast: bool = True
    """When one fails the others are cancelled, and those not started yet never are."""
    allow_partial: bool = False


def watch(
    session: Session, context: Context, records: Sequence[Record], launch: Launch, policy: Policy
) -> None:
    """Start the runs and return when all that were started are over.

    Afterwards the records tell how they ended; a failed run is no exception here.

    :raises WaitTimeout, Cancelled, ModelyardError: after the runs were cancelled.
    """
    with _cancelling_what_is_left(session, context, records, launch):
        _Loop(session, context, records, launch, policy).go()


class _Loop:
    def __init__(
        self,
        session: Session,
        context: Context,
        records: Sequence[Record],
        launch: Launch,
        policy: Policy,
    ) -> None:
        self.session, self.context, self.launch = session, context, launch
        self.records, self.policy = records, policy
        self.waiting = list(records)
        self.stopped: float | None = None
        """When a failure stopped the others."""

    def go(self) -> None:
        clock = self.context.clock
        end = clock.monotonic() + self.policy.timeout
        pause = PACE.first
        while True:
            changed = self._start_what_may()
            active = [record for record in self.records if record.active]
            for record in active:
                changed |= observe(self.session, self.context, record)
            self._stop_after_failure()
            if not self.waiting and not any(record.active for record in self.records):
                return
            if self._given_up():
                return
            left = end - clock.monotonic()
            if left <= 0:
                raise self._timed_out()
            pause = PACE.first if changed else PACE.after(pause)
            clock.sleep(min(pause, left))

    def _start_what_may(self) -> bool:
        started = False
        while self.waiting and self._places():
            record = self.waiting.pop(0)
            submit(self.session, self.context, record, self.launch)
            publish_started(self.context, self.records)
            started = True
        return started

    def _places(self) -> bool:
        """Whether one more run may be active now."""
        active = sum(record.active for record in self.records)
        first = self.records[0]
        if self.policy.first_alone and (first.active or not first.run_id):
            return active == 0
        return self.policy.most is None or active < self.policy.most

    def _stop_after_failure(self) -> None:
        over = [record for record in self.records if record.run and record.run.state.ended]
        failed = [r for r in over if not r.succeeded(allow_partial=self.policy.allow_partial)]
        if not failed or self.stopped is not None or not self.policy.fail_fast:
            return
        self.stopped = self.context.clock.monotonic()
        self.waiting.clear()
        siblings = [record for record in self.records if record.active]
        if siblings:
            names = ", ".join(f"run {record.run_id}" for record in siblings)
            self.context.log.info("%s failed: cancelling %s", failed[0].title, names)
        for record in siblings:
            record.cancelled_by_us = True
            try:
                runs.cancel(self.session, record.run_id)
            except ModelyardError as error:  # the failed run is the news, not this
                self.context.log.warning("%s couldn't be cancelled: %s", record.title, error.what)

    def _given_up(self) -> bool:
        """Whether runs that a failure stopped take too long to end."""
        if self.stopped is None or self.context.clock.monotonic() < self.stopped + GRACE:
            return False
        for record in self.records:
            if record.active:
                self.context.log.warning(
                    "%s is still %s; the end of the job cancels it again",
                    record.title,
                    record.state,
                )
        return True

    def _timed_out(self) -> WaitTimeout:
        unfinished = [record for record in self.records if record.active]
        states = ", ".join(f"{record.title} {record.state}" for record in unfinished)
        return WaitTimeout(
            f"after {duration(self.policy.timeout)} {len(unfinished)} of {len(self.records)} "
            f"runs aren't over: {states or 'not started'}"
        )


def submit(session: Session, context: Context, record: Record, launch: Launch) -> None:
    """Submit one run. Its id is kept for the release step before any signal is raised."""
    record.since = context.clock.monotonic()
    before = context.clock.time()
    record.submitted = True
    try:
        with urgency.shielded(session, context.shield) as careful:
            record.run_id = launch(careful, record)
            keep_unfinished(context, record.run_id)
            context.publish(run_id=record.run_id)
    except ServiceError as error:
        # Refused in plain words: nothing was started. Otherwise nobody knows yet.
        record.submitted = isinstance(error, ServiceUnavailable)
        raise
    seen = runs.get(session, record.run_id)
    record.url = seen.url or runs.page_url(session, seen.id, seen.job_id)
    found = bool(seen.started) and seen.started < before - EARLIER
    if found:
        context.log.info("%s: found this run of the same attempt, %s", record.title, record.url)
    else:
        context.log.info("%s: started, %s", record.title, record.url)


def observe(session: Session, context: Context, record: Record) -> bool:
    """Look at a run; show a change of its state. Returns whether there was one.

    :raises UnknownState:
    """
    before = record.run.state if record.run else None
    record.run = runs.get(session, record.run_id)
    state = record.run.state
    if before is not None and (before.shown, before.code) == (state.shown, state.code):
        return False
    elapsed = duration(context.clock.monotonic() - record.since)
    code = f" ({state.code})" if state.code and state.code != state.shown else ""
    context.log.info("%s %s after %s%s", record.title, state.shown, elapsed, code)
    if state.ended:
        keep_unfinished(context, over=record.run_id)
    return True


def publish_started(context: Context, records: Sequence[Record]) -> None:
    """Ids and addresses of the runs, as far as they are started, where outputs take them."""
    started = [record for record in records if record.run_id]
    urls = [record.url for record in started if record.url]
    values = {
        "run_ids": [record.run_id for record in started],
        "run_urls": urls,
        "run_url": urls[-1] if urls else None,
    }
    with context.shield():  # a signal in the middle would leave half an output
        context.publish(**{name: v for name, v in values.items() if context.declares_output(name)})


@contextmanager
def _cancelling_what_is_left(
    session: Session, context: Context, records: Sequence[Record], launch: Launch
) -> Iterator[None]:
    try:
        yield
    except BaseException:
        hurried = urgency.hurried(session)
        for record in records:
            if record.submitted and not record.run_id:
                _find_out(hurried, context, record, launch)
        cancel_all(hurried, context, [record for record in records if record.active])
        raise


def _find_out(session: Session, context: Context, record: Record, launch: Launch) -> None:
    """The answer to a submit didn't come: the same token tells the run, to be cancelled."""
    try:
        record.run_id = launch(session, record)
        keep_unfinished(context, record.run_id)
    except ModelyardError as error:
        context.log.warning(
            "whether %s was started isn't known, and asking failed: %s", record.title, error.what
        )
