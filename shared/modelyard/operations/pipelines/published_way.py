"""Pipelines that SDK v1 has published: started by their id, over REST, and waited for."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.azureml import published, workspaces
from modelyard.azureml.connection import Place
from modelyard.azureml.jobs import History, Job
from modelyard.azureml.published import Published
from modelyard.context import Context
from modelyard.errors import InputError, NotFound
from modelyard.http import Session
from modelyard.operations.inputs.azureml_inputs import connect, connect_region, place_of
from modelyard.operations.inputs.tags import job_tags
from modelyard.operations.pipelines import job_watch
from modelyard.operations.pipelines.job_watch import Watch
from modelyard.operations.pipelines.pipeline_inputs import PipelineInputs, PipelineOutputs
from modelyard.parameters import read_parameters

KEY = "published-run"


@dataclass
class PublishedWatch(Watch):
    """A run of a published pipeline, which run history knows and Resource Manager doesn't."""

    experiment: str = ""

    def find(self) -> Job | None:
        history = History(self.session, self.place)
        try:
            return published.job_of(history, self.name, self.experiment)
        except NotFound:
            return None

    def cancel(self) -> None:
        published.cancel(self.session, self.place, self.name)


def run(inputs: PipelineInputs, context: Context) -> PipelineOutputs:
    """Start it and wait for its end."""
    if not inputs.pipeline_id:
        raise InputError(
            "no pipeline-id is given, which the action trigger needs",
            fix="set it to the id that publishing has printed",
        )
    parameters = read_parameters("parameters", inputs.parameters)
    tags = job_tags(inputs.tags, context)
    place = place_of(inputs, context)
    session = api(inputs, context, place)
    pipeline = Published(session, place, inputs.pipeline_id)
    found = pipeline.look_up()
    named = f"{found.get('Name')} {found.get('Version') or ''}".strip()
    check_parameters(parameters, pipeline.parameters(found), f"the pipeline {named}")
    context.log.info(
        "published pipeline %s (%s), of SDK v1, whose support ended on 2026-06-30",
        named,
        inputs.pipeline_id,
    )
    if inputs.dry_run:
        return PipelineOutputs()
    experiment = inputs.experiment_name or str(found.get("Name") or place.workspace)
    mark = context.idempotency_token(inputs.pipeline_id, parameters)[:32]
    started = pipeline.started_by(mark)
    if started:
        context.log.info("run %s was started before by this attempt", started)
    else:
        with context.shield():
            started = pipeline.start(experiment, parameters, tags, mark)
            context.keep(KEY, started)
    watch = watch_of(session, place, started, context, experiment)
    job = watch.require()
    context.publish(
        run_id=started, run_url=job.url, experiment_name=experiment, status=job.state.name
    )
    context.log.info("pipeline run %s: %s  %s", started, job.state.name, job.url)
    if not inputs.wait:
        context.let_go(KEY)
        return PipelineOutputs(status=job.state.name)
    return job_watch.to_the_end(watch, KEY, inputs.timeout_minutes * 60)


def release(inputs: PipelineInputs, context: Context, state: dict[str, str]) -> None:
    """Stop what a step started and left running. Done twice it finds nothing left to do."""
    place = place_of(inputs, context)
    session = api(inputs, context, place)
    job_watch.release(watch_of(session, place, state[KEY], context), KEY)


def watch_of(
    session: Session, place: Place, run: str, context: Context, experiment: str = ""
) -> PublishedWatch:
    """A watch on one run. ``session`` is to the API of the workspace's region."""
    history = History(session, place)
    return PublishedWatch(session, history, place, run, context, experiment=experiment)


def check_parameters(given: dict[str, str], known: set[str], named: str) -> None:
    """:raises InputError: for one that the pipeline doesn't have."""
    unknown = sorted(given.keys() - known)
    if unknown:
        raise InputError(
            f"{named} has no parameter {', '.join(unknown)}",
            fix=f"it has: {', '.join(sorted(known)) or 'none'}",
        )


def api(inputs: PipelineInputs, context: Context, place: Place) -> Session:
    """A session to the API of the workspace's region."""
    workspace = workspaces.require(connect(inputs, context, read_only=True), place)
    return connect_region(inputs, context, workspace, read_only=inputs.dry_run)
