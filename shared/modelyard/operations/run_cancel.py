"""run-cancel: stop runs by their ids, those of a job, or those that another step started."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from modelyard.context import Context
from modelyard.databricks.jobs import jobs, runs
from modelyard.errors import InputError, NotFound
from modelyard.http import Session
from modelyard.operation import Operation, Structure, given, result
from modelyard.operations.inputs import times
from modelyard.operations.inputs.workspace_inputs import WorkspaceInputs, connect
from modelyard.operations.runs.run_cancelling import until_over


@dataclass(frozen=True, kw_only=True)
class Inputs(WorkspaceInputs):
    run_ids: tuple[str, ...] = given(
        "Ids of the runs, one a line or a JSON list, such as the output run-ids of job-run.",
        default=(),
    )
    runs: Structure | None = given(
        "The output runs of job-run or notebook-run, or the file of their artifact.",
        default=None,
        file=True,
    )
    job: str | None = given(
        "Exact name or id of a job: all its active runs are cancelled.", default=None
    )
    timeout_minutes: float = given("Minutes within which the runs have to be over.", default=10.0)


@dataclass(frozen=True)
class Outputs:
    cancelled: list[int] | None = result(
        "Ids of the runs that were cancelled, as JSON; set when all are over."
    )
    left_alone: list[int] | None = result(
        "Ids of the runs that were over already, as JSON; set when all are over."
    )
    states: dict[str, str] | None = result(
        "State of each run by its id, as JSON; set when all are over. A run may have "
        "succeeded in the last moment."
    )
    error: str | None = result("What went wrong; set when the step failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    wanted = [*_numbers(inputs.run_ids, "run-ids"), *_from_runs(inputs.runs)]
    if not wanted and inputs.runs is None and not inputs.job and not inputs.run_ids:
        raise InputError("no run is named", fix="give run-ids, runs or job")
    timeout = times.time_out(inputs.timeout_minutes)
    session = connect(inputs, context)
    if inputs.job:
        job = jobs.named(session, inputs.job)
        wanted += runs.active(session, job.id)
    active, over = _sorted_out(session, context, list(dict.fromkeys(wanted)))
    if session.read_only:
        for run_id in active:
            context.log.info("would cancel run %s", run_id)
        return Outputs(cancelled=[], left_alone=list(over), states=over_text(over))
    for run_id in active:
        runs.cancel(session, run_id)
        context.log.info("run %s: cancel requested", run_id)
    context.publish(cancelled=active, left_alone=list(over))
    states = until_over(session, active, timeout=timeout) if active else {}
    context.log.info("%d cancelled, %d left alone", len(active), len(over))
    return Outputs(cancelled=active, left_alone=list(over), states=over_text({**over, **states}))


def over_text(states: dict[int, str]) -> dict[str, str]:
    """States by id as JSON wants them."""
    return {str(run_id): state for run_id, state in states.items()}


def _sorted_out(
    session: Session, context: Context, run_ids: Iterable[int]
) -> tuple[list[int], dict[int, str]]:
    """Those that are active, and the states of those that are over."""
    active: list[int] = []
    over: dict[int, str] = {}
    missing: list[int] = []
    for run_id in run_ids:
        try:
            state = runs.get(session, run_id).state
        except NotFound:
            missing.append(run_id)
            continue
        if state.ended:
            over[run_id] = state.shown
            context.log.info("run %s: %s already, left alone", run_id, state.shown)
        else:
            active.append(run_id)
    if missing:
        raise NotFound(
            f"these runs don't exist in {session.base}: {', '.join(map(str, missing))}",
            cause="an id is wrong, or the run is older than the 60 days that runs are kept",
            fix="check the ids, such as the output run-ids of job-run",
        )
    return active, over


def _numbers(texts: Iterable[str], name: str) -> list[int]:
    numbers = []
    for text in texts:
        if not text.isdecimal():
            raise InputError(f"{name} has {text!r}, which isn't the id of a run")
        numbers.append(int(text))
    return numbers


def _from_runs(value: Any) -> list[int]:
    """Ids from the JSON of job-run. Runs that were never started have none."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise InputError("runs isn't a list of runs as job-run writes it")
    return _numbers((str(one["run_id"]) for one in value if one.get("run_id")), "runs")


OPERATION = Operation(
    name="run-cancel",
    title="Cancel runs and wait until they are over",
    description="Cancels the runs with the given ids, those of another step's output, or all "
    "active runs of a job, and waits for their end. Runs that are over are left alone. Use it in "
    "a step that always runs, to be sure that nothing goes on.",
    group="Databricks",
    task_id="7ec2b95a-88aa-4c9c-8f8e-13cea59fca6f",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    example="run-ids: ${{ steps.job-run.outputs.run-ids }}",
)
