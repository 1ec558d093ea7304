"""A deployment that doesn't serve any more: deleted, now or later."""

from __future__ import annotations

from modelyard.azureml import online
from modelyard.azureml.connection import Place
from modelyard.context import Context
from modelyard.errors import ModelyardError
from modelyard.http import Session

KEPT = "remains"
"""Key of what the release step clears away."""
RELEASE_SECONDS = 300.0
"""Most that the release step waits for one change."""


def clear(
    session: Session, place: Place, endpoint: str, old: str, context: Context, *, timeout: float
) -> None:
    """Delete a deployment that doesn't serve any more.

    Where that fails it is a warning, because the endpoint is as it shall be; the release step and
    the next run try it again.
    """
    context.keep(KEPT, f"{endpoint}/{old}")
    try:
        online.delete_deployment(session, place, endpoint, old, timeout=timeout)
    except ModelyardError as error:
        context.annotate(
            "warning",
            f"the deployment {old} of {endpoint} has no traffic and couldn't be deleted: "
            f"{error.what}",
        )
        return
    context.let_go(KEPT)
    context.log.info("deployment %s: deleted", old)


def clear_away(session: Session, place: Place, kept: str, context: Context) -> None:
    """For the release step: what clear has left, unless another run has given it traffic."""
    name, _, old = kept.partition("/")
    endpoint = online.find(session, place, name)
    if endpoint is not None and old not in endpoint.traffic:
        clear(session, place, name, old, context, timeout=RELEASE_SECONDS)
