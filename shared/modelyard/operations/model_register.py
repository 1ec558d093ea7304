"""model-register: a model in the registry, once for each content."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard import summary
from modelyard.azureml import assets, content, models, workspaces
from modelyard.azureml.assets import Asset
from modelyard.azureml.connection import Place
from modelyard.context import Context
from modelyard.errors import InputError
from modelyard.operation import Operation, Structure, given, result
from modelyard.operations.inputs.azureml_inputs import AzureMLInputs, connect, place_of
from modelyard.operations.inputs.tags import tags_of

REGISTERED, LEFT_ALONE = "registered", "left-alone"
_METRICS = "write each as NAME: NUMBER, one a line, such as 'rmse: 0.71'"


@dataclass(frozen=True, kw_only=True)
class Inputs(AzureMLInputs):
    name: str = given("Name of the model in the registry.", label="Model name")
    model: tuple[str, ...] = given(
        "Files of the model, one path a line: a folder, a file, or several that belong together. A "
        "folder with MLmodel is registered as a model of MLflow."
    )
    state: str = given("Tag state of the version, such as candidate.", default="candidate")
    created_by: str | None = given(
        "Tag created_by of the version. Default: the repository and the pipeline.", default=None
    )
    run_id: str | None = given(
        "Tag run of the version: the run that made the model, such as the output mlflow-run-id of "
        "model-select.",
        default=None,
    )
    metrics: Structure | None = given(
        "Metrics of the model: a mapping of numbers, such as rmse: 0.71. Each is a tag metric.NAME "
        "of the version, which model-promote compares.",
        default=None,
        multiline=True,
    )
    tags: Structure | None = given("More tags: a mapping of texts.", default=None, multiline=True)
    description: str | None = given("Description of the version.", default=None)
    dry_run: bool = given("Compare, say what would be done, and change nothing.", default=False)


@dataclass(frozen=True)
class Outputs:
    model_name: str | None = result("Name of the model; always set.")
    content_hash: str | None = result("Hash of the model's files; set before anything is sent.")
    model_version: str | None = result("Its version; set when it is registered.")
    model_id: str | None = result("Azure resource id of the version; set when it is registered.")
    model: str | None = result("NAME:VERSION, as model-deploy takes it; set when it is registered.")
    action: str | None = result(
        "registered or left-alone (in a dry run: would be); set when that is decided."
    )
    error: str | None = result("What went wrong; set when it failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    assets.check_name(inputs.name, "name")
    wanted = models.Wanted(
        name=inputs.name,
        content=content.gather(inputs.model, what="model"),
        tags=_tags(inputs, context),
        description=inputs.description or "",
    )
    digest = wanted.content.hash()
    context.publish(model_name=inputs.name, content_hash=digest)
    place = place_of(inputs, context)
    session = connect(inputs, context, read_only=inputs.dry_run)
    workspaces.require(session, place)
    found = models.of_content(session, place, wanted, digest)
    if found is not None:
        context.log.info(
            "model %s: left alone, version %s has this content", inputs.name, found.version
        )
        _tell_differences(inputs, found, wanted, context)
        return _outputs(place, found, LEFT_ALONE, context)
    if session.read_only:
        context.log.info("model %s: a new version would be registered", inputs.name)
        return Outputs(action=REGISTERED)
    made = models.register(session, place, wanted, digest)
    context.log.info("model %s: registered as version %s", inputs.name, made.version)
    return _outputs(place, made, REGISTERED, context)


def _tell_differences(
    inputs: Inputs, found: Asset, wanted: models.Wanted, context: Context
) -> None:
    """Warn of what was asked for and the version doesn't say: nothing of it is written.

    Its state is model-promote's, and commit and build are those of another run of the pipeline.
    """
    silent = {"state", "commit", "build", *(() if inputs.created_by else ("created_by",))}
    asked = {f"tag {name}": one for name, one in wanted.tags.items() if name not in silent}
    has = {f"tag {name}": one for name, one in found.tags.items()}
    if wanted.description:
        asked["description"] = wanted.description
        has["description"] = str(found.properties.get("description") or "")
    told = [
        f"{name} {one!r} (it has {has[name]!r})" if has.get(name) else f"{name} {one!r}"
        for name, one in asked.items()
        if has.get(name) != one
    ]
    if told:
        context.annotate(
            "warning",
            f"version {found.version} of {found.name} has this content and stays as it was "
            f"registered, without {'; '.join(told)} (archived, it makes room for a new one)",
        )


def _tags(inputs: Inputs, context: Context) -> Mapping[str, str]:
    """Those of the run, and the user's own, which may not say otherwise."""
    identity = context.ci.identity()
    own = {
        "state": inputs.state,
        "created_by": inputs.created_by or f"{identity.repository} {identity.pipeline}".strip(),
        "commit": identity.commit,
        "run": inputs.run_id or "",
        "build": identity.build,
    }
    more = {**tags_of(inputs.tags), **_metrics(inputs.metrics)}
    if both := sorted(own.keys() & more.keys()):
        raise InputError(
            f"tags sets {', '.join(both)}, which model-register sets itself",
            fix="leave it out of tags; state, created-by and run-id are inputs of their own",
        )
    return {name: value for name, value in {**own, **more}.items() if value}


def _metrics(value: Any) -> dict[str, str]:
    """:raises InputError: when it isn't a mapping of numbers."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InputError("metrics isn't a mapping of numbers", fix=_METRICS)
    found = {}
    for name, one in value.items():
        if not str(name).strip():
            raise InputError("metrics has a name that is empty", fix=_METRICS)
        try:
            number = math.nan if isinstance(one, bool) else float(one)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise InputError(
                f"metrics has {name} with the value {one!r}, not a finite number", fix=_METRICS
            )
        found[f"{models.METRIC}{name}"] = repr(number)
    return found


def _outputs(place: Place, asset: Asset, action: str, context: Context) -> Outputs:
    cells = (asset.name, asset.version, place.workspace, action)
    context.ci.summary(
        summary.table(
            ("model", "version", "workspace", ""), [tuple(summary.escape(one) for one in cells)]
        )
    )
    return Outputs(
        model_version=asset.version,
        model_id=asset.id,
        model=asset.reference,
        action=action,
    )


OPERATION = Operation(
    name="model-register",
    title="Register a model in Azure ML",
    description="Uploads a model's files and registers them as the next version in an Azure ML "
    "workspace, with its metrics and the tags state, created_by, commit, run and build. A content "
    "that a version has already isn't registered again: the version stays as it is, with a warning "
    "where its run, metrics or tags are others.",
    group="models",
    task_id="0a4e9e34-8a71-4b6c-8a55-5d4a2cf30b6f",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    attaches=True,
    example_environment=("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"),
    example="subscription-id: 00000000-0000-0000-0000-000000000000\nworkspace-name: wine\n"
    "name: wine-quality\nmodel: model",
)
