"""Datastores of a workspace: where its data is, and what Azure ML signs in there with.

Source: Azure REST reference, "Datastores", version 2024-10-01. The default one is set where SDK
v1 does it (azureml-core 1.61, ``datastore/v1.0``): Resource Manager only shows which it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelyard.azureml import connection
from modelyard.azureml.connection import Place
from modelyard.http import Session

BLOB, LAKE, SHARE = "AzureBlob", "AzureDataLakeGen2", "AzureFile"
CONTAINERS: Mapping[str, str] = {
    BLOB: "containerName",
    LAKE: "filesystem",
    SHARE: "fileShareName",
}
"""Kind -> the property that names what the data is in."""
KEY, SAS, PRINCIPAL, IDENTITY = "AccountKey", "Sas", "ServicePrincipal", "None"
SIGN_IN = "credentialsType"
"""The setting that says which of these."""
SECRETS: Mapping[str, str] = {KEY: "key", SAS: "sasToken", PRINCIPAL: "clientSecret"}
"""How one signs in -> the name of its secret."""
_KEPT = ("description", "tags", "properties", "serviceDataAccessAuthIdentity")
"""What belongs to whoever has set it elsewhere."""


@dataclass(frozen=True)
class Datastore:
    """One that is there."""

    id: str
    name: str
    kind: str
    """One of CONTAINERS, or another that Azure ML has."""
    properties: Mapping[str, Any]

    @property
    def is_default(self) -> bool:
        return bool(self.properties.get("isDefault"))


@dataclass(frozen=True)
class Wanted:
    """What a datastore shall be."""

    name: str
    kind: str
    account: str
    container: str
    """Container, file system or share."""
    endpoint: str
    """``core.windows.net``"""
    sign_in: str
    """One of KEY, SAS, PRINCIPAL, IDENTITY."""
    principal: Mapping[str, str] = field(default_factory=dict)
    """With PRINCIPAL: ``tenantId``, ``clientId``."""
    authority: str = ""
    """With PRINCIPAL: the address where it signs in."""
    secret: str = field(default="", repr=False)

    @property
    def settings(self) -> dict[str, str]:
        """Those that are compared with what there is, as the REST reference names them."""
        return {
            "accountName": self.account,
            CONTAINERS[self.kind]: self.container,
            "endpoint": self.endpoint,
            SIGN_IN: self.sign_in,
            **self.principal,
        }


def find(session: Session, place: Place, name: str) -> Datastore | None:
    """A datastore by its exact name, or None."""
    body = connection.find(session, _path(place, name))
    if body is None:
        return None
    properties = body.get("properties") or {}
    return Datastore(
        id=str(body["id"]),
        name=str(body["name"]),
        kind=str(properties.get("datastoreType", "")),
        properties=properties,
    )


def differences(found: Datastore, wanted: Wanted) -> dict[str, tuple[object, object]]:
    """Name -> what it is and what it shall be, for every setting that isn't as wanted.

    The secret isn't among them: see :func:`secret`.
    """
    there = {**found.properties, **(found.properties.get("credentials") or {})}
    return {
        name: (there.get(name), value)
        for name, value in wanted.settings.items()
        if str(there.get(name) or "").lower() != value.lower()
    }


def secret(session: Session, place: Place, wanted: Wanted) -> str:
    """What is kept of the kind that is wanted; empty when there is none.

    :raises PermissionDenied: to who may not read it.
    """
    kept = secrets(session, place, wanted.name).get(SECRETS[wanted.sign_in])
    return str(kept or "").removeprefix("?")


def secrets(session: Session, place: Place, name: str) -> Mapping[str, Any]:
    """What is kept of any kind: ``secretsType``, one of KEY, SAS, PRINCIPAL, and it by its name.

    :raises PermissionDenied: to who may not read it.
    """
    return session.json(
        "POST",
        f"{_path(place, name)}/listSecrets",
        params=connection.VERSION,
        body={},
        repeatable=True,
        reads=True,
    )


def put(session: Session, place: Place, wanted: Wanted, found: Datastore | None) -> Datastore:
    """Create or change one. Azure ML doesn't try whether it can sign in (``skipValidation``).

    :param found: what is there under its name.
    """
    credentials: dict[str, Any] = {SIGN_IN: wanted.sign_in, **wanted.principal}
    if wanted.sign_in == PRINCIPAL:
        credentials |= {
            "authorityUrl": wanted.authority,
            "resourceUrl": "https://storage.azure.com/",
        }
    if wanted.sign_in != IDENTITY:
        name = SECRETS[wanted.sign_in]
        credentials["secrets"] = {"secretsType": wanted.sign_in, name: wanted.secret}
    kept = {name: found.properties[name] for name in _KEPT if found and name in found.properties}
    properties = {
        **kept,
        "datastoreType": wanted.kind,
        "accountName": wanted.account,
        CONTAINERS[wanted.kind]: wanted.container,
        "endpoint": wanted.endpoint,
        "protocol": "https",
        "credentials": credentials,
    }
    body = session.json(
        "PUT",
        _path(place, wanted.name),
        params={**connection.VERSION, "skipValidation": "true"},
        body={"properties": properties},
        repeatable=True,
    )
    made = body.get("properties") or {}
    return Datastore(str(body["id"]), wanted.name, str(made.get("datastoreType", "")), made)


def set_default(api: Session, place: Place, name: str) -> None:
    """Make it the one that is taken where none is named.

    :param api: a session to the API of the workspace's region.
    """
    api.call("PUT", f"/datastore/v1.0{place.path}/default/{name}", repeatable=True)


def _path(place: Place, name: str) -> str:
    return f"{place.path}/datastores/{name}"
