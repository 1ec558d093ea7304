"""Online endpoints and their deployments.

Source: Azure REST reference, "Online Endpoints", "Online Deployments".
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from requests import Response

from modelyard.azure import long_running, pages
from modelyard.azureml import connection
from modelyard.azureml.connection import VERSION, Place
from modelyard.azureml.marks import FINGERPRINT, ORIGIN, PROVEN
from modelyard.errors import AlreadyExists, NotFound, ServiceError
from modelyard.http import Session
from modelyard.waiting import Observation, wait

TAIL = 200
"""Lines of a log that are read."""
_BUSY_SECONDS = 300.0
"""Most that a deletion waits until it is taken."""
_TO_THE_SECOND = len("2024-01-01T00:00:00")


@dataclass(frozen=True)
class OnlineEndpoint:
    """An endpoint as it was read."""

    name: str
    body: Mapping[str, Any]

    @property
    def properties(self) -> Mapping[str, Any]:
        return self.body.get("properties") or {}

    @property
    def tags(self) -> Mapping[str, str]:
        return self.body.get("tags") or {}

    @property
    def scoring_url(self) -> str:
        return str(self.properties.get("scoringUri") or "")

    @property
    def traffic(self) -> dict[str, int]:
        """Per cent by deployment; those without any left out."""
        shares = self.properties.get("traffic") or {}
        return {name: int(share) for name, share in shares.items() if share}

    @property
    def proven(self) -> str:
        """The deployment of the tag PROVEN; empty where there is none."""
        return str(self.tags.get(PROVEN, ""))

    @property
    def origin(self) -> str:
        """The rollout that made it; empty where another program or somebody did."""
        return str(self.tags.get(ORIGIN, ""))

    @property
    def uses_key(self) -> bool:
        return str(self.properties.get("authMode", "")).lower() == "key"

    @property
    def compute(self) -> str:
        """Name of the Kubernetes cluster that it is on; empty for a managed one."""
        return str(self.properties.get("compute") or "").rpartition("/")[2]


@dataclass(frozen=True)
class OnlineDeployment:
    """A deployment as it was read."""

    name: str
    state: str
    fingerprint: str
    origin: str
    """What tells it from another one of its name: the rollout that made it, and of one that
    model-deploy hasn't made, when it was created."""
    created: float | None
    """When, in seconds of the epoch, whole ones; None where Azure doesn't say it."""


def path_of(place: Place, endpoint: str, deployment: str = "") -> str:
    tail = f"/deployments/{deployment}" if deployment else ""
    return f"{place.path}/onlineEndpoints/{endpoint}{tail}"


def find(session: Session, place: Place, name: str) -> OnlineEndpoint | None:
    """The endpoint, or None."""
    body = connection.find(session, path_of(place, name))
    return None if body is None else OnlineEndpoint(name, body)


def find_deployment(
    session: Session, place: Place, endpoint: str, name: str
) -> OnlineDeployment | None:
    """The deployment, or None."""
    body = connection.find(session, path_of(place, endpoint, name))
    return None if body is None else _deployment(body)


def deployments(session: Session, place: Place, endpoint: str) -> list[OnlineDeployment]:
    """All deployments of an endpoint."""
    found = pages.items(session, f"{path_of(place, endpoint)}/deployments", VERSION)
    return [_deployment(body) for body in found]


def create(
    session: Session,
    place: Place,
    name: str,
    *,
    location: str,
    origin: str,
    properties: Mapping[str, Any],
    timeout: float,
) -> OnlineEndpoint:
    """A new endpoint without deployments.

    :param origin: the rollout that makes it.
    :raises OperationFailed, WaitTimeout:
    """
    body = {
        "location": location,
        "tags": {ORIGIN: origin},
        "identity": {"type": "SystemAssigned"},
        "properties": dict(properties),
    }
    made = long_running.change(
        session,
        "PUT",
        path_of(place, name),
        body,
        what=f"endpoint {name}",
        timeout=timeout,
        version=VERSION,
    )
    return OnlineEndpoint(name, made)


