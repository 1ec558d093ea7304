"""A deployment that doesn't serve any more: deleted, now or later.

What a job that still works has just made doesn't serve either. It is always newer than the one that
serves, which therefore tells the two apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.azure.long_running import DONE, FAILED
from modelyard.azureml import online
from modelyard.azureml.connection import Place
from modelyard.azureml.online import OnlineDeployment
from modelyard.context import Context
from modelyard.errors import ModelyardError
from modelyard.http import Session

KEPT = "remains"
"""Key of what the release step clears away."""
RELEASE_SECONDS = 300.0
"""Most that the release step waits for one change."""
YOUNG_SECONDS = 6 * 3600.0
"""Age below which a newer one may be on trial: no job on a hosted agent lasts longer."""


@dataclass(frozen=True)
class Remain:
    """A deployment that doesn't serve any more."""

    endpoint: str
    name: str
    origin: str
    """One of the same name that is of another origin isn't this one."""

    def text(self) -> str:
        return f"{self.endpoint}/{self.name}/{self.origin}"


def is_left(found: OnlineDeployment, serving: OnlineDeployment, now: float) -> bool:
    """Whether no job can be at work on a deployment that has no traffic.

    :param now: seconds of the epoch.
    """
    if found.state not in (DONE, *FAILED) or found.created is None or serving.created is None:
        return False
    return found.created < serving.created or now - found.created > YOUNG_SECONDS


def clear(
    session: Session, place: Place, remain: Remain, context: Context, *, timeout: float
) -> None:
    """Delete a deployment that doesn't serve any more, unless another job has made it anew.

    Where that fails it is a warning, because the endpoint is as it shall be; the release step and
    the next run try it again.
    """
    context.keep(KEPT, remain.text())
    try:
        found = online.find_deployment(session, place, remain.endpoint, remain.name)
        is_it = found is not None and found.origin == remain.origin
        if is_it:
            online.delete_deployment(session, place, remain.endpoint, remain.name, timeout=timeout)
    except ModelyardError as error:
        context.annotate(
            "warning",
            f"the deployment {remain.name} of {remain.endpoint} has no traffic and couldn't be "
            f"deleted: {error.what}",
        )
        return
    context.let_go(KEPT)
    if is_it:
        context.log.info("deployment %s: deleted", remain.name)


def clear_away(session: Session, place: Place, kept: str, context: Context) -> None:
    """For the release step: what clear has left, unless another run has given it traffic."""
    remain = Remain(*kept.split("/", 2))
    endpoint = online.find(session, place, remain.endpoint)
    if endpoint is not None and remain.name not in endpoint.traffic:
        clear(session, place, remain, context, timeout=RELEASE_SECONDS)
