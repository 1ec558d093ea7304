"""The inputs that every Databricks operation shares, and the session they give."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.azure import manager
from modelyard.azure.identity import DATABRICKS
from modelyard.azure.identity.clouds import AzureCloud
from modelyard.azure.identity.sign_in import SignIn
from modelyard.context import Context
from modelyard.credentials import Credential, StaticToken
from modelyard.databricks import connection
from modelyard.databricks.management import MANAGEMENT_TOKEN, TwoTokens
from modelyard.errors import Ambiguous, InputError, NotFound, PermissionDenied
from modelyard.http import Session
from modelyard.operation import given
from modelyard.operations.inputs import databricks_ways
from modelyard.operations.inputs.allowed_workspaces import check_address, guard
from modelyard.operations.inputs.identity_inputs import (
    GROUP,
    IdentityInputs,
    Late,
    Own,
    only_in_environment,
)
from modelyard.operations.inputs.signing_in import SignedIn, signed_in


@dataclass(frozen=True, kw_only=True)
class NamedWorkspace:
    """Which workspace."""

    workspace_url: str | None = given(
        "Address of the Databricks workspace. Either this, or workspace-resource-id, or "
        "resource-group with workspace-name.",
        default=None,
        environment=("DATABRICKS_HOST",),
        group="Workspace",
    )
    workspace_resource_id: str | None = given(
        "Azure resource id of the workspace; its address is looked up in Resource Manager.",
        default=None,
        environment=("DATABRICKS_AZURE_RESOURCE_ID",),
        group="Workspace",
    )
    resource_group: str | None = given(
        "Resource group of the workspace, with workspace-name.", default=None, group="Workspace"
    )
    workspace_name: str | None = given(
        "Name of the workspace in its resource group.", default=None, group="Workspace"
    )
    allowed_workspaces: tuple[str, ...] = guard("Workspace")
    first_contact: bool = given(
        "Wait until the workspace answers: it was provisioned a moment ago.",
        default=False,
        group="Workspace",
    )


@dataclass(frozen=True, kw_only=True)
class WorkspaceInputs(IdentityInputs, NamedWorkspace):
    """Which workspace, and who asks."""

    token: str | None = given(
        "Databricks personal access token. Better none: every other way to sign in needs no secret "
        "that lasts, or one that can be taken back for all workspaces at once.",
        default=None,
        secret=True,
        environment=("DATABRICKS_TOKEN", "DATABRICKS_ACCESS_TOKEN"),
        group=GROUP,
    )
    databricks_client_id: str | None = given(
        "Application id of a service principal whose federation policy makes the workspace take "
        "identity tokens of this job: signing in without Microsoft Entra and without any secret.",
        default=None,
        environment=("DATABRICKS_CLIENT_ID",),
        group=GROUP,
    )
    databricks_audience: str | None = given(
        "Audience that the federation policy asks for. Left out, the workspace's token endpoint on "
        "GitHub; Azure Pipelines always has api://AzureADTokenExchange.",
        default=None,
        environment=("DATABRICKS_TOKEN_AUDIENCE",),
        group=GROUP,
    )
    dry_run: bool = given(
        "Read and compare, say what would be done, and change nothing.", default=False
    )

    def own(self, context: Context, late: Late) -> Own:
        """The workspace's ways to sign in, and its address, which tells the cloud."""
        later: set[str] = set()
        if self.token:
            # What the environment holds may be there for other programs.
            if only_in_environment(self, context, "azure_client_secret"):
                later.add("service-principal")
            if not only_in_environment(self, context, "token"):
                later |= {"azure-cli", "managed-identity"}
        return Own(databricks_ways.ways(self, context, late), later, self.workspace_url or "")


@dataclass(frozen=True)
class Workspace:
    """A workspace, and who has signed in to it."""

    session: Session
    sign_in: SignIn


def connect(inputs: WorkspaceInputs, context: Context) -> Session:
    """The workspace's session: see :func:`open_workspace`."""
    return open_workspace(inputs, context).session


