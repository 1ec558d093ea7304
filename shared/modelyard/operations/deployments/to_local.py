"""Target local: a scoring image behind an endpoint of the local cloud."""

from __future__ import annotations

import re
from typing import Protocol

from modelyard.context import Context
from modelyard.endpoints import local
from modelyard.errors import DeploymentFailed, InputError
from modelyard.operations.deployments.results import CREATED, LEFT_ALONE, UPDATED, Deployed, said

_PINNED = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")


class LocalInputs(Protocol):
    """The inputs that this target looks at."""

    @property
    def endpoint(self) -> str: ...

    @property
    def image(self) -> str | None: ...

    @property
    def local_cloud_url(self) -> str | None: ...

    @property
    def local_cloud_token(self) -> str | None: ...

    @property
    def dry_run(self) -> bool: ...


def deploy(inputs: LocalInputs, context: Context) -> Deployed:
    """Bring the image up; what serves goes on serving until it is healthy."""
    image = _image(inputs.image)
    session = local.connect(
        inputs.local_cloud_url,
        inputs.local_cloud_token,
        clock=context.clock,
        read_only=inputs.dry_run,
    )
    before = local.find(session, inputs.endpoint)
    action = _action(before, image)
    if action == LEFT_ALONE or session.read_only:
        told = said(action, would=session.read_only, serves="image")
        context.log.info("endpoint %s: %s", inputs.endpoint, told)
        served = before
    else:
        try:
            served = local.deploy(session, inputs.endpoint, image)
        except DeploymentFailed:
            if before is not None:
                context.log.info("endpoint %s goes on serving %s", inputs.endpoint, before.image)
            raise
        context.log.info("endpoint %s: %s, %s", inputs.endpoint, action, served.scoring_url)
    if served is None or (session.read_only and action != LEFT_ALONE):
        return Deployed(action)
    return Deployed(action, served.scoring_url, served.image)


def _image(image: str | None) -> str:
    if not image:
        raise InputError(
            "target local needs image",
            fix="give the output image of image-build with push: NAME@sha256:...",
        )
    if not _PINNED.fullmatch(image):
        raise InputError(
            f"image is {image!r}, which isn't pinned by a digest",
            cause="a tag may point elsewhere tomorrow; then nobody knows what serves",
            fix="give the output image of image-build with push: NAME@sha256:...",
        )
    return image


def _action(before: local.Endpoint | None, image: str) -> str:
    if before is None:
        return CREATED
    same = before.image == image and before.state == local.HEALTHY
    return LEFT_ALONE if same else UPDATED
