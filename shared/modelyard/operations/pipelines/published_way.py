"""Pipelines that SDK v1 has published: started by their id, over REST, and waited for."""

from __future__ import annotations

from modelyard.azureml.first_sdk import SUPPORT_ENDED
from modelyard.azureml.published import Published
from modelyard.context import Context
from modelyard.errors import InputError
from modelyard.operations.inputs import times
from modelyard.operations.inputs.azureml_inputs import place_of
from modelyard.operations.inputs.tags import job_tags
from modelyard.operations.pipelines import job_watch, v1_runs
from modelyard.operations.pipelines.pipeline_inputs import PipelineInputs, PipelineOutputs
from modelyard.parameters import read_parameters


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
    context.log.info("%s", SUPPORT_ENDED)
    session = v1_runs.api(inputs, context, place)
    pipeline = Published(session, place, inputs.pipeline_id)
    found = pipeline.look_up()
    named = f"{found.get('Name')} {found.get('Version') or ''}".strip()
    kinds = pipeline.parameters(found)
    v1_runs.check_parameters(parameters, set(kinds), f"the pipeline {named}")
    for name, value in parameters.items():
        if not kinds[name].takes(value):
            raise InputError(
                f"the parameter {name} is {value!r}, and the pipeline {named} takes "
                f"{kinds[name].value}",
                cause="it was published with such a default",
            )
    context.log.info("published pipeline %s (%s)", named, inputs.pipeline_id)
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
            context.keep(v1_runs.KEY, started)
    watch = v1_runs.watch_of(session, place, started, context, experiment)
    job = watch.require()
    context.publish(
        run_id=started, run_url=job.url, experiment_name=experiment, status=job.state.name
    )
    context.log.info("pipeline run %s: %s  %s", started, job.state.name, job.url)
    if not inputs.wait:
        context.let_go(v1_runs.KEY)
        return PipelineOutputs(status=job.state.name)
    return job_watch.to_the_end(watch, v1_runs.KEY, times.time_out(inputs.timeout_minutes))
