"""What a client sends of a datastore, checked: by Resource Manager, and as SDK v1 writes it.

A datastore is kept as Resource Manager writes it, its secrets apart from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.local.cloud.arm import exceptions

Json = dict[str, Any]
BLOB, LAKE, SHARE = "AzureBlob", "AzureDataLakeGen2", "AzureFile"
CONTAINERS: Mapping[str, str] = {
    BLOB: "containerName",
    LAKE: "filesystem",
    SHARE: "fileShareName",
}
"""Kind -> the property that names what the data is in."""
KEY, SAS, PRINCIPAL, NONE = "AccountKey", "Sas", "ServicePrincipal", "None"
SECRETS: Mapping[str, str] = {KEY: "key", SAS: "sasToken", PRINCIPAL: "clientSecret", NONE: ""}
"""How one signs in -> the name of its secret."""
_OF_PRINCIPAL: Mapping[str, str] = {
    "tenantId": "",
    "clientId": "",
    "authorityUrl": "https://login.microsoftonline.com",
    "resourceUrl": "https://storage.azure.com/",
}
"""What is public of a service principal, with its defaults; an empty one has to be given."""


@dataclass(frozen=True)
class Form:
    """A datastore as it is kept."""

    properties: Json
    secrets: Json


def of_manager(body: Json) -> Form:
    """The body of a PUT to Resource Manager. Raises ArmError."""
    given = body.get("properties") or {}
    kind = str(given.get("datastoreType"))
    credentials = given.get("credentials") or {}
    sign_in = str(credentials.get("credentialsType"))
    _check(kind, sign_in)
    own = {CONTAINERS[kind]: given.get(CONTAINERS[kind])}
    return _form(kind, sign_in, given, own, credentials, credentials.get("secrets") or {})


def of_sdk(body: Json) -> Form:
    """The body of a POST to the data plane of SDK v1. Raises ArmError."""
    kind = str(body.get("dataStoreType"))
    given = body.get("azureStorageSection") or {}
    sign_in = str(given.get("credentialType") or NONE)
    _check(kind, sign_in)
    principal = given.get("clientCredentials") or {}
    credentials = {**principal, "resourceUrl": principal.get("resourceUri")}
    secret = principal.get("clientSecret") if sign_in == PRINCIPAL else given.get("credential")
    own = {CONTAINERS[kind]: given.get("containerName")}
    values = {**given, "tags": body.get("tags")}
    return _form(kind, sign_in, values, own, credentials, {SECRETS[sign_in]: secret})


def _check(kind: str, sign_in: str) -> None:
    if kind not in CONTAINERS:
        raise exceptions.bad_request(f"Datastores of type {kind} aren't emulated.", "NotEmulated")
    if sign_in not in SECRETS:
        raise exceptions.bad_request(
            f"Datastores that sign in by {sign_in} aren't emulated.", "NotEmulated"
        )


def _form(
    kind: str, sign_in: str, given: Json, own: Json, credentials: Json, secrets: Json
) -> Form:
    required = {"accountName": given.get("accountName"), **own}
    principal: Json = {}
    if sign_in == PRINCIPAL:
        principal = {
            name: credentials.get(name) or default for name, default in _OF_PRINCIPAL.items()
        }
    if name := SECRETS[sign_in]:
        required[name] = secrets.get(name)
    missing = [name for name, value in {**required, **principal}.items() if not value]
    if missing:
        raise exceptions.bad_request(f"{', '.join(missing)} is required.", "UserError")
    properties = {
        "datastoreType": kind,
        "accountName": str(given["accountName"]),
        **{name: str(value) for name, value in own.items()},
        "endpoint": given.get("endpoint") or "core.windows.net",
        "protocol": given.get("protocol") or "https",
        "credentials": {"credentialsType": sign_in, **principal},
        "description": given.get("description"),
        "tags": given.get("tags") or {},
        "properties": given.get("properties") or {},
        "serviceDataAccessAuthIdentity": given.get("serviceDataAccessAuthIdentity") or "None",
    }
    kept: Json = {"secretsType": sign_in}
    if name:
        kept[name] = str(secrets[name])
    return Form(properties, kept)
