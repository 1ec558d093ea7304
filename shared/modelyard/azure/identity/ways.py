"""The ways to sign in to Microsoft Entra, each as far as its inputs are there."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from modelyard.azure.identity.clouds import AzureCloud
from modelyard.azure.identity.connection import of_connection
from modelyard.azure.identity.machine import azure_cli, device_code, managed_identity
from modelyard.azure.identity.principal import (
    Principal,
    service_principal,
    with_assertion,
    with_certificate,
)
from modelyard.azure.identity.sign_in import NotTried, Way
from modelyard.errors import InputError
from modelyard.service_connection import ServiceConnection

MANAGED = ("IDENTITY_ENDPOINT", "MSI_ENDPOINT")
"""Variables by which Azure tells a program that it has an identity; a virtual machine has none of
them, so there ``sign-in`` has to say it."""
PEM = "-----BEGIN "


class Account(Protocol):
    """What is given to sign in with; the inputs of operations hold the same."""

    @property
    def azure_service_connection(self) -> str | None: ...
    @property
    def azure_tenant_id(self) -> str | None: ...
    @property
    def azure_client_id(self) -> str | None: ...
    @property
    def azure_client_secret(self) -> str | None: ...
    @property
    def azure_client_certificate(self) -> str | None: ...
    @property
    def azure_client_certificate_password(self) -> str | None: ...
    @property
    def sign_in(self) -> str: ...


class Job(Protocol):
    """What signing in has to know of the CI system; :class:`modelyard.ci.base.CISystem` is one."""

    @property
    def name(self) -> str: ...
    @property
    def attended(self) -> bool: ...
    @property
    def shares_home(self) -> bool: ...
    def write(self, line: str, /) -> None: ...
    def is_fork(self) -> bool: ...
    def no_identity_token(self) -> str: ...
    def identity_token(self, audience: str, /) -> str: ...
    def service_connection(self, name: str, /) -> ServiceConnection: ...


def ways(
    account: Account, job: Job, environment: Mapping[str, str], cloud: AzureCloud
) -> list[Way | NotTried]:
    """All of them, in their order."""
    return [
        _service_connection(account, job),
        _github(account, job, cloud),
        _managed_identity(account, environment),
        _service_principal(account, cloud),
        _azure_cli(account, job, environment),
        _device_code(account, job, cloud),
    ]


def _service_connection(account: Account, job: Job) -> Way | NotTried:
    name = "service-connection"
    if not account.azure_service_connection:
        if job.name == "azure-pipelines":
            return NotTried(name, "azure-service-connection isn't set")
        return NotTried(name, "Azure Pipelines alone has service connections")
    try:
        connection = job.service_connection(account.azure_service_connection)
        return _way(name, of_connection(connection))
    except InputError as error:
        return NotTried(name, error.what, error.fix)


def _github(account: Account, job: Job, cloud: AzureCloud) -> Way | NotTried:
    name = "github-oidc"
    if job.name != "github-actions":
        return NotTried(name, "this isn't a job of GitHub")
    tenant, client = account.azure_tenant_id, account.azure_client_id
    if not tenant or not client:
        return NotTried(name, _missing(azure_tenant_id=tenant, azure_client_id=client))
    if why := job.no_identity_token():
        return NotTried(
            name,
            why,
            "give the job `permissions: {id-token: write, contents: read}`"
            if not job.is_fork()
            else "run this on pushes or on pull requests of branches of the repository itself",
        )
    principal = with_assertion(
        tenant_id=tenant,
        client_id=client,
        assertion=lambda: job.identity_token(cloud.exchange_audience),
        cloud=cloud,
    )
    return _way(name, principal)


def _managed_identity(account: Account, environment: Mapping[str, str]) -> Way | NotTried:
    name = "managed-identity"
    if account.sign_in != name and not any(environment.get(one) for one in MANAGED):
        return NotTried(
            name, f"no {' or '.join(MANAGED)}; on a virtual machine set sign-in to {name}"
        )
    return _way(name, managed_identity(account.azure_client_id))


def _service_principal(account: Account, cloud: AzureCloud) -> Way | NotTried:
    name = "service-principal"
    tenant, client = account.azure_tenant_id, account.azure_client_id
    secret, certificate = account.azure_client_secret, account.azure_client_certificate
    if not tenant or not client or not (secret or certificate):
        why = _missing(
            azure_tenant_id=tenant,
            azure_client_id=client,
            azure_client_secret=secret or certificate,
        )
        return NotTried(name, why.replace("client-secret", "client-secret (or -certificate)"))
    if certificate:
        try:
            content = _certificate(certificate)
        except InputError as error:
            return NotTried(name, error.what, error.fix)
        password = account.azure_client_certificate_password
        return _way(
            name,
            with_certificate(
                tenant_id=tenant,
                client_id=client,
                certificate=content,
                password=password,
                fix="check azure-client-certificate (with its private key, in PEM or PKCS #12), "
                "azure-client-certificate-password, azure-tenant-id and azure-client-id",
                cloud=cloud,
            ),
        )
    return _way(
        name,
        service_principal(
            tenant_id=tenant,
            client_id=client,
            client_secret=str(secret),
            fix="check azure-tenant-id, azure-client-id and azure-client-secret",
            cloud=cloud,
        ),
    )


def _certificate(given: str) -> bytes:
    if PEM in given:
        return given.strip().encode(errors="surrogateescape") + b"\n"
    try:
        return Path(given.strip()).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no path of a file"
        raise InputError(
            f"azure-client-certificate is neither a PEM text nor a file that can be read: {reason}",
            fix="give the path of a PEM or PKCS #12 file, or the text of a PEM file",
        ) from None


def _azure_cli(account: Account, job: Job, environment: Mapping[str, str]) -> Way | NotTried:
    name = "azure-cli"
    if shutil.which("az", path=environment.get("PATH")) is None:
        return NotTried(name, "az isn't on PATH")
    folder, own = _az_folder(environment)
    signed_in = (folder / "azureProfile.json").is_file()
    if not own and job.shares_home:
        return NotTried(
            name,
            f"az's sign-in lies in {folder}, which other jobs of this machine use too",
            "set AZURE_CONFIG_DIR to a folder of the job alone, before az login"
            if signed_in
            else "",
        )
    if not signed_in:
        return NotTried(name, f"nobody is signed in to az in {folder}")
    return _way(name, azure_cli(account.azure_tenant_id))


def _az_folder(environment: Mapping[str, str]) -> tuple[Path, bool]:
    """Where ``az`` keeps its sign-in, and whether that is another folder than everybody's."""
    everybodys = Path.home() / ".azure"
    chosen = environment.get("AZURE_CONFIG_DIR", "")
    folder = Path(chosen) if chosen else everybodys
    return folder, folder.absolute() != everybodys.absolute()


def _device_code(account: Account, job: Job, cloud: AzureCloud) -> Way | NotTried:
    name = "device-code"
    if not job.attended:
        return NotTried(name, "only a person at a terminal can enter a code")
    return _way(name, device_code(job.write, account.azure_tenant_id, cloud))


def _way(name: str, principal: Principal) -> Way:
    return Way(name, principal.name, principal.mint)


def _missing(**values: str | None) -> str:
    names = [name.replace("_", "-") for name, value in values.items() if not value]
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} not set"
