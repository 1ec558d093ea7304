"""From the inputs of aml-datastore to the datastores that they ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.azure.guids import is_guid
from modelyard.azure.identity.clouds import AzureCloud
from modelyard.azure.storage_names import is_account, is_container
from modelyard.azureml.datastores import IDENTITY, KEY, LAKE, PRINCIPAL, SAS, Wanted
from modelyard.context import Context
from modelyard.errors import InputError
from modelyard.operations.datastores.datastore_inputs import KINDS, DatastoreInputs
from modelyard.operations.inputs import secret_inputs

_SECRETS = {"account-key": KEY, "sas-token": SAS, "client-secret": PRINCIPAL}
_PRINCIPAL = ("tenant-id", "client-id", "client-secret")
_FIELDS = ("type", "account", "container", "default", "tenant-id", "client-id", *_SECRETS)
_NAME = re.compile(r"[A-Za-z0-9_]{1,255}")


@dataclass(frozen=True)
class Asked:
    """All that is asked for."""

    datastores: tuple[Wanted, ...]
    default: str
    """Which one shall be the default; empty for the one that is it."""


def asked(inputs: DatastoreInputs, context: Context, cloud: AzureCloud) -> Asked:
    """What the inputs ask for, with its secrets, which are masked.

    :raises InputError: one for everything that is wrong.
    """
    stores = _several(inputs) if inputs.datastores is not None else {_name(inputs): _one(inputs)}
    problems = [problem for name, store in stores.items() for problem in _problems(name, store)]
    defaults = [name for name, store in stores.items() if store.get("default")]
    if len(defaults) > 1:
        problems.append(f"{', '.join(defaults)}: one alone can be the default")
    if problems:
        raise InputError("\n".join(problems), fix="modelyard aml-datastore --help has an example")
    if inputs.datastores is not None:
        stores = _with_secrets(stores, inputs, context)
    wanted = tuple(_wanted(name, store, cloud) for name, store in stores.items())
    return Asked(wanted, defaults[0] if defaults else "")


def _name(inputs: DatastoreInputs) -> str:
    if not inputs.datastore_name:
        raise InputError(
            "no datastore is named",
            fix="set datastore-name with datastore-type, account and container, or datastores",
        )
    return inputs.datastore_name


def _one(inputs: DatastoreInputs) -> dict[str, Any]:
    given = {
        "type": inputs.datastore_type,
        "account": inputs.account,
        "container": inputs.container,
        "default": inputs.make_default,
        "account-key": inputs.account_key,
        "sas-token": inputs.sas_token,
        "tenant-id": inputs.storage_tenant_id,
        "client-id": inputs.storage_client_id,
        "client-secret": inputs.storage_client_secret,
    }
    return {name: value for name, value in given.items() if value is not None}


def _several(inputs: DatastoreInputs) -> dict[str, dict[str, Any]]:
    if inputs.datastore_name:
        raise InputError(
            "datastore-name and datastores are both given", fix="give one of the two alone"
        )
    found: Any = inputs.datastores
    if not isinstance(found, Mapping) or not found:
        raise InputError(
            "datastores isn't a mapping of names", fix="write 'NAME: {type: blob, account: ...}'"
        )
    if wrong := [str(name) for name, store in found.items() if not isinstance(store, Mapping)]:
        raise InputError(
            f"datastores has no mapping for {', '.join(wrong)}",
            fix="write 'NAME: {type: blob, account: ..., container: ...}'",
        )
    return {str(name): dict(store) for name, store in found.items()}


def _problems(name: str, store: Mapping[str, Any]) -> Iterator[str]:
    """What can't be, without showing a value that may be a secret."""
    if not _NAME.fullmatch(name):
        yield f"{name!r} can't name a datastore: letters, digits and underscores"
    if unknown := [str(one) for one in store if one not in _FIELDS]:
        yield f"{name}: {', '.join(unknown)} isn't known; there are {', '.join(_FIELDS)}"
    if not isinstance(store.get("default", False), bool):
        yield f"{name}: default is neither true nor false"
    texts = [one for one in _FIELDS if one != "default" and one in store]
    if wrong := [one for one in texts if not isinstance(store[one], str) or not store[one]]:
        yield f"{name}: {', '.join(wrong)} isn't a text"
        return
    for field, is_name, fix in (
        ("account", is_account, "3 to 24 small letters and digits"),
        ("container", is_container, "3 to 63 small letters, digits and single hyphens"),
    ):
        if not is_name(str(store.get(field, ""))):
            yield f"{name}: {field} is {store.get(field)!r}; it has {fix}"
    kind = KINDS.get(str(store.get("type")))
    if kind is None:
        yield f"{name}: type is {store.get('type')!r}; there are {', '.join(KINDS)}"
        return
    yield from _problems_of_sign_in(name, kind, store)


def _problems_of_sign_in(name: str, kind: str, store: Mapping[str, Any]) -> Iterator[str]:
    if len(secrets := [one for one in _SECRETS if one in store]) > 1:
        yield f"{name}: {' and '.join(secrets)} are given; Azure ML signs in by one of them"
    principal = [one for one in _PRINCIPAL if one in store]
    if principal and len(principal) < len(_PRINCIPAL):
        yield f"{name}: of a service principal all of {', '.join(_PRINCIPAL)} are needed"
    for one in ("tenant-id", "client-id"):
        if one in store and not is_guid(store[one]):
            yield f"{name}: {one} is {store[one]!r}, which isn't an id"
    # Source: learn.microsoft.com, "Create datastores".
    if kind == LAKE and {"account-key", "sas-token"} & store.keys():
        yield f"{name}: adls-gen2 takes a service principal or an identity, not {secrets[0]}"
    if kind != LAKE and principal:
        yield f"{name}: a service principal is for adls-gen2 alone"


def _with_secrets(
    stores: Mapping[str, Mapping[str, Any]], inputs: DatastoreInputs, context: Context
) -> dict[str, dict[str, Any]]:
    """The datastores with the secrets in place of what names them."""
    named = {
        f"{name}.{one}": store[one]
        for name, store in stores.items()
        for one in _SECRETS
        if one in store
    }
    values = secret_inputs.values("datastores", named, inputs, context)
    return {
        name: {one: values.get(f"{name}.{one}", value) for one, value in store.items()}
        for name, store in stores.items()
    }


def _wanted(name: str, store: Mapping[str, Any], cloud: AzureCloud) -> Wanted:
    field = next((one for one in _SECRETS if one in store), "")
    return Wanted(
        name=name,
        kind=KINDS[store["type"]],
        account=store["account"],
        container=store["container"],
        endpoint=cloud.storage_domain,
        sign_in=_SECRETS.get(field, IDENTITY),
        principal={"tenantId": store["tenant-id"], "clientId": store["client-id"]}
        if field == "client-secret"
        else {},
        authority=f"https://{cloud.authority}",
        secret=store.get(field, "").removeprefix("?"),  # which addresses have before a signature
    )
