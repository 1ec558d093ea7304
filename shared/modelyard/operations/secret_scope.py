"""secret-scope: a secret scope, what is in it, and who may read it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.azure.key_vault.names import address
from modelyard.context import Context
from modelyard.databricks import secrets
from modelyard.databricks.secrets import KeyVault, Scope
from modelyard.errors import InputError
from modelyard.http import Session
from modelyard.names import counted, listed
from modelyard.operation import Operation, Structure, given, result
from modelyard.operations.inputs import secret_inputs
from modelyard.operations.inputs.mappings import TEXTS, mapping_of
from modelyard.operations.inputs.signing_in import signed_in
from modelyard.operations.inputs.workspace_inputs import WorkspaceInputs, connect

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Inputs(WorkspaceInputs):
    scope: str = given("Name of the secret scope. It is created when it doesn't exist.")
    backend: str = given(
        "Where the secrets are kept: in Databricks' own store, or in an Azure key vault.",
        default="databricks",
        choices=("databricks", "azure-key-vault"),
    )
    key_vault_resource_id: str | None = given(
        "Azure resource id of the key vault, with backend azure-key-vault.",
        default=None,
        visible_when="backend = azure-key-vault",
    )
    key_vault_dns_name: str | None = given(
        "Address of the key vault. Default: https://NAME.vault.azure.net/, or what that is in the "
        "cloud of the workspace.",
        default=None,
        visible_when="backend = azure-key-vault",
    )
    secrets: Structure | None = given(
        "Mapping of a key in the scope to the name of the environment variable that holds its "
        "value, such as 'client_secret: AZURE_CLIENT_SECRET', or to keyvault://VAULT/NAME. Values "
        "may have several lines. Map the variables in the env of this step. With backend "
        "azure-key-vault secrets are set in the vault.",
        default=None,
        multiline=True,
        visible_when="backend = databricks",
    )
    permissions: Structure | None = given(
        "Mapping of a user, group or service principal to READ, WRITE or MANAGE. Others keep what "
        "they have.",
        default=None,
        multiline=True,
    )
    initial_manage_principal: str | None = given(
        "Who may manage a scope that is created: users, which is everybody, is all that the "
        "service knows. Default: only the identity that creates it.",
        default=None,
        choices=("users",),
    )
    prune: bool = given("Delete the keys of the scope that secrets doesn't name.", default=False)


@dataclass(frozen=True)
class Outputs:
    scope: str | None = result("Name of the scope. Set when it exists.")
    created: bool | None = result(
        "Whether this step created it (in a dry run: would). Set as soon as it is known."
    )
    keys: tuple[str, ...] | None = result(
        "JSON list of the keys that were set; set when all is done."
    )
    error: str | None = result("What went wrong; set when it failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    # First of all: whatever goes wrong from here on, no message can hold a value.
    values = secret_inputs.values("secrets", inputs.secrets, inputs, context)
    _check_limits(values)
    if inputs.prune and not values:
        raise InputError(
            "prune would delete every key of the scope, because secrets names none",
            fix="name those to keep in secrets, or leave prune out",
        )
    asked = _scope(inputs, context)
    permissions = _permissions(inputs.permissions)
    session = connect(inputs, context)
    found = secrets.find_scope(session, asked.name)
    if found is not None:
        secrets.check_same(found, asked)
        context.log.info("secret scope %s: unchanged", asked.name)
    else:
        _create(session, asked, inputs, context)
    if found is not None or not session.read_only:
        context.publish(scope=asked.name)
    context.publish(created=found is None)
    _set_values(session, asked, values, exists=found is not None, prune=inputs.prune)
    _permit(session, asked, permissions, exists=found is not None)
    return Outputs(keys=tuple(sorted(values)))


def _create(session: Session, asked: Scope, inputs: Inputs, context: Context) -> None:
    if session.read_only:
        context.log.info("would create the secret scope %s, %s", asked.name, asked.backend)
        return
    secrets.create_scope(session, asked, manager=inputs.initial_manage_principal or "")
    context.log.info("secret scope %s: created, %s", asked.name, asked.backend)


def _set_values(
    session: Session, scope: Scope, values: Mapping[str, str], *, exists: bool, prune: bool
) -> None:
    if scope.vault is not None or not (values or prune):
        return
    there = secrets.keys(session, scope.name) if exists or not session.read_only else []
    superfluous = [key for key in there if key not in values] if prune else []
    if session.read_only:
        listed("would be set", values)
        listed("would be deleted", superfluous)
        return
    for key, value in sorted(values.items()):
        secrets.put(session, scope.name, key, value)
    for key in superfluous:
        secrets.delete(session, scope.name, key)
    listed("set", values)
    listed("deleted", superfluous)
    new = sum(key not in there for key in values)
    log.info(
        "secret scope %s: %s",
        scope.name,
        counted(set=len(values), of_them_new=new, deleted=len(superfluous)),
    )


def _permit(
    session: Session, scope: Scope, permissions: Mapping[str, str], *, exists: bool
) -> None:
    if not permissions:
        return
    there = secrets.permissions(session, scope.name) if exists or not session.read_only else {}
    for principal, permission in sorted(permissions.items()):
        before = there.get(principal)
        if before == permission:
            what = "unchanged"
        elif session.read_only:
            what = f"would be {permission}" + (f", is {before}" if before else "")
        else:
            secrets.permit(session, scope.name, principal, permission)
            what = f"{permission}" + (f", was {before}" if before else "")
        log.info("secret scope %s: permission of %s: %s", scope.name, principal, what)


def _check_limits(values: Mapping[str, str]) -> None:
    """:raises InputError: for what Databricks doesn't take."""
    for key in values:
        secrets.check_key(key)
    large = [key for key, value in values.items() if len(value.encode()) > secrets.LARGEST]
    if large:
        most = f"{secrets.LARGEST // 1024} KB"
        raise InputError(
            "\n".join(f"{key}: the value has more than {most}" for key in large),
            fix=f"keep what is larger than {most} elsewhere, such as in a file on storage",
        )


