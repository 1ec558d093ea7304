"""Pipelines of the present Azure ML (v2): a pipeline job in YAML, over REST."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from modelyard.azureml import jobs, workspaces
from modelyard.azureml.connection import Place
from modelyard.azureml.jobs import History, Job, checks, definition, submission
from modelyard.azureml.jobs.definition import Pipeline
from modelyard.azureml.workspaces import AzureMLWorkspace
from modelyard.context import Context
from modelyard.http import Session
from modelyard.names import plural
from modelyard.operations.inputs import times
from modelyard.operations.inputs.azureml_inputs import connect, connect_region, place_of
from modelyard.operations.inputs.tags import job_tags
from modelyard.operations.pipelines import downloading, job_watch
from modelyard.operations.pipelines.job_watch import Watch
from modelyard.operations.pipelines.pipeline_inputs import (
    VALIDATE,
    PipelineInputs,
    PipelineOutputs,
)
from modelyard.parameters import read_parameters

KEY = "job"


def run(inputs: PipelineInputs, context: Context) -> PipelineOutputs:
    """Validate or submit."""
    overrides = read_parameters("parameters", inputs.parameters)
    pipeline = definition.read(Path(inputs.definition), overrides)
    checks.check(pipeline)
    if inputs.download_output and inputs.download_to:
        downloading.check_output(pipeline, inputs.download_output, Path(inputs.download_to))
    tags = job_tags(inputs.tags, context)
    place = place_of(inputs, context)
    only_look = inputs.action == VALIDATE or inputs.dry_run
    session = connect(inputs, context, read_only=only_look)
    workspace = workspaces.require(session, place)
    submission.look_up(session, place, pipeline)
    steps = ", ".join(step.name for step in pipeline.steps)
    count = plural(len(pipeline.steps), "step")
    context.log.info("%s is valid: %s (%s)", inputs.definition, count, steps)
    given = inputs.experiment_name or pipeline.body.get("experiment_name")
    experiment = str(given or place.workspace)
    context.publish(experiment_name=experiment)
    if only_look:
        return PipelineOutputs()
    name = _name(pipeline, overrides, context)
    job = _started(session, place, pipeline, name, experiment, tags, context)
    context.log.info("pipeline %s: %s  %s", job.name, job.state.name, job.url)
    if not inputs.wait:
        context.let_go(KEY)  # it goes on without this step
        return PipelineOutputs(status=job.state.name)
    api = connect_region(inputs, context, workspace, read_only=True)
    watch = Watch(session, History(api, place), place, name, context)
    ended = job_watch.to_the_end(watch, KEY, times.time_out(inputs.timeout_minutes))
    if not (inputs.download_output and inputs.download_to):
        return ended
    target = Path(inputs.download_to)
    downloading.download(session, api, place, name, inputs.download_output, target)
    return dataclasses.replace(ended, output_path=inputs.download_to)


def release(inputs: PipelineInputs, context: Context, state: dict[str, str]) -> None:
    """Stop what a step started and left running. Done twice it finds nothing left to do."""
    name = state.get(KEY, "")
    if not name:
        context.log.info("no pipeline of this step is known to be active")
        return
    session, place = connect(inputs, context, read_only=False), place_of(inputs, context)
    workspace = workspaces.require(session, place)
    history = _history(inputs, context, workspace, place)
    job_watch.release(Watch(session, history, place, name, context), KEY)


def _started(
    session: Session,
    place: Place,
    pipeline: Pipeline,
    name: str,
    experiment: str,
    tags: dict[str, str],
    context: Context,
) -> Job:
    """The job of this name: a lost answer or an agent that died leaves one that is found again."""
    job = jobs.find(session, place, name)
    if job is not None:
        context.log.info("pipeline %s was submitted before by this attempt", name)
        return _published(job, context)
    properties = submission.body(session, place, pipeline, experiment=experiment, tags=tags)
    with context.shield():
        context.keep(KEY, name)
        return _published(jobs.start(session, place, name, properties), context)


def _published(job: Job, context: Context) -> Job:
    context.publish(
        run_id=job.name,
        run_url=job.url,
        status=job.state.name,
    )
    return job


def _history(
    inputs: PipelineInputs, context: Context, workspace: AzureMLWorkspace, place: Place
) -> History:
    return History(connect_region(inputs, context, workspace, read_only=True), place)


def _name(pipeline: Pipeline, overrides: dict[str, str], context: Context) -> str:
    """The same for the same attempt of this step, and only for that."""
    stem = re.sub(r"[^a-z0-9]+", "-", pipeline.path.stem.lower()).strip("-")[:30] or "pipeline"
    token = context.idempotency_token(str(pipeline.path), overrides)
    return f"{stem}-{token[:32]}"
