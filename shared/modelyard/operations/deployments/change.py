"""A new deployment that is under way, and whether the endpoint is still as its job has left it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from modelyard.azureml import online
from modelyard.azureml.connection import Place
from modelyard.azureml.online import OnlineEndpoint
from modelyard.azureml.online_traffic import told
from modelyard.deployment_errors import Overtaken
from modelyard.errors import ModelyardError, ServiceError, Unreachable
from modelyard.http import Session

KEPT = "rollout"
"""Key of what the release step takes back."""
SLOTS = ("blue", "green")


@dataclass(frozen=True)
class Change:
    """What is under way: enough to take it back, also by another process."""

    endpoint: str
    new: str
    live: str
    """The deployment that serves; empty where there is none yet."""
    live_origin: str
    """Its origin: one of the same name that is of another is another job's by now."""
    origin: str
    """What this rollout marks its deployment with, and the endpoint where it creates one."""

    def text(self) -> str:
        return json.dumps(vars(self))

    @property
    def before(self) -> dict[str, int]:
        """The traffic before anything of it has moved."""
        return {self.live: 100} if self.live else {}


def other_slot(live: str) -> str:
    """The name for the new deployment: not the one that serves."""
    return next(slot for slot in SLOTS if slot != live)


def check_undisturbed(
    session: Session, place: Place, change: Change, traffic: Mapping[str, int]
) -> OnlineEndpoint:
    """The endpoint as it is now, which nobody else has changed.

    :param traffic: as this job has left it.
    :raises Overtaken: when the new deployment is another one by now, or the traffic is.
    """
    check_own(session, place, change)
    return check_traffic(session, place, change, traffic)


def check_own(session: Session, place: Place, change: Change, *, is_up: bool = True) -> None:
    """:param is_up: it was there already: where it isn't, somebody has deleted it.
    :raises Overtaken: when the new deployment isn't this rollout's any more.
    """
    what = f"the deployment {change.new} of {change.endpoint}"
    found = online.find_deployment(session, place, change.endpoint, change.new)
    if found is None and is_up:
        raise Overtaken(f"{what} was deleted meanwhile; nothing is taken back")
    if found is not None and found.origin != change.origin:
        raise Overtaken(f"{what} is another one by now; nothing is taken back")


def check_traffic(
    session: Session, place: Place, change: Change, traffic: Mapping[str, int]
) -> OnlineEndpoint:
    """The endpoint as it is now.

    :param traffic: as this job has left it.
    :raises Overtaken: when it is another by now.
    """
    endpoint = online.find(session, place, change.endpoint)
    if endpoint is None:
        raise Overtaken(f"the endpoint {change.endpoint} was deleted meanwhile")
    if endpoint.traffic != dict(traffic):
        raise Overtaken(
            f"the traffic of {change.endpoint} is {told(endpoint.traffic)}, and this job has left "
            f"it at {told(traffic)}; nothing is taken back, and {change.new} stays"
        )
    return endpoint


@contextmanager
def or_overtaken(session: Session, place: Place, change: Change, *, is_up: bool) -> Iterator[None]:
    """What fails after another job has come between fails because of that.

    :param is_up: as :func:`check_own` takes it.
    :raises Overtaken: in place of the error.
    """
    try:
        yield
    except Overtaken:
        raise
    except ModelyardError:
        with suppress(ServiceError, Unreachable):  # the first error tells more
            check_own(session, place, change, is_up=is_up)
        raise
