"""Who reads a key vault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modelyard.azure import identity
from modelyard.azure.key_vault import Vaults
from modelyard.context import Context
from modelyard.credentials import Credential
from modelyard.errors import InputError
from modelyard.operation import given

_VARIABLES = {
    "azure_tenant_id": ("AZURE_TENANT_ID", "ARM_TENANT_ID"),
    "azure_client_id": ("AZURE_CLIENT_ID", "ARM_CLIENT_ID"),
    "azure_client_secret": ("AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET"),
}


@dataclass(frozen=True, kw_only=True)
class VaultInputs:
    """The identity of an operation that speaks to Azure alone."""

    azure_service_connection: str | None = given(
        "Service connection to Azure Resource Manager whose service principal signs in, best one "
        "with workload identity federation.",
        default=None,
        group="Identity",
        connection="AzureRM",
        aliases=("azureSubscription",),
        label="Azure service connection",
    )
    azure_tenant_id: str | None = given(
        "Microsoft Entra tenant of the service principal.",
        default=None,
        environment=_VARIABLES["azure_tenant_id"],
        group="Identity",
    )
    azure_client_id: str | None = given(
        "Application (client) id of the service principal.",
        default=None,
        environment=_VARIABLES["azure_client_id"],
        group="Identity",
    )
    azure_client_secret: str | None = given(
        "Secret of the service principal.",
        default=None,
        secret=True,
        environment=_VARIABLES["azure_client_secret"],
        group="Identity",
    )


def vaults(inputs: Any, context: Context) -> Vaults:
    """The vaults, read as the identity that the inputs name.

    :param inputs: of any operation: one without such inputs takes the identity of the variables.
    :raises InputError: when no identity is given.
    """
    signed_in = _principal(inputs, context)
    context.log.debug("key vaults are read as %s", signed_in.client_id)

    def sign_in(resource: str) -> Credential:
        return signed_in.token(resource, clock=context.clock)

    return Vaults(sign_in, clock=context.clock)


def _principal(inputs: Any, context: Context) -> identity.Principal:
    connection = getattr(inputs, "azure_service_connection", None)
    if connection:
        return identity.of_connection(context.ci.service_connection(connection))
    found = {name: _value(inputs, name, context) for name in _VARIABLES}
    if missing := [name.replace("_", "-") for name, value in found.items() if not value]:
        raise InputError(
            f"a key vault is to be read, and {', '.join(missing)} missing: nobody can sign in",
            fix="set them (or the variables AZURE_TENANT_ID, AZURE_CLIENT_ID and "
            "AZURE_CLIENT_SECRET); on Azure Pipelines azureServiceConnection is enough",
        )
    return identity.service_principal(
        tenant_id=found["azure_tenant_id"],
        client_id=found["azure_client_id"],
        client_secret=found["azure_client_secret"],
        fix="check azure-tenant-id, azure-client-id and azure-client-secret",
    )


def _value(inputs: Any, name: str, context: Context) -> str:
    given = getattr(inputs, name, None)
    variables = (context.environment.get(one, "") for one in _VARIABLES[name])
    return str(given or next(filter(None, variables), ""))
