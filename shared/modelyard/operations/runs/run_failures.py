"""The report of a failed run: what raised, where, in which file, and what became of the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from modelyard.databricks.jobs import run_output
from modelyard.databricks.jobs.run_states import Meaning
from modelyard.databricks.jobs.runs import Run
from modelyard.databricks.notebooks import failing_line
from modelyard.databricks.notebooks.failing_line import FailingLine, SourceFolder
from modelyard.databricks.remote_text import one_line
from modelyard.errors import ModelyardError, RunCanceled, RunFailed, RunTimedOut
from modelyard.http import Session
from modelyard.operations.runs.run_records import Record
from modelyard.waiting import duration

RAISED = ("the notebook raised", "mend the notebook; its traceback is in the log above")
CAUSES = {
    "RUN_EXECUTION_ERROR": RAISED,
    "USER_CANCELED": ("somebody cancelled it, in the workspace or over the API", ""),
    "CANCELED": ("the service cancelled it, such as for running longer than it may", ""),
    "CLUSTER_ERROR": ("the cluster failed", "look at the cluster's event log"),
    "CLUSTER_TERMINATED_BY_USER": ("the cluster was terminated while the run needed it", ""),
    "DRIVER_ERROR": (
        "the driver stopped answering, often because its memory ran out",
        "take a larger driver, or less data at once",
    ),
    "LIBRARY_INSTALLATION_ERROR": (
        "a library couldn't be installed",
        "see the libraries tab of the cluster for pip's own words",
    ),
    "RESOURCE_NOT_FOUND": (
        "the notebook, the cluster or another thing it needs doesn't exist",
        "import the notebooks first, and check the path and the cluster's id",
    ),
    "INVALID_RUN_CONFIGURATION": ("the job's settings contradict each other", ""),
    "INVALID_CLUSTER_REQUEST": ("a cluster like this can't be made", "correct new-cluster"),
    "UNAUTHORIZED_ERROR": ("the job's owner lacks a right that the run needs", "grant it"),
    "MAX_CONCURRENT_RUNS_EXCEEDED": (
        "the job has as many active runs as it may",
        "raise max-concurrent-runs, or cancel the others with run-cancel",
    ),
    "WORKSPACE_RUN_LIMIT_EXCEEDED": ("the workspace has too many active runs", "try again later"),
}
"""Likely cause and fix by termination code."""
CLASSES: dict[Meaning, type[ModelyardError]] = {
    Meaning.CANCELED: RunCanceled,
    Meaning.TIMED_OUT: RunTimedOut,
}


def failure(
    session: Session,
    name: str,
    records: Sequence[Record],
    *,
    source: SourceFolder | None = None,
    allow_partial: bool = False,
) -> ModelyardError | None:
    """The error of the runs, or None when all ended as they should.

    It tells of the first run that failed by itself; runs that were cancelled because of that are
    counted.

    :param name: of the job or notebook.
    """
    bad = [one for one in records if one.run and not one.succeeded(allow_partial=allow_partial)]
    own = [one for one in bad if not one.cancelled_by_us] or bad
    if not own:
        return None
    return _report(session, name, own[0], own[1:], records, source)


def decisive(records: Sequence[Record]) -> Record:
    """The record whose id and state are the step's own: one that failed by itself, else the last
    that was started, else the first."""
    over = [one for one in records if one.run and one.run.state.ended]
    failed = [one for one in over if not one.succeeded() and not one.cancelled_by_us]
    cancelled = [one for one in over if not one.succeeded()]
    started = [one for one in records if one.run_id]
    return next(iter([*failed, *cancelled, *reversed(started), *records]))


def _report(
    session: Session,
    name: str,
    record: Record,
    more: Sequence[Record],
    records: Sequence[Record],
    source: SourceFolder | None,
) -> ModelyardError:
    run = record.run
    assert run is not None
    state = run.state
    code = f" ({state.code})" if state.code and state.code != state.shown else ""
    took = f" after {duration(run.duration)}" if run.duration else ""
    lines = [f"Run {run.id} of {name}: {state.shown}{took}{code}"]
    where = _where(session, record, run, source)
    if where is not None:
        lines.append(f"  {where.shown}")
        if where.code:
            lines.append(f"      {one_line(where.code)}")
    if record.label:
        lines.append(f"  parameters  {record.label}")
    words = one_line(record.output.error or state.message, 1000)
    if words:
        lines.append(f"  {words}")
    if record.url:
        lines.append(f"  run page  {record.url}")
    lines += _others(more, records)
    raised = bool(record.output.trace) and state.meaning is Meaning.FAILED
    cause, fix = CAUSES.get(state.code, RAISED if raised else ("", ""))
    error = CLASSES.get(state.meaning, RunFailed)("\n".join(lines), cause=cause, fix=fix)
    if where is not None and where.file:
        error.file, error.line = _from_here(where.file), where.file_line
    return error


def _where(
    session: Session, record: Record, run: Run, source: SourceFolder | None
) -> FailingLine | None:
    task = run_output.failed_task(run)
    if task is None or not task.notebook:
        return None
    if task.from_git:
        source = SourceFolder(".")  # the notebook is in a repository, most likely in this one
    return failing_line.locate(session, task.notebook, record.output.trace, source)


def _others(more: Sequence[Record], records: Sequence[Record]) -> list[str]:
    lines = [f"  also failed: {one.title} {one.state}" for one in more]
    cancelled = sum(one.cancelled_by_us for one in records)
    idle = sum(not one.run_id for one in records)
    parts = []
    if cancelled:
        parts.append(f"{cancelled} sibling run{'s were' if cancelled > 1 else ' was'} cancelled")
    if idle:
        parts.append(f"{idle} {'were' if idle > 1 else 'was'} never started")
    return [*lines, f"  {'; '.join(parts)}"] if parts else lines


def _from_here(file: str) -> str:
    """Relative to the working directory, which on an agent is the repository's root."""
    path = Path(file).resolve()
    here = Path.cwd().resolve()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else file