def put_deployment(
    session: Session,
    place: Place,
    endpoint: str,
    name: str,
    body: Mapping[str, Any],
    *,
    timeout: float,
) -> None:
    """Create or update a deployment, and wait until it is healthy or has failed.

    :raises OperationFailed, WaitTimeout:
    """
    path = path_of(place, endpoint, name)
    answer = long_running.begin(session, "PUT", path, body, version=VERSION)
    long_running.follow(session, answer, what=f"deployment {name}", timeout=timeout)


def delete_deployment(
    session: Session, place: Place, endpoint: str, name: str, *, timeout: float | None
) -> None:
    """Delete a deployment; nothing where there is none.

    :param timeout: seconds to wait until it is gone; None: only begin.
    """
    _delete(session, path_of(place, endpoint, name), f"deployment {name}", timeout)


def delete_endpoint(
    session: Session, place: Place, endpoint: str, *, timeout: float | None
) -> None:
    """Delete an endpoint with its deployments; nothing where there is none."""
    _delete(session, path_of(place, endpoint), f"endpoint {endpoint}", timeout)


def logs(session: Session, place: Place, endpoint: str, name: str) -> str:
    """The last lines that a deployment's server printed; empty where there are none yet."""
    path = f"{path_of(place, endpoint, name)}/getLogs"
    body = {"containerType": "InferenceServer", "tail": TAIL}
    try:
        answer = session.json("POST", path, params=VERSION, body=body, repeatable=True, reads=True)
    except ServiceError as error:
        if isinstance(error, NotFound) or error.status == 400:  # there was no container yet
            return ""
        raise
    return str(answer.get("content") or "")


def key(session: Session, place: Place, endpoint: OnlineEndpoint) -> str:
    """The primary key, or a fresh token for an endpoint that takes tokens."""
    path = path_of(place, endpoint.name)
    call, name = ("listKeys", "primaryKey") if endpoint.uses_key else ("token", "accessToken")
    answer = session.json(
        "POST", f"{path}/{call}", params=VERSION, body={}, repeatable=True, reads=True
    )
    found = answer.get(name)
    if not found:
        raise ServiceError(f"the endpoint {endpoint.name} gives no {name}")
    return str(found)


def _delete(session: Session, path: str, what: str, timeout: float | None) -> None:
    deletion = f"deletion of {what}"
    try:
        answer = _begin_to_delete(session, path, deletion, timeout)
    except NotFound:
        return
    if timeout is not None and answer is not None:
        long_running.follow(session, answer, what=deletion, timeout=timeout)


def _begin_to_delete(
    session: Session, path: str, deletion: str, timeout: float | None
) -> Response | None:
    """Azure deletes nothing while something else changes it, such as traffic on its way."""

    def probe() -> Observation[Response | None]:
        try:
            return Observation(
                "taken", True, long_running.begin(session, "DELETE", path, version=VERSION)
            )
        except AlreadyExists as error:
            return Observation("refused", False, None, error.what)

    try:
        return long_running.begin(session, "DELETE", path, version=VERSION)
    except AlreadyExists:  # 409
        if timeout is None:
            raise
    return wait(deletion, probe, clock=session.clock, timeout=min(timeout, _BUSY_SECONDS))


def _deployment(body: Mapping[str, Any]) -> OnlineDeployment:
    properties = body.get("properties") or {}
    marks = properties.get("properties") or {}
    created = str((body.get("systemData") or {}).get("createdAt", ""))
    return OnlineDeployment(
        name=str(body["name"]),
        state=str(properties.get("provisioningState", "")),
        fingerprint=str(marks.get(FINGERPRINT, "")),
        origin=str(marks.get(ORIGIN) or created),
        created=_moment(created),
    )


def _moment(text: str) -> float | None:
    """Of a time in ISO 8601 and UTC; Azure gives it with seven decimals."""
    with suppress(ValueError):
        return datetime.datetime.fromisoformat(f"{text[:_TO_THE_SECOND]}+00:00").timestamp()
    return None
