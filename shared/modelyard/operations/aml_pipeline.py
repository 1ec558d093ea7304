"""aml-pipeline: validate a pipeline of Azure ML, or run it and wait for its end."""

from __future__ import annotations

from modelyard.context import Context
from modelyard.errors import InputError
from modelyard.operation import Operation
from modelyard.operations.pipelines import present_way, published_way
from modelyard.operations.pipelines.pipeline_inputs import (
    TRIGGER,
    PipelineInputs,
    PipelineOutputs,
)


def run(inputs: PipelineInputs, context: Context) -> PipelineOutputs:
    if inputs.action == TRIGGER:
        return published_way.run(inputs, context)
    if not inputs.definition:
        raise InputError(
            f"no definition is given, which the action {inputs.action} needs",
            fix="set definition to the path of a pipeline job",
        )
    return present_way.run(inputs, context)


def release(state: dict[str, str], inputs: PipelineInputs, context: Context) -> None:
    if state.get(published_way.KEY):
        published_way.release(inputs, context, state)
    else:
        present_way.release(inputs, context, state)


OPERATION = Operation(
    name="aml-pipeline",
    title="Run an Azure ML pipeline",
    description="Checks a pipeline job of Azure Machine Learning, uploads and registers what it "
    "is made of, submits it, shows what its steps print and waits for its end. Fails unless the "
    "pipeline and every one of its steps completed. When the step is cancelled or times out, the "
    "pipeline is cancelled.",
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
