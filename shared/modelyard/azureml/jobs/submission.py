"""From a pipeline's definition to the body that starts it: what it refers to is registered first.

Source: Azure REST reference, "Jobs", version 2024-10-01. The names of fields
within ``jobs`` are those that azure-ai-ml sends; the reference doesn't have them.
"""

from __future__ import annotations

from collections.abc import Mapping

from modelyard.azureml import assets, computes
from modelyard.azureml.connection import Place
from modelyard.azureml.jobs import components, values
from modelyard.azureml.jobs.checks import bound_input, bound_output, other_output
from modelyard.azureml.jobs.definition import DATA_TYPES, Json, Pipeline, Step, as_text, input_of
from modelyard.http import Session

SERVERLESS = "serverless"


def look_up(session: Session, place: Place, pipeline: Pipeline) -> None:
    """Whether everything that is named is in the workspace. Changes nothing.

    :raises NotFound, InputError:
    """
    _default_compute(session, place, pipeline)
    for name, value in pipeline.inputs.items():
        if value["type"] in DATA_TYPES:
            values.existing_uri(session, place, pipeline.folder, value, f"inputs.{name}")
    for step in pipeline.steps:
        _compute(session, place, step.job.get("compute"))
        if step.reference:
            assets.look_up(session, place, "components", step.reference, step.name)
        elif isinstance(step.component["environment"], str):
            environment = step.component["environment"]
            assets.named_environment(session, place, environment, f"environment of {step.name}")


def body(
    session: Session,
    place: Place,
    pipeline: Pipeline,
    *,
    experiment: str,
    tags: Mapping[str, str],
) -> Json:
    """Register codes, environments and components, upload data; the properties of the job."""
    settings: Json = {
        name: pipeline.settings[name]
        for name in ("continue_on_step_failure", "force_rerun")
        if name in pipeline.settings
    }
    if compute := _default_compute(session, place, pipeline):
        settings["default_compute"] = compute
    datastore = str(pipeline.settings.get("default_datastore") or "").removeprefix("azureml:")
    if datastore:
        settings["default_datastore"] = f"{place.path}/datastores/{datastore}"
    own = {str(key): str(value) for key, value in (pipeline.body.get("tags") or {}).items()}
    return {
        "jobType": "Pipeline",
        "displayName": pipeline.body.get("display_name") or pipeline.path.stem,
        "description": pipeline.body.get("description"),
        "experimentName": experiment,
        "isArchived": False,
        "properties": dict(pipeline.body.get("properties") or {}),
        "tags": {**own, **tags},
        "inputs": {
            name: values.job_input(session, place, pipeline.folder, value, name)
            for name, value in pipeline.inputs.items()
        },
        "outputs": {
            name: values.output(about, "jobOutputType")
            for name, about in (pipeline.body.get("outputs") or {}).items()
        },
        "jobs": {step.name: _step(session, place, pipeline, step) for step in pipeline.steps},
        "settings": {**settings, "_source": "YAML.JOB"},
    }


def _step(session: Session, place: Place, pipeline: Pipeline, step: Step) -> Json:
    compute = _compute(session, place, step.job.get("compute"))
    limits = dict(step.job.get("limits") or {})
    found: Json = {
        "name": step.name,
        "type": "command",
        "componentId": components.component(session, place, pipeline, step),
        "inputs": {
            name: _step_input(session, place, pipeline, value, f"{step.name}.{name}")
            for name, value in (step.job.get("inputs") or {}).items()
        },
        "outputs": {
            name: {"value": f"${{{{parent.outputs.{one}}}}}", "type": "literal"}
            if (one := bound_output(about))
            else values.output(about, "job_output_type")
            for name, about in (step.job.get("outputs") or {}).items()
        },
        "_source": "YAML.COMPONENT" if "component" in step.job else "YAML.JOB",
    }
    if compute:
        found["computeId"] = compute
    if limits:
        found["limits"] = {"job_limits_type": "Command"}
        if limits.get("timeout") is not None:
            found["limits"]["timeout"] = f"PT{int(limits['timeout'])}S"
    for name in ("environment_variables", "resources", "display_name"):
        if step.job.get(name):
            found[name] = step.job[name]
    return found


def _step_input(
    session: Session, place: Place, pipeline: Pipeline, value: object, name: str
) -> Json:
    if bound_input(value) or other_output(value):
        text = value.get("path", value.get("value")) if isinstance(value, dict) else value
        found = {"value": str(text).strip(), "job_input_type": "literal"}
        mode = value.get("mode") if isinstance(value, dict) else None
        return {**found, "mode": values.mode_of(str(mode))} if mode else found
    given = input_of(value, name)
    if given["type"] not in DATA_TYPES:
        return {"value": as_text(given["value"]), "job_input_type": "literal"}
    uri = values.uri(session, place, pipeline.folder, given, name)
    found = {"uri": uri, "job_input_type": given["type"]}
    return {**found, "mode": values.mode_of(str(given["mode"]))} if given.get("mode") else found


def _default_compute(session: Session, place: Place, pipeline: Pipeline) -> str:
    """Of the steps that name none; empty where none is named. Raises NotFound."""
    named = pipeline.settings.get("default_compute") or pipeline.body.get("compute")
    return _compute(session, place, named)


def _compute(session: Session, place: Place, named: object) -> str:
    """Resource id of a compute; empty where none is named. Raises NotFound."""
    name = str(named or "").removeprefix("azureml:")
    if not name or name == SERVERLESS:
        return name
    return computes.require(session, place, name.rsplit("/", 1)[-1]).id
