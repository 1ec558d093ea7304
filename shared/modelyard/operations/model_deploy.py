"""model-deploy: put a scoring image or a registered model behind an endpoint."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard import summary
from modelyard.context import Context
from modelyard.errors import InputError
from modelyard.operation import Operation, given, result
from modelyard.operations.deployments import (
    change,
    remains,
    taking_back,
    to_local,
    to_online,
    to_services,
)
from modelyard.operations.deployments.endpoint_name import check_endpoint
from modelyard.operations.deployments.results import Deployed
from modelyard.operations.deployments.service_inputs import KINDS, ServiceInputs
from modelyard.operations.inputs.azureml_inputs import connect, place_of


@dataclass(frozen=True, kw_only=True)
class Inputs(ServiceInputs):
    target: str = given(
        "Where the endpoint is: managed is an online endpoint of Azure ML, kubernetes one on a "
        "cluster that is attached to its workspace, aci and aks are web services on a container "
        "instance and on AKS as SDK v1 has them, local is a scoring server of the local cloud.",
        choices=("local", "managed", "kubernetes", "aci", "aks"),
    )
    endpoint: str = given(
        "Name of the endpoint: 3 to 32 lower-case letters, digits and hyphens, a letter first."
    )
    image: str | None = given(
        "The image, pinned by its digest: the output image of image-build with push.",
        default=None,
        visible_when="target = local",
    )
    local_cloud_url: str | None = given(
        "Address of the local cloud.",
        default=None,
        environment=("MODELYARD_LOCAL_URL",),
        visible_when="target = local",
    )
    local_cloud_token: str | None = given(
        "Token for the local cloud.",
        default=None,
        secret=True,
        environment=("DATABRICKS_TOKEN",),
        visible_when="target = local",
    )
    dry_run: bool = given("Compare, say what would be done, and change nothing.", default=False)


@dataclass(frozen=True)
class Outputs:
    endpoint: str | None = result("Name of the endpoint; always set.")
    scoring_url: str | None = result("Address to send rows to; set when the endpoint is healthy.")
    image: str | None = result("The image that serves; set when it is healthy, with target local.")
    model: str | None = result(
        "The model that serves, NAME:VERSION; set when it is healthy, with the other targets."
    )
    deployment: str | None = result(
        "The deployment that serves, blue or green; set when it is healthy, with the targets "
        "managed and kubernetes."
    )
    action: str | None = result(
        "created, updated or left-alone (in a dry run: would be); set when that is done."
    )
    error: str | None = result("What went wrong; set when it failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    check_endpoint(inputs.endpoint)
    context.publish(endpoint=inputs.endpoint)
    local = inputs.target == "local"
    if local and set(inputs.traffic) - {"100"}:
        raise InputError(
            "target local gives a new image all requests at once: its traffic has no steps",
            fix="leave traffic out (of the templates: strategy runOnce), or deploy to Azure ML",
        )
    if local:
        done = to_local.deploy(inputs, context)
    elif inputs.target in KINDS:
        done = to_services.deploy(
            inputs, inputs.endpoint, inputs.target, context, dry_run=inputs.dry_run
        )
    else:
        done = to_online.deploy(
            inputs, inputs.endpoint, inputs.target, context, dry_run=inputs.dry_run
        )
    if done.scoring_url is None:
        return Outputs(action=done.action)
    _summarise(inputs, done, context)
    return Outputs(
        scoring_url=done.scoring_url,
        image=done.serves if local else None,
        model=None if local else done.serves,
        deployment=done.deployment,
        action=done.action,
    )


def release(state: dict[str, str], inputs: Inputs, context: Context) -> None:
    """Take back what a job that was cut off has left half done."""
    for key, finish in (
        (change.KEPT, taking_back.release),
        (remains.KEPT, remains.clear_away),
    ):
        if kept := state.get(key):
            session = connect(inputs, context, read_only=False)
            finish(session, place_of(inputs, context), kept, context)
    if kept := state.get(to_services.KEPT):
        to_services.take_back(inputs, kept, context)


def _summarise(inputs: Inputs, done: Deployed, context: Context) -> None:
    # Not a link: a browser would GET it, and rows are POSTed.
    row = (summary.escape(inputs.endpoint), summary.code(str(done.scoring_url)), done.action)
    context.ci.summary(
        f"{summary.table(('endpoint', 'scoring URL', ''), [row])}\n\n"
        f"It serves {summary.code(str(done.serves))}\n"
    )


OPERATION = Operation(
    name="model-deploy",
    title="Deploy a model to an endpoint",
    description="Creates or updates an endpoint that serves a registered model or a scoring "
    "image. What served before goes on serving until the new one is healthy; on Azure ML the new "
    "deployment is tried without traffic, then gets it in steps that are watched, and is taken "
    "back when one fails. What is deployed in the same way already is left alone.",
    group="deployment",
    task_id="2a7765c3-034c-4cae-8dd4-af2119cf9279",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    release=release,
    attaches=True,
    example_environment=("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"),
    example="target: managed\nsubscription-id: 00000000-0000-0000-0000-000000000000\n"
    "workspace-name: wine\nendpoint: wine-quality\n"
    "model: ${{ steps.model-register.outputs.model }}\n"
    "rows: examples/wine-quality/rows.json\ntraffic: |\n  10\n  50",
)
