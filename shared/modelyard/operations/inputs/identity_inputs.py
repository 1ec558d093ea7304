"""The inputs that say who signs in, the same for every operation and on every platform."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass

from modelyard.azure.identity import clouds
from modelyard.azure.identity.clouds import PUBLIC, AzureCloud
from modelyard.azure.identity.sign_in import NotTried, SignIn, Way
from modelyard.context import Context
from modelyard.errors import InputError
from modelyard.operation import given, members
from modelyard.operations.inputs import entra_ways

AUTOMATIC = "automatic"
WAYS = (
    "service-connection",
    "github-oidc",
    "databricks-federation",
    "managed-identity",
    "service-principal",
    "azure-cli",
    "token",
    "device-code",
)
"""In the order in which they are tried."""
GROUP = "Identity"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True)
class IdentityInputs:
    """Who asks."""

    azure_service_connection: str | None = given(
        "Service connection to Azure Resource Manager that signs in, best one with workload "
        "identity federation. It is tried first.",
        default=None,
        group=GROUP,
        connection="AzureRM",
        aliases=("azureSubscription",),
        label="Azure service connection",
    )
    azure_tenant_id: str | None = given(
        "Microsoft Entra tenant of the service principal.",
        default=None,
        environment=("AZURE_TENANT_ID", "ARM_TENANT_ID"),
        group=GROUP,
    )
    azure_client_id: str | None = given(
        "Application (client) id of the service principal, or of a managed identity. On GitHub no "
        "secret is needed beside it where the job has the permission id-token: write and the "
        "application a federated credential.",
        default=None,
        environment=("AZURE_CLIENT_ID", "ARM_CLIENT_ID"),
        group=GROUP,
    )
    azure_client_secret: str | None = given(
        "Secret of the service principal.",
        default=None,
        secret=True,
        environment=("AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET"),
        group=GROUP,
    )
    azure_client_certificate: str | None = given(
        "Certificate of the service principal with its private key, in place of a secret: the path "
        "of a PEM or PKCS #12 file, or the text of a PEM file.",
        default=None,
        secret=True,
        environment=("AZURE_CLIENT_CERTIFICATE_PATH", "ARM_CLIENT_CERTIFICATE_PATH"),
        group=GROUP,
    )
    azure_client_certificate_password: str | None = given(
        "Password of the certificate's private key, where it has one.",
        default=None,
        secret=True,
        environment=("AZURE_CLIENT_CERTIFICATE_PASSWORD", "ARM_CLIENT_CERTIFICATE_PASSWORD"),
        group=GROUP,
    )
    sign_in: str = given(
        "How to sign in. Left automatic, each way whose inputs are there is tried in the order of "
        "this list, and the first that works is used; managed-identity and azure-cli are among "
        "them where this job alone has them.",
        default=AUTOMATIC,
        choices=(AUTOMATIC, *WAYS),
        environment=("MODELYARD_SIGN_IN",),
        group=GROUP,
    )
    azure_cloud: str | None = given(
        "The Azure cloud. Left out, the service connection or the workspace's address tells.",
        default=None,
        choices=clouds.NAMES,
        environment=("ARM_ENVIRONMENT",),
        group=GROUP,
    )
    allowed_tenants: tuple[str, ...] = given(
        "Ids of Microsoft Entra tenants, one a line. Signing in to any other is an error before "
        "anything is written.",
        default=(),
        group=GROUP,
    )


def cloud_of(inputs: IdentityInputs, context: Context, workspace_url: str = "") -> AzureCloud:
    """The cloud that the inputs name, or that follows from them; else the public one."""
    if inputs.azure_cloud:
        return clouds.by_name(inputs.azure_cloud)
    if inputs.azure_service_connection:
        with suppress(InputError):  # the table of ways says what is wrong with it
            connection = context.ci.service_connection(inputs.azure_service_connection)
            return clouds.of_connection(connection.environment)
    return clouds.of_workspace(workspace_url) or PUBLIC


def sign_in(
    inputs: IdentityInputs,
    context: Context,
    *,
    cloud: AzureCloud,
    more: Sequence[Way | NotTried] = (),
    later: Collection[str] = (),
) -> SignIn:
    """The ways to sign in, in their order; nothing is sent yet.

    :param more: ways that are the operation's own: each takes the place that its name has in WAYS.
    :param later: names of ways that come after all others but the person's.
    :raises InputError: when no way can be tried.
    """
    _check_tenants(inputs)
    every = [*entra_ways.ways(inputs, context, cloud), *more]
    wanted = [way for way in every if inputs.sign_in in (AUTOMATIC, way.name)]
    if not wanted:
        raise InputError(
            f"sign-in is {inputs.sign_in}, which isn't a way to sign in here",
            fix=f"choose one of {', '.join(way.name for way in every)}",
        )
    last = len(WAYS) - 1
    wanted.sort(key=lambda way: last - 0.5 if way.name in later else WAYS.index(way.name))

    def chosen(way: Way) -> None:
        context.log.info("signed in by %s: %s", way.name, way.who)
        if way.warning and inputs.sign_in == AUTOMATIC:  # who names it has been told
            context.log.warning("%s", way.warning)

    return SignIn(wanted, chosen=chosen, allowed_tenants=inputs.allowed_tenants)


def only_in_environment(inputs: IdentityInputs, context: Context, name: str) -> bool:
    """Whether the value of an input is what one of its environment variables holds.

    Such a variable may be meant for other programs of the job.
    """
    value = getattr(inputs, name)
    spec = next(member.spec for member in members(type(inputs)) if member.name == name)
    return any(context.environment.get(variable) == value for variable in spec.environment)


def _check_tenants(inputs: IdentityInputs) -> None:
    """:raises InputError: for what can't be the id of a tenant."""
    allowed = [tenant.lower() for tenant in inputs.allowed_tenants]
    if wrong := [tenant for tenant in allowed if not _GUID.fullmatch(tenant)]:
        raise InputError(
            f"allowed-tenants holds {wrong[0]!r}, which isn't the id of a tenant",
            fix="give ids, such as 11111111-2222-3333-4444-555555555555; tokens tell no names",
        )
