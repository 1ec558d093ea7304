"""The inputs of model-select, and what they may not say together."""

from __future__ import annotations

import re
from dataclasses import dataclass

from modelyard.context import Context
from modelyard.errors import InputError
from modelyard.operation import Structure, given
from modelyard.operations.inputs.identity_inputs import Late, Own
from modelyard.operations.inputs.workspace_inputs import WorkspaceInputs
from modelyard.selection import DIRECTIONS

DATABRICKS, AZURE_ML = "databricks", "azure-ml"
_SOURCE = "Which runs"
_PART = r"[^/\\:\x00-\x1f]+"


@dataclass(frozen=True, kw_only=True)
class SelectInputs(WorkspaceInputs):
    """Which runs, and what makes one the best."""

    source: str = given(
        "Where the runs are: databricks for a Databricks workspace (or an MLflow server at "
        "workspace-url), azure-ml for jobs of an Azure ML workspace.",
        default=DATABRICKS,
        choices=(DATABRICKS, AZURE_ML),
        group=_SOURCE,
    )
    subscription_id: str | None = given(
        "Azure subscription (id) of the workspace, with source azure-ml.",
        default=None,
        environment=("AZURE_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID"),
        group="Workspace",
        visible_when=f"source = {AZURE_ML}",
    )
    runs: Structure | None = given(
        "The output runs of job-run or notebook-run, or the file of their artifact: the best of "
        "these runs is chosen. Either this or experiment, with source databricks.",
        default=None,
        file=True,
        group=_SOURCE,
        visible_when=f"source = {DATABRICKS}",
    )
    run_ids: tuple[str, ...] = given(
        "Jobs of Azure ML, one a line, such as the output run-id of aml-pipeline: the best of "
        "their steps is chosen. Either this or experiment, with source azure-ml.",
        default=(),
        group=_SOURCE,
        visible_when=f"source = {AZURE_ML}",
    )
    experiment: str | None = given(
        "Experiment, by name or on Databricks also by id: the best of its runs with this build's "
        "tag is chosen. The tag is modelyard.build on Databricks; on Azure ML it is build, which "
        "aml-pipeline sets.",
        default=None,
        group=_SOURCE,
    )
    build: str | None = given(
        "Value of the build's tag. Left out it is the name of this build.",
        default=None,
        group=_SOURCE,
    )
    metric: str = given("Metric to choose by.")
    better: str = given("Which values of the metric are better.", choices=DIRECTIONS)
    threshold: float | None = given(
        "The best run has to be better than this, or the step fails.", default=None
    )
    model_name: str = given(
        "Name that the runs log their model under. On Azure ML a folder of the run's artifacts, "
        "or of its outputs.",
        default="model",
    )
    download_to: str | None = given(
        "Folder to download the model to, such as for image-build. It appears when the model is "
        "there, and holds nothing else.",
        default=None,
    )

    @property
    def named_by(self) -> str:
        """The input that names runs of this source."""
        return "run-ids" if self.source == AZURE_ML else "runs"

    def own(self, context: Context, late: Late) -> Own:
        """A Databricks token signs in to no Azure ML."""
        return Own() if self.source == AZURE_ML else super().own(context, late)


def check(inputs: SelectInputs) -> None:
    """:raises InputError: for what doesn't go together, and for a name that is none."""
    on_azure_ml = inputs.source == AZURE_ML
    if on_azure_ml and inputs.runs is not None:
        raise InputError(
            "runs is given, and source is azure-ml",
            fix="give run-ids, such as the output run-id of aml-pipeline",
        )
    if not on_azure_ml and inputs.run_ids:
        raise InputError(
            "run-ids is given, and source is databricks",
            fix="set source to azure-ml, or give runs: the output of job-run",
        )
    name, of = inputs.named_by, "aml-pipeline" if on_azure_ml else "job-run"
    given_runs = bool(inputs.run_ids) or inputs.runs is not None
    if given_runs == bool(inputs.experiment):
        raise InputError(
            f"exactly one of {name} and experiment is needed",
            fix=f"give {name}: the output of the {of} step that trained the models",
        )
    if inputs.build and given_runs:
        raise InputError(f"build is given, and {name}: those are of one build already")
    # Artifacts of Azure ML may be folders within folders.
    form = rf"{_PART}(/{_PART})*" if on_azure_ml else _PART
    parts = inputs.model_name.split("/")
    if not re.fullmatch(form, inputs.model_name) or {".", ".."} & set(parts):
        raise InputError(f"model-name is {inputs.model_name!r}, which names no model")
