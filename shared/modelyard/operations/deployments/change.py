"""A new deployment that is under way, and whether the endpoint is still as its job has left it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from modelyard.azureml import online
from modelyard.azureml.connection import Place
from modelyard.azureml.online import OnlineEndpoint
from modelyard.azureml.online_traffic import told
from modelyard.deployment_errors import Overtaken
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
    endpoint_is_new: bool
    fingerprint: str
    """That of the new deployment: one of the same name without it is another job's."""

    def text(self) -> str:
        return json.dumps(vars(self))


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
    endpoint = online.find(session, place, change.endpoint)
    if endpoint is None:
        raise Overtaken(f"the endpoint {change.endpoint} was deleted meanwhile")
    what = f"the deployment {change.new} of {change.endpoint}"
    found = online.find_deployment(session, place, change.endpoint, change.new)
    if found is None:
        raise Overtaken(f"{what} was deleted meanwhile; nothing is taken back")
    if found.fingerprint != change.fingerprint:
        raise Overtaken(f"{what} is another one by now; nothing is taken back")
    if endpoint.traffic != dict(traffic):
        raise Overtaken(
            f"the traffic of {change.endpoint} is {told(endpoint.traffic)}, and this job has left "
            f"it at {told(traffic)}; nothing is taken back, and {change.new} stays"
        )
    return endpoint
