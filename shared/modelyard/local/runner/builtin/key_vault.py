"""AzureKeyVault: secrets of a vault as variables of the job.

Source: ``Tasks/AzureKeyVaultV2``. What talks to the vault runs in a process of its own
(:mod:`.key_vault_process`), with the step's environment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from modelyard.azure.identity.clouds import of_connection
from modelyard.errors import InputError
from modelyard.local.own_program import own_program
from modelyard.local.runner.builtin.step import Command, StepContext, StepFailed
from modelyard.local.runner.builtin.task import BuiltinTask, Input, connection, picklist, text


def _command(inputs: Mapping[str, str], step: StepContext) -> Command:
    vault = inputs.get("KeyVaultName", "").strip()
    if not re.fullmatch(r"[A-Za-z0-9-]+", vault):
        raise StepFailed(f"the input KeyVaultName is {vault!r}, which can't be the name of a vault")
    endpoint = step.endpoint(inputs.get("ConnectedServiceName", ""))
    data = {name.lower(): value for name, value in endpoint.data.items()}
    try:
        suffix = (
            data.get("azurekeyvaultdnssuffix")
            or of_connection(data.get("environment", "")).vault_domain
        )
    except InputError as error:
        raise StepFailed(error.what) from None
    step.log(f"Subscription: {data.get('subscriptionid', '')}")
    step.log(f"Key vault: {vault}")
    return Command(
        own_program("runner.builtin.key_vault_process"),
        step.folder,
        environment={
            **step.connection_environment(endpoint),
            "MODELYARD_VAULT": f"{vault}.{suffix}",
            "MODELYARD_VAULT_CONNECTION": endpoint.id,
            "MODELYARD_VAULT_FILTER": inputs.get("SecretsFilter", "").strip() or "*",
        },
        failure="secrets of the vault could not be read",
        title="Reading the secrets.",
    )


TASKS = (
    BuiltinTask(
        "AzureKeyVault",
        "2",
        "1e244d32-2dd4-4165-96fb-b7441ca9331e",
        (
            connection("ConnectedServiceName", "AzureRM", alias="azureSubscription"),
            picklist("KeyVaultName", ()),
            text("SecretsFilter", "*", required=True),
            Input("RunAsPreJob", "boolean", "false", required=True),
        ),
        command=_command,
    ),
)
