"""model-deploy: put a scoring image behind an endpoint."""

from __future__ import annotations

import re
from dataclasses import dataclass

from modelyard import summary
from modelyard.context import Context
from modelyard.endpoints import local
from modelyard.errors import DeploymentFailed, InputError
from modelyard.operation import Operation, given, result

_PINNED = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")
_NAME = re.compile(r"[a-z]([a-z0-9-]{1,30}[a-z0-9])")


@dataclass(frozen=True, kw_only=True)
class Inputs:
    target: str = given(
        "Where the endpoint is: local is a scoring server of the local cloud.",
        choices=("local",),
    )
    endpoint: str = given(
        "Name of the endpoint: 3 to 32 lower-case letters, digits and hyphens, a letter first."
    )
    image: str = given(
        "The image, pinned by its digest: the output image of image-build with push."
    )
    local_cloud_url: str | None = given(
        "Address of the local cloud.", default=None, environment=("MODELYARD_LOCAL_URL",)
    )
    local_cloud_token: str | None = given(
        "Token for the local cloud.",
        default=None,
        secret=True,
        environment=("DATABRICKS_TOKEN",),
    )
    dry_run: bool = given("Compare, say what would be done, and change nothing.", default=False)


@dataclass(frozen=True)
class Outputs:
    endpoint: str | None = result("Name of the endpoint; always set.")
    scoring_url: str | None = result("Address to send rows to; set when the endpoint is healthy.")
    image: str | None = result("The image that serves; set when the endpoint is healthy.")
    action: str | None = result(
        "created, updated or left-alone (in a dry run: would be); set when that is done."
    )
    error: str | None = result("What went wrong; set when it failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    _check(inputs)
    context.publish(endpoint=inputs.endpoint)
    session = local.connect(
        inputs.local_cloud_url,
        inputs.local_cloud_token,
        clock=context.clock,
        read_only=inputs.dry_run,
    )
    before = local.find(session, inputs.endpoint)
    action = _action(before, inputs.image)
    if action == "left-alone" or session.read_only:
        context.log.info("endpoint %s: %s", inputs.endpoint, _said(action, would=session.read_only))
        served = before
    else:
        try:
            served = local.deploy(session, inputs.endpoint, inputs.image)
        except DeploymentFailed:
            if before is not None:
                context.log.info("endpoint %s goes on serving %s", inputs.endpoint, before.image)
            raise
        context.log.info("endpoint %s: %s, %s", inputs.endpoint, action, served.scoring_url)
    if served is None or (session.read_only and action != "left-alone"):
        return Outputs(action=action)
    # Not a link: a browser would GET it, and rows are POSTed.
    row = (summary.escape(inputs.endpoint), summary.code(served.scoring_url), action)
    context.ci.summary(
        f"{summary.table(('endpoint', 'scoring URL', ''), [row])}\n\n"
        f"It serves {summary.code(served.image)}\n"
    )
    return Outputs(scoring_url=served.scoring_url, image=served.image, action=action)


def _check(inputs: Inputs) -> None:
    if not _NAME.fullmatch(inputs.endpoint):
        raise InputError(
            f"endpoint is {inputs.endpoint!r}",
            fix="use 3 to 32 lower-case letters, digits and hyphens, a letter first",
        )
    if not _PINNED.fullmatch(inputs.image):
        raise InputError(
            f"image is {inputs.image!r}, which isn't pinned by a digest",
            cause="a tag may point elsewhere tomorrow; then nobody knows what serves",
            fix="give the output image of image-build with push: NAME@sha256:...",
        )


def _action(before: local.Endpoint | None, image: str) -> str:
    if before is None:
        return "created"
    same = before.image == image and before.state == local.HEALTHY
    return "left-alone" if same else "updated"


def _said(action: str, *, would: bool) -> str:
    if action == "left-alone":
        return "left alone, it serves this image already"
    return f"would be {action}" if would else action


OPERATION = Operation(
    name="model-deploy",
    title="Deploy a scoring image to an endpoint",
    description="Creates or updates an endpoint that serves a scoring image. What served before "
    "goes on serving until the new one is healthy. An endpoint that serves this image already is "
    "left alone.",
    group="deployment",
    task_id="2a7765c3-034c-4cae-8dd4-af2119cf9279",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    attaches=True,
    example="target: local\nendpoint: wine-quality-staging\n"
    "image: ${{ steps.image-build.outputs.image }}",
)
