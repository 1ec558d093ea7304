"""Inputs and outputs of aml-pipeline, the same for both generations of Azure ML's SDK."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.operation import Structure, given, result
from modelyard.operations.inputs.azureml_inputs import AzureMLInputs

VALIDATE, SUBMIT, TRIGGER = "validate", "submit", "trigger"


@dataclass(frozen=True, kw_only=True)
class PipelineInputs(AzureMLInputs):
    """See the operation."""

    action: str = given(
        "validate checks the definition and whether all that it names is there; submit runs it and "
        "waits for it; trigger runs a pipeline that SDK v1 has published, and waits for it.",
        default=SUBMIT,
        choices=(VALIDATE, SUBMIT, TRIGGER),
    )
    definition: str = given(
        "Path of a pipeline job in Azure ML's own YAML. Required, but for trigger.", default=""
    )
    pipeline_id: str | None = given(
        "Id of a published pipeline; required for trigger.", default=None
    )
    parameters: str | None = given(
        "Inputs of the pipeline that are set anew: lines of key=value, or a mapping as YAML or "
        "JSON, or a file with it. For data the value is a path or an address.",
        default=None,
        multiline=True,
    )
    experiment_name: str | None = given(
        "Experiment that the run belongs to. Default: the definition's, else the workspace's name.",
        default=None,
    )
    tags: Structure | None = given("More tags: a mapping of texts.", default=None, multiline=True)
    wait: bool = given(
        "Wait for the end. Off, the step succeeds when the run has been submitted.", default=True
    )
    timeout_minutes: float = given(
        "How long to wait; then the run is cancelled and the step fails.", default=360.0
    )
    dry_run: bool = given(
        "Check as the action validate does; for trigger, look up the published pipeline and its "
        "parameters. Nothing is started.",
        default=False,
    )


@dataclass(frozen=True)
class PipelineOutputs:
    """See the operation."""

    run_id: str | None = result("Name of the job; set right after the submit.")
    run_url: str | None = result("Its page in Azure ML studio; set with it.")
    experiment_name: str | None = result("Its experiment; set when the definition is valid.")
    status: str | None = result(
        "Completed, Failed, Canceled and so on; set after the submit and at the end."
    )
    steps: list[dict[str, str]] | None = result(
        "Each step that has begun with its name, run-id, status and the run whose results it "
        "reused, as JSON; set at the end."
    )
    error: str | None = result("What went wrong; set when the step failed.")
