"""The inputs that every Databricks operation shares, and the session they give."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.azure import identity, manager
from modelyard.context import Context
from modelyard.credentials import Combined, Credential, StaticToken
from modelyard.databricks import connection
from modelyard.errors import InputError
from modelyard.http import Session
from modelyard.operation import given

_PRINCIPAL = ("azure_tenant_id", "azure_client_id", "azure_client_secret")


@dataclass(frozen=True, kw_only=True)
class WorkspaceInputs:
    """Which workspace, and who asks."""

    workspace_url: str | None = given(
        "Address of the Databricks workspace. Either this, or workspace-resource-id, or "
        "resource-group with workspace-name.",
        default=None,
        environment=("DATABRICKS_HOST",),
        group="Workspace",
    )
    token: str | None = given(
        "Databricks access token. Left out, the service principal of azure-client-id signs in.",
        default=None,
        secret=True,
        environment=("DATABRICKS_TOKEN", "DATABRICKS_ACCESS_TOKEN"),
        group="Workspace",
    )
    azure_service_connection: str | None = given(
        "Service connection to Azure Resource Manager whose service principal signs in, best one "
        "with workload identity federation. It goes before token.",
        default=None,
        group="Workspace",
        connection="AzureRM",
        aliases=("azureSubscription",),
        label="Azure service connection",
    )
    workspace_resource_id: str | None = given(
        "Azure resource id of the workspace; its address is looked up in Resource Manager.",
        default=None,
        group="Workspace",
    )
    resource_group: str | None = given(
        "Resource group of the workspace, with workspace-name.", default=None, group="Workspace"
    )
    workspace_name: str | None = given(
        "Name of the workspace in its resource group.", default=None, group="Workspace"
    )
    azure_tenant_id: str | None = given(
        "Microsoft Entra tenant of the service principal.",
        default=None,
        environment=("AZURE_TENANT_ID", "ARM_TENANT_ID"),
        group="Workspace",
    )
    azure_client_id: str | None = given(
        "Application (client) id of the service principal.",
        default=None,
        environment=("AZURE_CLIENT_ID", "ARM_CLIENT_ID"),
        group="Workspace",
    )
    azure_client_secret: str | None = given(
        "Secret of the service principal.",
        default=None,
        secret=True,
        environment=("AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET"),
        group="Workspace",
    )
    allowed_workspaces: tuple[str, ...] = given(
        "Workspace addresses, one a line. Any other is refused before anything is sent to it.",
        default=(),
        group="Workspace",
    )
    first_contact: bool = given(
        "Wait until the workspace answers: it was provisioned a moment ago.",
        default=False,
        group="Workspace",
    )


@dataclass(frozen=True, kw_only=True)
class WritingInputs(WorkspaceInputs):
    """As above, for an operation that changes something."""

    dry_run: bool = given(
        "Read and compare, say what would be done, and change nothing.", default=False
    )


def connect(inputs: WorkspaceInputs, context: Context) -> Session:
    """The workspace's session. Which workspace is decided and checked before a token is sent.

    :raises InputError: when the inputs name no workspace or no identity.
    :raises WorkspaceNotAllowed:
    """
    url, resource_id = _workspace(inputs, context)
    base = connection.workspace_base(url)
    connection.check_allowed(base, inputs.allowed_workspaces)
    session = connection.connect(
        base,
        _credential(inputs, resource_id, context),
        clock=context.clock,
        read_only=bool(getattr(inputs, "dry_run", False)),
    )
    if inputs.first_contact:
        connection.first_contact(session)
    return session


def _workspace(inputs: WorkspaceInputs, context: Context) -> tuple[str, str]:
    """Its address, and its resource id where that is known."""
    if inputs.workspace_resource_id or (inputs.resource_group and inputs.workspace_name):
        signed_in = principal(inputs, context)
        if signed_in is None:
            raise InputError(
                f"{', '.join(_missing(inputs))} missing: a service principal looks the workspace "
                "up",
                fix="set them, or give workspace-url in place of the workspace's name or id",
            )
        session = Session(
            identity.RESOURCE_MANAGER,
            clock=context.clock,
            credential=signed_in.token(identity.RESOURCE_MANAGER, clock=context.clock),
            read_only=True,
        )
        found = (
            manager.workspace_by_id(session, inputs.workspace_resource_id)
            if inputs.workspace_resource_id
            else manager.workspace_by_name(
                session, str(inputs.resource_group), str(inputs.workspace_name)
            )
        )
        context.log.info("workspace %s is %s", found.resource_id.rsplit("/", 1)[-1], found.url)
        return found.url, found.resource_id
    if inputs.workspace_url:
        return inputs.workspace_url, ""
    raise InputError(
        "no workspace is named",
        fix="set workspace-url (or the variable DATABRICKS_HOST), workspace-resource-id, or "
        "resource-group with workspace-name",
    )


def _credential(inputs: WorkspaceInputs, resource_id: str, context: Context) -> Credential:
    if inputs.token and not inputs.azure_service_connection:
        return StaticToken(inputs.token)
    signed_in = principal(inputs, context)
    if signed_in is None:
        missing = _missing(inputs)
        raise InputError(
            f"there is no token, and {', '.join(missing)} missing"
            if len(missing) < len(_PRINCIPAL)
            else "no credential is given",
            fix="set token (or the variable DATABRICKS_TOKEN), or azure-tenant-id, "
            "azure-client-id and azure-client-secret",
        )
    context.log.info("signing in as the service principal %s", signed_in.client_id)
    token = signed_in.token(identity.DATABRICKS, clock=context.clock)
    if not resource_id:
        return token
    # A principal that isn't a user of the workspace yet comes in as its Azure contributor.
    return Combined(
        token,
        signed_in.token(
            identity.RESOURCE_MANAGER,
            clock=context.clock,
            header="X-Databricks-Azure-SP-Management-Token",
        ),
        extra={"X-Databricks-Azure-Workspace-Resource-Id": resource_id},
    )


def principal(inputs: WorkspaceInputs, context: Context) -> identity.Principal | None:
    """The service principal that the inputs name; None when they name none, or not all of it."""
    if inputs.azure_service_connection:
        connection = context.ci.service_connection(inputs.azure_service_connection)
        return identity.of_connection(connection)
    if _missing(inputs):
        return None
    return identity.service_principal(
        tenant_id=str(inputs.azure_tenant_id),
        client_id=str(inputs.azure_client_id),
        client_secret=str(inputs.azure_client_secret),
        fix="check azure-tenant-id, azure-client-id and azure-client-secret",
    )


def _missing(inputs: WorkspaceInputs) -> list[str]:
    """Names of the inputs that a service principal with a secret lacks."""
    return [name.replace("_", "-") for name in _PRINCIPAL if not getattr(inputs, name)]
