"""job-run: the runs of a job, one or a sweep, watched to the end; the best of them by a metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.context import Context
from modelyard.databricks.files import remote_paths
from modelyard.databricks.jobs import runs, sweep
from modelyard.databricks.jobs.job_settings import NotebookJob
from modelyard.databricks.jobs.jobs import Job
from modelyard.databricks.mlflow import mlflow_runs
from modelyard.errors import InputError
from modelyard.http import Session
from modelyard.operation import Operation, Structure, given, result
from modelyard.operations.inputs import times
from modelyard.operations.inputs.workspace_inputs import connect
from modelyard.operations.runs import job_plan, run_cancelling, task_inputs
from modelyard.operations.runs.run_finishing import Finish, finish
from modelyard.operations.runs.run_records import Record, labels
from modelyard.operations.runs.run_watch import Policy, watch
from modelyard.operations.runs.task_inputs import TaskInputs
from modelyard.parameters import read_parameters
from modelyard.selection import DIRECTIONS, criterion

_JOB = "Job"
_SWEEP = "Parameters"
_CHOICE = "Best run"


@dataclass(frozen=True, kw_only=True)
class Inputs(TaskInputs):
    job: str = given("Exact name of the job, or its id.", group=_JOB)
    notebook: str | None = given(
        "Path of a notebook in the workspace. With it the job is created, or updated where it "
        "differs; without it an existing job is run as it is.",
        default=None,
        group=_JOB,
    )
    base_parameters: str | None = given(
        "Parameters of the notebook and their defaults, which the job declares: lines of "
        "key=value, or a mapping as YAML or JSON, or a file with it.",
        default=None,
        multiline=True,
        group=_JOB,
    )
    run_timeout_minutes: float | None = given(
        "Time-out that the job gives each of its runs.", default=None, group=_JOB
    )
    max_concurrent_runs: int | None = given(
        "How many runs of the job may be active; further ones queue. A new job takes as many as "
        "are started here at once.",
        default=None,
        group=_JOB,
    )
    parameters: str | None = given(
        "Parameters of every run: lines of key=value, or a mapping as YAML or JSON, or a file "
        "with it.",
        default=None,
        multiline=True,
        group=_SWEEP,
    )
    sweep: Structure | None = given(
        "One run for each set of parameters: a list of mappings, or a mapping of lists for every "
        "combination, as YAML or JSON, or a file with it.",
        default=None,
        file=True,
        group=_SWEEP,
    )
    first_alone: bool = given(
        "Start the others only when the first run has succeeded.", default=False, group=_SWEEP
    )
    max_parallel: int | None = given(
        "Runs at a time. Left out, all are started at once.", default=None, group=_SWEEP
    )
    fail_fast: bool = given(
        "When a run fails, cancel the others and start no more.", default=True, group=_SWEEP
    )
    build_parameter: str | None = given(
        "Name of a parameter that gets the name of this build, so that the notebook can tag its "
        "MLflow run with it.",
        default=None,
        group=_SWEEP,
    )
    metric: str | None = given(
        "Metric that the best run is chosen by, among those of this step alone.",
        default=None,
        group=_CHOICE,
    )
    better: str | None = given(
        "Which values of the metric are better.", default=None, choices=DIRECTIONS, group=_CHOICE
    )
    threshold: float | None = given(
        "The best run has to be better than this, or the step fails.", default=None, group=_CHOICE
    )
    experiment: str | None = given(
        "MLflow experiment to find the runs' metrics in, by name or id, where the notebook's exit "
        "value names no MLflow run.",
        default=None,
        group=_CHOICE,
    )
    allow_partial_success: bool = given(
        "Take SUCCESS_WITH_FAILURES, where some tasks of a run failed, for a success.",
        default=False,
    )


@dataclass(frozen=True)
class Outputs:
    job_id: int | None = result("Id of the job; set before the first run is started.")
    run_id: int | None = result(
        "Id of the run that counts: the one that failed, or the best, or the last; set right "
        "after each submit."
    )
    run_url: str | None = result("Page of that run; set with it.")
    run_ids: list[int] | None = result("Ids of all runs, as JSON; set after each submit.")
    run_urls: list[str] | None = result("Their pages, as JSON; set after each submit.")
    result_state: str | None = result(
        "SUCCESS, FAILED, CANCELED and so on, of the run that counts; set always."
    )
    runs: list[dict[str, object]] | None = result(
        "Each run with its parameters, state, metrics and exit value, as JSON; set always."
    )
    exit_value: str | None = result(
        "What the notebook of the run that counts returned; set when it returned something."
    )
    best_run_id: int | None = result("Databricks run that won; set when metric is given.")
    best_mlflow_run_id: str | None = result("Its MLflow run; set when it is known.")
    best_metric: float | None = result("Its value of the metric; set when metric is given.")
    best_parameters: dict[str, str] | None = result("Its parameters, as JSON; set with it.")
    error: str | None = result("What went wrong; set when the step failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    by = criterion(inputs.metric, inputs.better, inputs.threshold)
    sets = _parameter_sets(inputs, context)
    asked = _asked_job(inputs)
    source = task_inputs.source(inputs)
    timeout = times.time_out(inputs.timeout_minutes)
    session = connect(inputs, context)
    if asked is None:
        job = job_plan.existing(session, inputs.job)
    else:
        together = min(len(sets), inputs.max_parallel or len(sets))
        at_creation = {"max_concurrent_runs": together}
        job = job_plan.as_asked(session, context, asked, at_creation=at_creation)
    _check_declared(inputs, sets, job, context)
    experiment = mlflow_runs.experiment_id(session, inputs.experiment) if inputs.experiment else ""
    if session.read_only:
        for one in sets:
            context.log.info("would start a run of %s: %s", job.name, sweep.shown(one))
        return Outputs(job_id=job.id or None)
    with context.shield():
        context.publish(job_id=job.id)
    names = labels(sets, without=inputs.build_parameter or "")
    records = [
        Record(number, one, label, context.idempotency_token(job.id, number, one))
        for number, (one, label) in enumerate(zip(sets, names, strict=True), 1)
    ]
    policy = Policy(
        timeout=timeout,
        first_alone=inputs.first_alone,
        most=inputs.max_parallel,
        fail_fast=inputs.fail_fast,
        allow_partial=inputs.allow_partial_success,
    )

    def launch(careful: Session, record: Record) -> int:
        return _launch(careful, job, record)

    end = Finish(
        name=job.name,
        by=by,
        source=source,
        experiment=experiment,
        file=inputs.runs_file,
        allow_partial=inputs.allow_partial_success,
    )
    with finish(session, context, records, end) as done:
        watch(session, context, records, launch, policy)
    return Outputs(**done.outputs)


def release(state: dict[str, str], inputs: Inputs, context: Context) -> None:
    run_cancelling.release(connect(inputs, context), context, state)


def _launch(session: Session, job: Job, record: Record) -> int:
    if job.job_parameters:
        return runs.run_now(session, job.id, token=record.token, job_parameters=record.parameters)
    return runs.run_now(session, job.id, token=record.token, notebook_params=record.parameters)


def _parameter_sets(inputs: Inputs, context: Context) -> list[dict[str, str]]:
    if inputs.max_parallel is not None and inputs.max_parallel < 1:
        raise InputError(f"max-parallel is {inputs.max_parallel}, and has to be at least 1")
    common = read_parameters("parameters", inputs.parameters)
    if inputs.build_parameter:
        common = {inputs.build_parameter: context.ci.identity().build, **common}
    varied = sweep.expand("sweep", inputs.sweep) if inputs.sweep is not None else ({},)
    return [{**common, **one} for one in varied]


def _asked_job(inputs: Inputs) -> NotebookJob | None:
    """What the inputs say the job shall be; None when it is run as it is."""
    compute, libraries = task_inputs.compute(inputs), task_inputs.libraries(inputs)
    job_plan.check_asked_alone(
        inputs.notebook,
        {
            "cluster-id or new-cluster": compute,
            "libraries": libraries,
            "base-parameters": inputs.base_parameters,
            "run-timeout-minutes": inputs.run_timeout_minutes,
            "max-concurrent-runs": inputs.max_concurrent_runs,
        },
    )
    if not inputs.notebook:
        return None
    declared = inputs.base_parameters
    return NotebookJob(
        name=inputs.job,
        notebook=remote_paths.checked("notebook", inputs.notebook),
        base_parameters=read_parameters("base-parameters", declared) if declared else None,
        compute=compute,
        libraries=libraries,
        timeout_seconds=times.seconds(inputs.run_timeout_minutes, "run-timeout-minutes"),
        max_concurrent_runs=inputs.max_concurrent_runs,
    )


def _check_declared(
    inputs: Inputs, sets: Sequence[dict[str, str]], job: Job, context: Context
) -> None:
    unchecked = sweep.check_declared(sets, job.declared, f"job {job.name}")
    if inputs.notebook:  # it has them as widgets, which aren't declared anywhere
        return
    if set(unchecked) - {inputs.build_parameter}:  # nobody asked for that one
        context.log.info(
            "job %s declares no parameters, so the names %s aren't checked",
            job.name,
            ", ".join(unchecked),
        )


OPERATION = Operation(
    name="job-run",
    title="Run a Databricks job, once or with several sets of parameters",
    description="Finds a job by its exact name or id, or creates or updates it to run a notebook; "
    "starts it once or for every set of a sweep; waits for all runs, and fails unless every one "
    "of them succeeded. Chooses the best run by a metric where one is named. When the step is "
    "cancelled or times out, its runs are cancelled.",
    group="Databricks",
    task_id="3c0e2f9a-6d44-4b1f-9c5e-7b8f4f3a2d10",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    release=release,
    attaches=True,
    example="job: wine-quality-train\n"
    "sweep: |\n  - { alpha: 0.5, l1_ratio: 0.5 }\n  - { alpha: 0.3, l1_ratio: 0.3 }\n"
    "metric: rmse\nbetter: lower\nthreshold: 0.8",
)
