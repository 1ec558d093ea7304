"""Inputs and outputs of aml-pipeline, the same for both generations of Azure ML's SDK."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.operation import Structure, given, result
from modelyard.operations.inputs.azureml_inputs import AzureMLInputs

VALIDATE, SUBMIT, PUBLISH, TRIGGER = "validate", "submit", "publish", "trigger"
SAME = {"submit-experiment": SUBMIT, "publish-pipeline": PUBLISH}
"""What driver programs of SDK v1 call the actions."""
FIRST, PRESENT = "v1", "v2"
_V1 = "SDK v1"


@dataclass(frozen=True, kw_only=True)
class PipelineInputs(AzureMLInputs):
    """See the operation."""

    action: str = given(
        "validate checks the definition and whether all that it names is there; submit runs it and "
        "waits for it; publish gives a pipeline of SDK v1 an id that others run it by; trigger "
        "runs one that is published, and waits for it. submit-experiment is submit, and "
        "publish-pipeline is publish.",
        default=SUBMIT,
        choices=(VALIDATE, SUBMIT, PUBLISH, TRIGGER, *SAME),
    )
    definition: str = given(
        "Path of a pipeline job in Azure ML's own YAML; or for SDK v1 path.py:function, your own "
        "Python that gives back a pipeline. Required, but for trigger.",
        default="",
    )
    sdk: str | None = given(
        "Generation of Azure ML's SDK. Left out, the definition tells: Python is v1, YAML is v2.",
        default=None,
        choices=(FIRST, PRESENT),
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
        "Experiment that the run belongs to. Default: the definition's, else the workspace's name; "
        "for SDK v1 the pipeline's name.",
        default=None,
    )
    tags: Structure | None = given(
        "More tags than build and commit, which are always set: a mapping of texts.",
        default=None,
        multiline=True,
    )
    wait: bool = given(
        "Wait for the end. Off, the step succeeds when the run has been submitted.", default=True
    )
    timeout_minutes: float = given(
        "How long to wait; then the run is cancelled and the step fails.", default=360.0
    )
    download_output: str | None = given(
        "Output of the pipeline (v2) to download when it has completed, such as model.",
        default=None,
    )
    download_to: str | None = given(
        "Folder to download it to. It appears when all of it is there, and replaces what an "
        "earlier download left there, or a model; no other files.",
        default=None,
    )
    local: bool = given(
        "Run on the local cloud of this machine, started if none runs, and send nothing to Azure. "
        "The workspace is created there. For the command line: tasks and actions come without the "
        "local cloud.",
        default=False,
    )
    config: str | None = given(
        "What the definition of SDK v1 is told: a JSON or YAML file, and behind it, or alone, what "
        "overrides it as --key value or --key=value.",
        default=None,
        multiline=True,
        group=_V1,
    )
    pipeline_name: str | None = given(
        "Name of the pipeline of SDK v1. Default: the workspace's name and that of the branch, "
        "where a pull request is pr-123.",
        default=None,
        group=_V1,
    )
    pipeline_version: str | None = given(
        "Version that it is published with. Default: the id of the build, or on GitHub of the run.",
        default=None,
        group=_V1,
    )
    description: str | None = given(
        "Description that it is published with.", default=None, group=_V1
    )
    marker_path: str | None = given(
        "Folder in a datastore for NAME.csv with the header id and the id of the pipeline, written "
        "when it is published.",
        default=None,
        group=_V1,
    )
    marker_datastore: str | None = given(
        "Datastore of marker-path. Default: the workspace's default one.", default=None, group=_V1
    )
    disable_older: bool = given(
        "Disable the pipelines of this name that were active before, when the new one is "
        "published, and marked where marker-path asks for it. Jobs that publish one name at once "
        "need a lock.",
        default=False,
        group=_V1,
    )
    sdk_environment: str | None = given(
        "Folder of the Python environment with SDK v1 (azureml-core and azureml-pipeline). "
        "Default: the one that this runs in, if it has them.",
        default=None,
        environment=("MODELYARD_AZUREML_V1",),
        group=_V1,
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
    output_path: str | None = result(
        "Folder with the files of download-output; set when it was downloaded."
    )
    pipeline_id: str | None = result("Id of the published pipeline; set when it is published.")
    pipeline_endpoint: str | None = result("Address that runs it; set with it.")
    marker: str | None = result("DATASTORE/PATH of the file with its id; set when it is written.")
    error: str | None = result("What went wrong; set when the step failed.")
