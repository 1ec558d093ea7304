"""The inputs that say who signs in, the same for every operation and on every platform."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from modelyard.azure.identity import clouds, variables
from modelyard.azure.identity.sign_in import NotTried, Way
from modelyard.azure.identity.variables import AUTOMATIC
from modelyard.context import Context
from modelyard.operation import given, members

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


class Late:
    """What ways of a workspace's own need, and what somebody has to sign in for to find it."""

    url = ""
    """The workspace's address."""
    token = ""
    """The personal access token itself, where the input says in which key vault it is."""


@dataclass(frozen=True)
class Own:
    """What the inputs of some operations add to signing in."""

    ways: Sequence[Way | NotTried] = ()
    """Each takes the place that its name has in WAYS."""
    later: Collection[str] = ()
    """Names of ways that come after all others but the person's."""
    workspace_url: str = ""
    """The address of a workspace, which tells the cloud."""


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
        environment=variables.TENANT_ID,
        group=GROUP,
    )
    azure_client_id: str | None = given(
        "Application (client) id of the service principal, or of a managed identity. On GitHub no "
        "secret is needed beside it where the job has the permission id-token: write and the "
        "application a federated credential.",
        default=None,
        environment=variables.CLIENT_ID,
        group=GROUP,
    )
    azure_client_secret: str | None = given(
        "Secret of the service principal.",
        default=None,
        secret=True,
        environment=variables.CLIENT_SECRET,
        group=GROUP,
    )
    azure_client_certificate: str | None = given(
        "Certificate of the service principal with its private key, in place of a secret: the path "
        "of a PEM or PKCS #12 file, or the text of a PEM file.",
        default=None,
        secret=True,
        environment=variables.CLIENT_CERTIFICATE,
        group=GROUP,
    )
    azure_client_certificate_password: str | None = given(
        "Password of the certificate's private key, where it has one.",
        default=None,
        secret=True,
        environment=variables.CLIENT_CERTIFICATE_PASSWORD,
        group=GROUP,
    )
    sign_in: str = given(
        "How to sign in. Left automatic, each way whose inputs are there is tried in the order of "
        "this list, and the first that works is used; managed-identity and azure-cli are among "
        "them where this job alone has them.",
        default=AUTOMATIC,
        choices=(AUTOMATIC, *WAYS),
        environment=(variables.SIGN_IN,),
        group=GROUP,
    )
    azure_cloud: str | None = given(
        "The Azure cloud. Left out, the service connection or the workspace's address tells.",
        default=None,
        choices=clouds.NAMES,
        environment=(variables.CLOUD,),
        group=GROUP,
    )
    allowed_tenants: tuple[str, ...] = given(
        "Ids of Microsoft Entra tenants, one a line. Signing in to any other is an error before "
        "anything is written.",
        default=(),
        environment=(variables.ALLOWED_TENANTS,),
        guards=True,
        group=GROUP,
    )

    def own(self, _context: Context, _late: Late) -> Own:
        """What they add to the ways that every operation has."""
        return Own()


def only_in_environment(inputs: IdentityInputs, context: Context, name: str) -> bool:
    """Whether the value of an input is what one of its environment variables holds.

    Such a variable may be meant for other programs of the job.
    """
    value = getattr(inputs, name)
    spec = next(member.spec for member in members(type(inputs)) if member.name == name)
    return any(context.environment.get(variable) == value for variable in spec.environment)
