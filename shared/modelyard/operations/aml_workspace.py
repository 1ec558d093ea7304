"""aml-workspace: an Azure ML workspace that is there, created when it wasn't."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from modelyard import summary
from modelyard.azureml import smoke, workspaces
from modelyard.azureml.connection import Place
from modelyard.azureml.smoke import SmokeRun
from modelyard.azureml.workspaces import AzureMLWorkspace
from modelyard.context import Context
from modelyard.errors import AlreadyExists, InputError, NotFound
from modelyard.http import Session
from modelyard.operation import Operation, Structure, given, result
from modelyard.operations.inputs.azureml_inputs import (
    AzureMLInputs,
    connect,
    connect_region,
    place_of,
)
from modelyard.operations.inputs.tags import tags_of

CREATED, LEFT_ALONE = "created", "left-alone"
_EXPERIMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""Source: azureml-core 1.61, ``Experiment``. The length that it gives, 3 to 36, is left to the
service."""
VALUE = 45.0
"""What the smoke test logs."""


@dataclass(frozen=True, kw_only=True)
class Inputs(AzureMLInputs):
    create: bool = given(
        "Create the workspace when it isn't there, and its resource group too.", default=True
    )
    exist_ok: bool = given(
        "A workspace that is there already is fine. Off, it is an error.", default=True
    )
    location: str | None = given(
        "Azure region for what is created, such as westeurope. Default: the resource group's.",
        default=None,
    )
    tags: Structure | None = given(
        "Tags of what is created: a mapping of texts.", default=None, multiline=True
    )
    smoke: bool = given(
        "Test that the workspace works: a run of an experiment that logs one value and reads it "
        "back. The step fails when it can't.",
        default=False,
    )
    smoke_experiment: str = given("Name of the smoke test's experiment.", default="smoke-test")
    dry_run: bool = given("Look, say what would be done, and change nothing.", default=False)


@dataclass(frozen=True)
class Outputs:
    workspace_name: str | None = result("Name of the workspace; always set.")
    resource_group: str | None = result("Its resource group; always set.")
    workspace_id: str | None = result("Its Azure resource id; set when it is there.")
    location: str | None = result("Its region; set when it is there.")
    mlflow_tracking_uri: str | None = result("Its tracking URI for MLflow; set when it is there.")
    studio_url: str | None = result("Its page in Azure ML studio; set when it is there.")
    action: str | None = result(
        "created or left-alone (in a dry run: would be); set when that is decided."
    )
    smoke_run_id: str | None = result("Id of the smoke test's run; set when it went well.")
    smoke_run_url: str | None = result("Its page in Azure ML studio; set with it.")
    error: str | None = result("What went wrong; set when it failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    place = place_of(inputs, context)
    tags = tags_of(inputs.tags)
    if inputs.smoke and not _EXPERIMENT.fullmatch(inputs.smoke_experiment):
        raise InputError(
            f"smoke-experiment is {inputs.smoke_experiment!r}",
            fix="use letters, digits, underscores and hyphens, a letter or a digit first",
        )
    context.publish(workspace_name=place.workspace, resource_group=place.group)
    session = connect(inputs, context, read_only=inputs.dry_run)
    found = workspaces.find(session, place)
    if found is None:
        made = _create(session, place, inputs, context, tags)
        if made is None:
            return Outputs(action=CREATED)
        return _outputs(place, made, CREATED, inputs, context)
    if not inputs.exist_ok:
        raise AlreadyExists(
            f"the workspace {place.workspace} exists in {place.group}",
            fix="take another name, or set exist-ok",
        )
    if inputs.location and _plain(inputs.location) != _plain(found.location):
        context.annotate(
            "warning",
            f"the workspace {place.workspace} is in {found.location}, not in {inputs.location}, "
            "and stays there",
        )
    context.log.info("workspace %s: left alone, it is there", place.workspace)
    return _outputs(place, found, LEFT_ALONE, inputs, context)


def _plain(region: str) -> str:
    """``West Europe`` and ``westeurope`` are one region."""
    return region.replace(" ", "").lower()


def _create(
    session: Session, place: Place, inputs: Inputs, context: Context, tags: Mapping[str, str]
) -> AzureMLWorkspace | None:
    """The new workspace; None in a dry run."""
    if not inputs.create:
        raise NotFound(
            f"there is no workspace {place.workspace} in the resource group {place.group}",
            fix="check both names and the subscription, or set create",
        )
    group_at = workspaces.group_location(session, place)
    location = inputs.location or group_at
    if location is None:
        raise InputError(
            f"there is no resource group {place.group}, and no location to create it in",
            fix="set location, such as westeurope, or name a resource group that is there",
        )
    what = f"workspace {place.workspace} in {place.group} ({location})"
    if session.read_only:
        context.log.info("%s: would be created", what)
        return None
    if group_at is None:
        workspaces.create_group(session, place, location)
        context.log.info("resource group %s: created in %s", place.group, location)
    made = workspaces.create(session, place, location=location, tags=tags)
    context.log.info("%s: created", what)
    return made


def _outputs(
    place: Place, workspace: AzureMLWorkspace, action: str, inputs: Inputs, context: Context
) -> Outputs:
    name = summary.link(place.workspace, workspace.studio_url)
    context.ci.summary(
        summary.table(
            ("workspace", "resource group", "region", ""),
            [(name, summary.escape(place.group), workspace.location, action)],
        )
    )
    context.publish(workspace_id=workspace.id, action=action)
    run = _smoke(place, workspace, inputs, context) if inputs.smoke and not inputs.dry_run else None
    return Outputs(
        workspace_id=workspace.id,
        location=workspace.location,
        mlflow_tracking_uri=workspace.tracking_uri,
        studio_url=workspace.studio_url,
        action=action,
        smoke_run_id=run.id if run else None,
        smoke_run_url=run.url if run else None,
    )


def _smoke(place: Place, workspace: AzureMLWorkspace, inputs: Inputs, context: Context) -> SmokeRun:
    session = connect_region(inputs, context, workspace, read_only=False)
    run = smoke.log_one_value(session, place, inputs.smoke_experiment, VALUE, context.clock)
    context.log.info("smoke test: run %s logged a value and kept it  %s", run.id, run.url)
    return run


OPERATION = Operation(
    name="aml-workspace",
    title="Get or create an Azure ML workspace",
    description="Looks an Azure Machine Learning workspace up, and creates it when it isn't "
    "there: with its resource group, a storage account, a key vault and Application Insights, in "
    "one deployment.",
    group="Azure ML",
    task_id="b7f6d3c9-0f7e-4c53-9a1d-6f2f8a0c4e35",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    attaches=True,
    example_environment=("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"),
    example="subscription-id: 00000000-0000-0000-0000-000000000000\nworkspace-name: wine\n"
    "location: westeurope",
)