def open_workspace(inputs: WorkspaceInputs, context: Context) -> Workspace:
    """Which workspace is decided and checked before a token is sent to it.

    :raises InputError: when the inputs name no workspace or no identity.
    :raises WorkspaceNotAllowed:
    """
    signed = signed_in(inputs, context)
    who, late = signed.sign_in, signed.late
    if inputs.token:
        StaticToken(inputs.token)  # refuses what can't be one
        late.token = inputs.token
    url, resource_id = _workspace(inputs, context, signed)
    late.url = connection.workspace_base(url)
    check_address(late.url, inputs.allowed_workspaces)
    if inputs.first_contact and not resource_id:
        resource_id = _resource_id(late.url, context, signed)
    session = connection.connect(
        late.url,
        credential(who, resource_id, signed.cloud, context),
        clock=context.clock,
        read_only=inputs.dry_run,
    )
    if inputs.first_contact:
        connection.first_contact(session)
    return Workspace(session, who)


def _workspace(inputs: WorkspaceInputs, context: Context, signed: SignedIn) -> tuple[str, str]:
    """Its address, and its resource id where that is known."""
    if inputs.workspace_resource_id or (inputs.resource_group and inputs.workspace_name):
        if not signed.sign_in.can(signed.cloud.resource_manager):
            if inputs.workspace_url and only_in_environment(
                inputs, context, "workspace_resource_id"
            ):
                return inputs.workspace_url, ""  # the id may be there for other programs
            raise InputError(
                "the workspace is looked up in Resource Manager, and only an identity of Microsoft "
                "Entra can do that",
                fix="give the inputs of one, or workspace-url in place of the workspace's name or "
                "id",
            )
        session = signed.session(context, read_only=True)
        found = (
            manager.workspace_by_id(session, inputs.workspace_resource_id)
            if inputs.workspace_resource_id
            else manager.workspace_by_name(
                session, str(inputs.resource_group), str(inputs.workspace_name)
            )
        )
        context.log.info("workspace %s is %s", found.resource_id.rsplit("/", 1)[-1], found.url)
        _check_same(inputs, context, found)
        return found.url, found.resource_id
    if inputs.workspace_url:
        return inputs.workspace_url, ""
    raise InputError(
        "no workspace is named",
        fix="set workspace-url (or the variable DATABRICKS_HOST), workspace-resource-id, or "
        "resource-group with workspace-name",
    )


def _check_same(
    inputs: WorkspaceInputs, context: Context, found: manager.DatabricksWorkspace
) -> None:
    """Two names of a workspace must be of one; what the environment holds may be for others.

    :raises Ambiguous:
    """
    if not inputs.workspace_url or only_in_environment(inputs, context, "workspace_url"):
        return
    given = connection.workspace_base(inputs.workspace_url)
    # Only these are the names that Resource Manager has; a workspace may have others beside.
    if "//adb-" in given and given != found.url.lower():
        raise Ambiguous(
            f"workspace-url is {given}, and {found.resource_id} is at {found.url}",
            fix="give one of the two alone, or correct the other",
        )


def _resource_id(base: str, context: Context, signed: SignedIn) -> str:
    """The id of a workspace of which the address is known; empty where that can't be told.

    A principal that isn't a user of a new workspace yet is let in with it.
    """
    if not signed.sign_in.way(DATABRICKS).of_entra:
        return ""
    try:
        session = signed.session(context, read_only=True, like=DATABRICKS)
        found = manager.workspace_by_url(session, base)
    except (NotFound, PermissionDenied) as error:
        context.log.info("its resource id isn't known, which first contact may need: %s", error)
        return ""
    return found.resource_id


def credential(who: SignIn, resource_id: str, cloud: AzureCloud, context: Context) -> Credential:
    """For a workspace; with its resource id also for who isn't a user of it yet."""
    token = who.token(DATABRICKS, clock=context.clock)
    if not resource_id:
        return token
    management = who.token(
        cloud.resource_manager, clock=context.clock, header=MANAGEMENT_TOKEN, like=DATABRICKS
    )
    return TwoTokens(token, management, resource_id, lambda: who.way(DATABRICKS).of_entra)
