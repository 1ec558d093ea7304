"""The inputs of model-promote, and the registry and rule that they give."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.azureml import assets, workspaces
from modelyard.context import Context
from modelyard.databricks.mlflow import mlflow_registry, unity_models
from modelyard.errors import InputError
from modelyard.operation import given
from modelyard.operations.inputs import azureml_inputs, workspace_inputs
from modelyard.operations.inputs.azureml_inputs import place_of
from modelyard.operations.inputs.identity_inputs import Late, Own
from modelyard.operations.inputs.workspace_inputs import WorkspaceInputs
from modelyard.operations.promotion import registries
from modelyard.operations.promotion.comparison import INCOMPARABLE, KEEP, NO_CHAMPION, Rule
from modelyard.operations.promotion.on_azureml import OnAzureML
from modelyard.operations.promotion.registries import Registry
from modelyard.selection import DIRECTIONS, Criterion

UNITY, MLFLOW, AZURE_ML = "unity-catalog", "mlflow", "azure-ml"
ALIAS, TAG, STAGE = "alias", "tag", "stage"
_MARKS = {UNITY: (ALIAS,), MLFLOW: (STAGE, ALIAS), AZURE_ML: (TAG, STAGE)}
"""How each registry can mark a champion; the first is the default."""
_FAILURES = (KEEP, NO_CHAMPION, INCOMPARABLE)


@dataclass(frozen=True, kw_only=True)
class PromotionInputs(WorkspaceInputs):
    """Which model in which registry, and by what it is judged."""

    registry: str = given(
        "Where the model is registered: unity-catalog, mlflow for the Databricks workspace's own "
        "registry (or an MLflow server at workspace-url), azure-ml for an Azure ML workspace.",
        choices=(UNITY, MLFLOW, AZURE_ML),
    )
    subscription_id: str | None = given(
        "Azure subscription (id) of the workspace, with registry azure-ml.",
        default=None,
        environment=("AZURE_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID"),
        group="Workspace",
        visible_when=f"registry = {AZURE_ML}",
    )
    name: str = given(
        "Name of the registered model; in Unity Catalog with catalog and schema, such as "
        "main.default.wine-quality.",
        label="Model name",
    )
    version: str | None = given(
        "The challenger's version, such as the output model-version of model-register. Either this "
        "or run-id.",
        default=None,
    )
    run_id: str | None = given(
        "MLflow run that the challenger was registered from, such as the output best-run-id of "
        "model-select: its newest version is the challenger.",
        default=None,
    )
    metric: str = given(
        "Metric to compare: of the version's MLflow run, or with azure-ml of the input metrics of "
        "model-register."
    )
    better: str = given("Which values of the metric are better.", choices=DIRECTIONS)
    minimum_gain: float = given(
        "By how much the challenger has to be better than the champion, in the metric's own unit. "
        "With 0 it has to be better, by however little."
    )
    comparable_on: tuple[str, ...] = given(
        "Parameters or tags that both have to have alike, one a line, such as the version of the "
        "test data. Where one differs or is missing, the verdict is incomparable.",
        default=(),
    )
    champion_as: str | None = given(
        "What marks the champion: alias with unity-catalog; stage with mlflow, or alias where that "
        "is a server of one's own; tag (the tag state) or stage with azure-ml. Default: the "
        "first of each.",
        default=None,
        choices=(ALIAS, TAG, STAGE),
    )
    champion: str | None = given(
        "Name of the alias, value of the tag, or the stage. Default: champion, or the stage "
        "Production.",
        default=None,
    )
    promote_first: bool = given(
        "Whether the challenger becomes the champion where there is none yet.", default=True
    )
    fail_on: tuple[str, ...] = given(
        "Verdicts that end the step with exit code 48, one a line: keep, no-champion or "
        "incomparable; [] for none of them. Of no-champion nothing is promoted then.",
        default=(INCOMPARABLE,),
    )

    def own(self, context: Context, late: Late) -> Own:
        """A Databricks token signs in to no Azure ML."""
        return Own() if self.registry == AZURE_ML else super().own(context, late)


def rule_of(inputs: PromotionInputs) -> Rule:
    """By what the two are compared.

    :raises InputError: for a gain that can't be, and for verdicts that there aren't.
    """
    if inputs.minimum_gain < 0:
        raise InputError(
            f"minimum-gain is {inputs.minimum_gain:g}, not a number from 0 on",
            fix="better says which way is better; the gain counts that way",
        )
    if wrong := [one for one in inputs.fail_on if one not in _FAILURES]:
        raise InputError(
            f"fail-on has {wrong[0]!r}", fix=f"give {', '.join(_FAILURES)}, one a line, or nothing"
        )
    return Rule(Criterion(inputs.metric, inputs.better), inputs.minimum_gain, inputs.comparable_on)


def registry_of(inputs: PromotionInputs, context: Context) -> Registry:
    """The model in its registry. What can't be is refused before anything is sent.

    :raises InputError, NotFound:
    """
    if bool(inputs.version) == bool(inputs.run_id):
        raise InputError(
            "exactly one of version and run-id is needed", fix="say which version is the challenger"
        )
    if inputs.version and not (inputs.version.isdecimal() or inputs.registry == AZURE_ML):
        raise InputError(f"version is {inputs.version!r}, which isn't the number of one")
    kind = _kind(inputs)
    name = inputs.champion or ("Production" if kind == STAGE else "champion")
    if inputs.registry == AZURE_ML:
        assets.check_name(inputs.name, "name")
        if inputs.version:
            assets.check_name(inputs.version, "version")
        place = place_of(inputs, context)
        session = azureml_inputs.connect(inputs, context, read_only=inputs.dry_run)
        workspaces.require(session, place)
        return OnAzureML(session, place, inputs.name, name, by_stage=kind == STAGE)
    if inputs.registry == UNITY and len(list(filter(None, inputs.name.split(".")))) != 3:
        raise InputError(
            f"name is {inputs.name!r}, which is no name in Unity Catalog",
            fix="give catalog, schema and model, such as main.default.wine-quality",
        )
    session = workspace_inputs.connect(inputs, context)
    if inputs.registry == UNITY:
        return registries.by_alias(unity_models, session, inputs.name, name)
    if kind == STAGE:
        return registries.by_stage(session, inputs.name, name)
    return registries.by_alias(mlflow_registry, session, inputs.name, name)


def _kind(inputs: PromotionInputs) -> str:
    there = _MARKS[inputs.registry]
    kind = inputs.champion_as or there[0]
    if kind not in there:
        raise InputError(
            f"champion-as is {kind}, which {inputs.registry} doesn't have",
            fix=f"give {' or '.join(there)}, or leave it out",
        )
    return kind
