"""Who gets which part of an online endpoint's requests, and which deployment is proven.

Both are written at once: whenever a job ends, also by a kill, the endpoint itself says which one
the traffic goes back to.

Source: Azure REST reference, "Online Endpoints".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.azure import long_running
from modelyard.azureml.connection import VERSION, Place
from modelyard.azureml.marks import PROVEN
from modelyard.azureml.online import OnlineEndpoint, path_of
from modelyard.http import Session

_KEPT = ("authMode", "description", "properties", "compute", "publicNetworkAccess")


def set_traffic(
    session: Session,
    place: Place,
    endpoint: OnlineEndpoint,
    shares: Mapping[str, int],
    *,
    proven: str,
    timeout: float | None,
) -> None:
    """Give each deployment its per cent; mirrored traffic ends.

    :param endpoint: as it was just read: all else of it is written as it was.
    :param proven: the deployment that gets all of it back; empty where there is none yet.
    :param timeout: seconds to wait until it is so; None: only begin.
    """
    kept = {name: endpoint.properties.get(name) for name in _KEPT}
    tags = {name: tag for name, tag in endpoint.tags.items() if name != PROVEN}
    body = {
        **{one: endpoint.body[one] for one in ("location", "kind") if one in endpoint.body},
        "tags": {**tags, **({PROVEN: proven} if proven else {})},
        "identity": _identity(endpoint),
        "properties": {
            **{name: value for name, value in kept.items() if value is not None},
            "traffic": dict(shares),
            "mirrorTraffic": {},
        },
    }
    path = path_of(place, endpoint.name)
    answer = long_running.begin(session, "PUT", path, body, version=VERSION)
    if timeout is not None:
        what = f"traffic of {endpoint.name}"
        long_running.follow(session, answer, what=what, timeout=timeout)


def told(shares: Mapping[str, int]) -> str:
    """``blue 90 %, green 10 %``."""
    return ", ".join(f"{name} {share} %" for name, share in shares.items()) or "none"


def _identity(endpoint: OnlineEndpoint) -> dict[str, Any]:
    """As a PUT takes it: what a GET says of each user-assigned identity is refused there."""
    found = endpoint.body.get("identity") or {}
    assigned = found.get("userAssignedIdentities")
    return {
        "type": found.get("type", "SystemAssigned"),
        **({"userAssignedIdentities": {name: {} for name in assigned}} if assigned else {}),
    }