def _permissions(mapping: Any) -> dict[str, str]:
    """Permission by principal.

    :param mapping: as given.
    :raises InputError: for one that doesn't exist.
    """
    asked = mapping_of("permissions", mapping, example="PRINCIPAL: READ", kinds=TEXTS)
    found = {principal: permission.upper() for principal, permission in asked.items()}
    wrong = [f"{who}: {what}" for who, what in found.items() if what not in secrets.PERMISSIONS]
    if wrong:
        raise InputError(
            f"permissions has {', '.join(wrong)}; there are {', '.join(secrets.PERMISSIONS)}"
        )
    return found


def _scope(inputs: Inputs, context: Context) -> Scope:
    secrets.check_scope_name(inputs.scope)
    if inputs.backend == "databricks":
        if inputs.key_vault_resource_id or inputs.key_vault_dns_name:
            raise InputError(
                "a key vault is named, and backend is databricks",
                fix="set backend to azure-key-vault",
            )
        return Scope(inputs.scope)
    resource_id = inputs.key_vault_resource_id or ""
    name = secrets.vault_name(resource_id)
    if not name:
        raise InputError(
            f"key-vault-resource-id is {resource_id!r}, not the id of a key vault",
            fix="give /subscriptions/ID/resourceGroups/NAME/providers/Microsoft.KeyVault/vaults/"
            "NAME, as 'az keyvault show --query id' prints it",
        )
    if inputs.secrets or inputs.prune:
        raise InputError(
            "a scope on a key vault can't be written to",
            cause="Databricks only reads the vault",
            fix="set the secrets in the key vault, and leave secrets and prune out here",
        )
    dns_name = address(inputs.key_vault_dns_name or name, signed_in(inputs, context).cloud)
    if not dns_name.startswith(f"https://{name.lower()}."):
        raise InputError(
            f"key-vault-dns-name is {dns_name}, and the vault of key-vault-resource-id is {name}",
            cause="Databricks would read another vault than the one whose id the scope has",
            fix="leave key-vault-dns-name out, or give both of the same vault",
        )
    return Scope(inputs.scope, KeyVault(resource_id.rstrip("/"), f"{dns_name}/"))


OPERATION = Operation(
    name="secret-scope",
    title="Create or update a secret scope",
    description="Makes sure that a secret scope exists with the asked-for backend, sets its "
    "secrets from environment variables (values never stand in an input), and gives permissions. "
    "Values can't be read back, so each is set every time.",
    group="Databricks",
    task_id="4afbc7d4-91ff-4328-ba6a-ed43462a5b8f",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    example_environment=("AML_CLIENT_ID", "AML_CLIENT_SECRET"),
    example="scope: azureml\nsecrets: |\n  client_id: AML_CLIENT_ID\n"
    "  client_secret: AML_CLIENT_SECRET",
)
