"""Computes of a workspace: its own clusters, and what is attached to it.

Source: Azure REST reference, "Compute", version 2024-10-01.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelyard.azure import long_running
from modelyard.azure.long_running import DONE
from modelyard.azureml import connection
from modelyard.azureml.connection import Place
from modelyard.durations import seconds_of
from modelyard.errors import InputError, NotFound, ServiceError
from modelyard.http import Session
from modelyard.nested_errors import causes

CLUSTER, DATABRICKS, KUBERNETES, AKS = "AmlCompute", "Databricks", "Kubernetes", "AKS"
TOKEN = "databricksAccessToken"  # noqa: S105 - the name of a property
SCALE = "scaleSettings"
_OWN = ("location", "tags", "identity", "sku")
"""What a compute has beside its properties."""
_DERIVED = frozenset(
    {"createdOn", "modifiedOn", "isAttachedCompute", "provisioningState", "provisioningErrors"}
)
"""Properties that the service sets itself."""
_NOT_FOR_TESTS = {"fastprod", "denseprod"}
"""Purposes of an AKS cluster: one whose dev-test is false may have either."""


@dataclass(frozen=True)
class Compute:
    """One compute."""

    id: str
    name: str
    kind: str
    """One of the four above, or another that Azure ML has."""
    properties: Mapping[str, Any]
    own: Mapping[str, Any] = field(default_factory=dict)
    """Its location, tags, identity and sku, where it has them."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Those of its kind."""
        return self.properties.get("properties") or {}


def find(session: Session, place: Place, name: str) -> Compute | None:
    """A compute by its exact name, or None."""
    body = connection.find(session, f"{place.path}/computes/{name}")
    if body is None:
        return None
    properties = body.get("properties") or {}
    return Compute(
        id=str(body["id"]),
        name=str(body["name"]),
        kind=str(properties.get("computeType", "")),
        properties=properties,
        own={one: body[one] for one in _OWN if body.get(one)},
    )


def require(session: Session, place: Place, name: str) -> Compute:
    """:raises NotFound: when there is none of this name."""
    found = find(session, place, name)
    if found is None:
        raise NotFound(
            f"the workspace {place.workspace} has no compute {name}",
            fix="check the name, or create it with aml-compute",
        )
    return found


def check_ready(found: Compute) -> None:
    """:raises ServiceError: when it is there and not usable."""
    state = found.properties.get("provisioningState", DONE)
    if state != DONE:
        errors = causes(found.properties.get("provisioningErrors"))
        raise ServiceError(
            f"the compute {found.name} is {state}, not ready",
            cause="\n".join(errors),
            fix="wait where it is being made; delete or detach one that has failed, and run again",
        )


def check_usable(session: Session, place: Place, name: str, kind: str, *, otherwise: str) -> None:
    """A compute that something shall run on.

    :param otherwise: what to do where it is of another type.
    :raises NotFound: when it isn't there. InputError when it is of another type. ServiceError
        when it isn't ready.
    """
    found = require(session, place, name)
    if found.kind != kind:
        raise InputError(
            f"the compute {name} is of the type {found.kind}, not {kind}", fix=otherwise
        )
    check_ready(found)


@dataclass(frozen=True)
class Wanted:
    """What a compute shall be."""

    kind: str
    resource_id: str = ""
    """Of what is attached; empty for a cluster of the workspace's own."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """As the REST reference writes them, those that are compared with what there is."""
    initial: Mapping[str, Any] = field(default_factory=dict)
    """Settings of a new one, in place of ``settings`` where both have one. They aren't compared."""
    secret: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Settings that can't be read back."""


def differences(found: Compute, wanted: Wanted) -> dict[str, tuple[object, object]]:
    """Name -> what it is and what it shall be, for every setting that isn't as wanted."""
    changed = {
        name: (now, value)
        for name, value in _flat(wanted.settings).items()
        if not _same(now := _flat(found.settings).get(name), value)
    }
    before = str(found.properties.get("resourceId") or "")
    if wanted.resource_id and before.lower() != wanted.resource_id.lower():
        changed["resourceId"] = (before, wanted.resource_id)
    return changed


def put(
    session: Session, place: Place, name: str, wanted: Wanted, *, location: str, timeout: float
) -> Compute:
    """Create or attach it, and wait until that is done. Raises OperationFailed."""
    properties: dict[str, Any] = {
        "computeType": wanted.kind,
        "properties": {**wanted.settings, **wanted.initial, **wanted.secret},
    }
    if wanted.resource_id:
        properties["resourceId"] = wanted.resource_id
    body: dict[str, Any] = {"location": location, "properties": properties}
    if wanted.kind == KUBERNETES:
        body["identity"] = {"type": "SystemAssigned"}
    return _sent(session, place, name, "PUT", body, timeout)


def update(
    session: Session, place: Place, found: Compute, wanted: Wanted, *, timeout: float
) -> Compute:
    """Change what is there and keep all else of it; wait until that is done.

    A PUT replaces all of a compute: its subnet, identity, tags and description too, where the body
    leaves them out. The API can change the scale of a cluster alone; others are sent as they are.

    :raises OperationFailed:
    """
    if found.kind == CLUSTER:
        scale = {**(found.settings.get(SCALE) or {}), **wanted.settings[SCALE]}
        changed = {"properties": {"properties": {SCALE: scale}}}
        return _sent(session, place, found.name, "PATCH", changed, timeout)
    kept = {name: one for name, one in found.properties.items() if name not in _DERIVED}
    settings = {**found.settings, **wanted.settings, **wanted.secret}
    whole = {**found.own, "properties": {**kept, "properties": settings}}
    return _sent(session, place, found.name, "PUT", whole, timeout)


def _sent(
    session: Session, place: Place, name: str, method: str, body: Mapping[str, Any], timeout: float
) -> Compute:
    long_running.change(
        session,
        method,
        f"{place.path}/computes/{name}",
        body,
        what=f"compute {name}",
        timeout=timeout,
        version=connection.VERSION,
    )
    return require(session, place, name)


def detach(session: Session, place: Place, name: str, *, timeout: float) -> None:
    """Forget what is attached; the thing itself stays."""
    version = {**connection.VERSION, "underlyingResourceAction": "Detach"}
    path = f"{place.path}/computes/{name}"
    long_running.change(
        session, "DELETE", path, what=f"compute {name}", timeout=timeout, version=version
    )


def access_token(session: Session, place: Place, name: str) -> str:
    """The token with which an attached Databricks workspace is used; empty when it has none."""
    path = f"{place.path}/computes/{name}/listKeys"
    answer = session.json("POST", path, params=connection.VERSION, repeatable=True, reads=True)
    return str(answer.get(TOKEN) or "")


def _same(now: object, then: object) -> bool:
    """Sizes of machines come back in another case than they were sent in, times in other units."""
    seconds = seconds_of(then)
    if seconds is not None:
        return seconds == seconds_of(now)
    both = {str(now).lower(), str(then).lower()}
    return len(both) == 1 or both <= _NOT_FOR_TESTS


def _flat(settings: Mapping[str, Any], above: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{above}{name}.")
        else:
            found[f"{above}{name}"] = value
    return found
