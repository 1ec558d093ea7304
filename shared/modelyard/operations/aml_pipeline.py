"""aml-pipeline: validate a pipeline of Azure ML, or run it and wait for its end."""

from __future__ import annotations

import dataclasses

from modelyard.context import Context
from modelyard.errors import InputError
from modelyard.operation import Operation
from modelyard.operations.inputs import times
from modelyard.operations.pipelines import (
    downloading,
    first_way,
    on_this_machine,
    present_way,
    published_way,
    v1_runs,
)
from modelyard.operations.pipelines.pipeline_inputs import (
    FIRST,
    PRESENT,
    PUBLISH,
    SAME,
    TRIGGER,
    PipelineInputs,
    PipelineOutputs,
)


def run(inputs: PipelineInputs, context: Context) -> PipelineOutputs:
    inputs = dataclasses.replace(inputs, action=SAME.get(inputs.action, inputs.action))
    times.time_out(inputs.timeout_minutes)  # before anything is started
    if inputs.local:
        on_this_machine.become(inputs, context)
    if inputs.action == TRIGGER:
        downloading.check_inputs(inputs, FIRST)
        return published_way.run(inputs, context)
    if not inputs.definition:
        raise InputError(
            f"no definition is given, which the action {inputs.action} needs",
            fix="set definition to the path of a pipeline job",
        )
    way = _sdk(inputs)
    downloading.check_inputs(inputs, way)
    if way == FIRST:
        return first_way.run(inputs, context)
    if inputs.action == PUBLISH:
        raise InputError(
            "only pipelines of SDK v1 are published",
            fix="set definition to path.py:function; a pipeline of v2 is run from its file",
        )
    return present_way.run(inputs, context)


def _sdk(inputs: PipelineInputs) -> str:
    """The generation that the definition is of. Raises InputError when sdk says otherwise."""
    found = FIRST if first_way.is_definition(inputs.definition) else PRESENT
    if inputs.sdk not in (None, found):
        form = "path.py:function" if inputs.sdk == FIRST else "the path of a YAML file"
        raise InputError(
            f"sdk is {inputs.sdk}, and the definition {inputs.definition} is one of {found}",
            fix=f"leave sdk out, or give {form}",
        )
    return found


def release(state: dict[str, str], inputs: PipelineInputs, context: Context) -> None:
    if state.get(v1_runs.KEY):
        v1_runs.release(inputs, context, state)
    else:
        present_way.release(inputs, context, state)


OPERATION = Operation(
    name="aml-pipeline",
    title="Run an Azure ML pipeline",
    description="Checks a pipeline job of Azure Machine Learning, uploads and registers what it "
    "is made of, submits it, shows what its steps print and waits for its end. Fails unless the "
    "pipeline and every one of its steps completed. Downloads one of its outputs, such as the "
    "model, where it is named. When the step is cancelled or times out, the pipeline is "
    "cancelled. A pipeline of SDK v1, which your own Python makes, is validated and submitted in "
    "the same way, or published.",
    group="Azure ML",
    task_id="5d1c0c62-6c0f-4b0e-9f57-2b8d5b7d9a41",
    inputs=PipelineInputs,
    outputs=PipelineOutputs,
    run=run,
    release=release,
    attaches=True,
    example_environment=("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"),
    example="subscription-id: 00000000-0000-0000-0000-000000000000\nworkspace-name: wine\n"
    "definition: examples/wine-quality/azureml/pipeline.yml\nparameters: alpha=0.3",
)
