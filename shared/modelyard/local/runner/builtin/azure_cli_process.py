"""The program behind AzureCLI: signs ``az`` in, then becomes the script.

The script replaces this process, so that it gets the signals, and its exit code is the step's.

Source: ``Tasks/AzureCLIV2`` (``loginAzureRM``, ``addSpnToEnvironment``); learn.microsoft.com, Azure
DevOps REST reference, "Oidctoken - Create".
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

from modelyard.ci import azure_connections
from modelyard.clock import SystemClock
from modelyard.credentials import StaticToken
from modelyard.errors import ModelyardError
from modelyard.http import Session
from modelyard.local.runner.builtin.az_login import Login
from modelyard.local.runner.builtin.azure_cli import SETTINGS
from modelyard.local.runner.builtin.step import TASK_ONLY
from modelyard.local.runner.logging_commands import command
from modelyard.service_connection import FEDERATED, ServiceConnection


def main() -> int:
    """Returns only where signing in fails."""
    settings = json.loads(os.environ.pop(SETTINGS))
    try:
        connection = azure_connections.read(os.environ, settings["connection"])
        environment = _environment(connection, settings)
    except ModelyardError as error:
        sys.stdout.write(f"{command('task.logissue', {'type': 'error'}, str(error))}\n")
        return 1
    sys.stdout.flush()
    return become(settings["command"], environment)


def become(command: list[str], environment: dict[str, str]) -> NoReturn:
    """Put the program in this one's place."""
    os.execvpe(command[0], command, environment)  # noqa: S606 - no shell is wanted


def _environment(connection: ServiceConnection, settings: dict[str, Any]) -> dict[str, str]:
    """The script's environment: nothing of the task's own, and ``az`` signed in."""
    folder = Path(os.environ.get("AZURE_CONFIG_DIR", ""))
    federated = connection.scheme == FEDERATED
    proof = connection.client_secret
    if federated and (settings["principal"] or not settings["local"]):
        proof = _identity_token(connection)
        sys.stdout.write(f"{command('task.setsecret', data=proof)}\n")
    if settings["local"]:
        Login(
            connection,
            oidc_uri=os.environ.get("SYSTEM_OIDCREQUESTURI", ""),
            subscription=settings["subscription"],
            subscription_name=settings["subscriptionName"],
        ).save(folder)
    else:
        _sign_in(connection, proof, settings)
    environment = {
        name: value for name, value in os.environ.items() if not name.upper().startswith(TASK_ONLY)
    }
    if federated:  # for credentials that renew themselves, such as AzurePipelinesCredential
        environment["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"] = connection.id
        environment["AZURESUBSCRIPTION_CLIENT_ID"] = connection.client_id
        environment["AZURESUBSCRIPTION_TENANT_ID"] = connection.tenant_id
    if settings["principal"]:
        environment["servicePrincipalId"] = connection.client_id
        environment["tenantId"] = connection.tenant_id
        environment["idToken" if federated else "servicePrincipalKey"] = proof
    return environment


def _identity_token(connection: ServiceConnection) -> str:
    session = Session(
        os.environ["SYSTEM_OIDCREQUESTURI"],
        clock=SystemClock(),
        credential=StaticToken(connection.job_token),
    )
    answer = session.json(
        "POST",
        "",
        params={"api-version": "7.1", "serviceConnectionId": connection.id},
        body={},
        repeatable=True,
    )
    return str(answer["oidcToken"])


def _sign_in(connection: ServiceConnection, proof: str, settings: dict[str, Any]) -> None:
    """With the real ``az``. It reads ``@FILE``: what proves the identity is on no command line."""
    kind = "--federated-token" if connection.scheme == FEDERATED else "--password"
    folder = Path(os.environ.get("AZURE_CONFIG_DIR") or os.environ["AGENT_TEMPDIRECTORY"])
    file = folder / "proof"
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(proof)
    login = [
        "az", "login", "--service-principal", "--username", connection.client_id,
        "--tenant", connection.tenant_id, "--allow-no-subscriptions", kind, f"@{file}",
    ]  # fmt: skip
    try:
        _az(login if settings["show"] else [*login, "--output", "none"])
    finally:
        file.unlink()
    if settings["subscription"]:
        _az(["az", "account", "set", "--subscription", settings["subscription"]])


def _az(command: list[str]) -> None:
    if subprocess.run(command, check=False).returncode != 0:
        raise ModelyardError(f"az {command[1]} failed")
