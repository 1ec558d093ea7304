"""Web services of Azure ML on container instances and AKS, as SDK v1 deploys them.

They have no place in Resource Manager: they are created over the region's own interface. Source:
the calls of azureml-core 1.61 (``AciWebservice``, ``AksWebservice``, ``InferenceConfig``).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from modelyard.azure.long_running import OperationFailed, failed
from modelyard.azureml import blobs
from modelyard.azureml.connection import Place
from modelyard.azureml.marks import FINGERPRINT, ORIGIN
from modelyard.errors import NotFound, NotTheService, ServiceError, UnknownState
from modelyard.http import Session
from modelyard.waiting import Observation, Pace, wait

ACI, AKS = "ACI", "AKS"
HEALTHY = "Healthy"
_DONE, _FAILED = "Succeeded", ("Failed", "Cancelled", "TimedOut")
_ACTIVE = ("", "NotStarted", "Running")
"""Of an operation that goes on; empty: it isn't told yet."""
_PACE = Pace(first=1.0, factor=1.4, most=10.0)
_ORIGIN = "LocalUpload"


@dataclass(frozen=True)
class WebService:
    """A service as it was read."""

    name: str
    kind: str
    """ACI or AKS."""
    state: str
    scoring_url: str
    uses_key: bool
    uses_token: bool
    tags: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        return str(self.tags.get(FINGERPRINT, ""))

    @property
    def origin(self) -> str:
        """The rollout that made it, or has replaced it; empty where somebody else has."""
        return str(self.tags.get(ORIGIN, ""))


def find(session: Session, place: Place, name: str) -> WebService | None:
    """The service, or None."""
    try:
        return _service(session.get(_path(place, name), {"expand": "true"}))
    except NotFound:
        return None


def upload(session: Session, place: Place, container: str, name: str, data: bytes) -> str:
    """Keep a file that a service is made of; its address, as a service names it."""
    path = f"/artifact/v2.0{place.path}/artifacts/batch/metadata/{_ORIGIN}/{container}"
    answer = session.post(path, {"paths": [{"path": name}]}, repeatable=True)
    address = ((answer.get("artifactContentInformation") or {}).get(name) or {}).get("contentUri")
    if not address:
        raise NotTheService(f"Azure ML gave no address to upload {name} to")
    blobs.put(str(address), data, clock=session.clock)
    return f"aml://artifact/{_ORIGIN}/{container}/{name}"


def deploy(
    session: Session, place: Place, body: Mapping[str, Any], *, timeout: float
) -> WebService:
    """Create a service, or overwrite it where the body says so; wait until it is healthy.

    :raises OperationFailed: with all causes that Azure gives. WaitTimeout, UnknownState.
    """
    name = str(body["name"])
    answer = session.call("POST", _path(place), json=body)
    operation = str(answer.headers.get("Operation-Location", "")).rstrip("/").rpartition("/")[2]
    if not operation:
        raise NotTheService(f"Azure ML names no operation for the service {name}")
    path = f"{_base(place)}/operations/{quote(operation, safe='')}"
    what = f"service {name}"
    wait(
        what,
        lambda: _observed(session.get(path), what),
        clock=session.clock,
        timeout=timeout,
        pace=_PACE,
    )
    found = find(session, place, name)
    if found is None or found.state != HEALTHY:
        state = found.state if found else "gone"
        raise OperationFailed(f"{what} was deployed, and is {state}")
    return found


def delete(session: Session, place: Place, name: str) -> None:
    """Delete a service, also one that is being created; nothing where there is none."""
    with suppress(NotFound):
        session.call("DELETE", _path(place, name))


def key(session: Session, place: Place, service: WebService) -> str:
    """The primary key, a fresh token, or nothing for a service that takes everybody."""
    if not (service.uses_key or service.uses_token):
        return ""
    call, field = ("listkeys", "primaryKey") if service.uses_key else ("token", "accessToken")
    path = f"{_path(place, service.name)}/{call}"
    found = session.post(path, {}, reads=True).get(field)
    if not found:
        raise ServiceError(f"the service {service.name} gives no {field}")
    return str(found)


def logs(session: Session, place: Place, name: str) -> str:
    """What its container printed; empty where there is none."""
    try:
        return str(session.get(f"{_path(place, name)}/logs").get("content") or "")
    except ServiceError as error:
        if isinstance(error, NotFound) or error.status == 400:
            return ""
        raise


def _observed(body: Mapping[str, Any], what: str) -> Observation[None]:
    state = str(body.get("state") or "")
    if state in _FAILED:
        raise failed(body, what, state)
    if state != _DONE and state not in _ACTIVE:
        raise UnknownState(f"Azure ML reports the state {state!r} of {what}, which isn't known")
    return Observation(state, state == _DONE, None)


def _service(body: Mapping[str, Any]) -> WebService:
    return WebService(
        name=str(body["name"]),
        kind=str(body.get("computeType") or ""),
        state=str(body.get("state") or ""),
        scoring_url=str(body.get("scoringUri") or ""),
        uses_key=bool(body.get("authEnabled")),
        uses_token=bool(body.get("aadAuthEnabled")),
        tags=body.get("kvTags") or {},
    )


def _base(place: Place) -> str:
    return f"/modelmanagement/v1.0{place.path}"


def _path(place: Place, name: str = "") -> str:
    return f"{_base(place)}/services" + (f"/{quote(name, safe='')}" if name else "")
