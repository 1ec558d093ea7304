"""The inputs that every Azure ML operation shares, and the session they give."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from modelyard.azureml import connection, workspaces
from modelyard.azureml.connection import Place
from modelyard.azureml.workspaces import AzureMLWorkspace
from modelyard.context import Context
from modelyard.errors import InputError
from modelyard.http import Session
from modelyard.operation import given
from modelyard.operations.inputs.allowed_workspaces import check_place, guard
from modelyard.operations.inputs.identity_inputs import IdentityInputs
from modelyard.operations.inputs.signing_in import signed_in

_GROUP = "Azure ML workspace"


@dataclass(frozen=True, kw_only=True)
class AzureMLInputs(IdentityInputs):
    """Which Azure ML workspace, and who asks."""

    subscription_id: str | None = given(
        "Azure subscription (id) of the workspace.",
        default=None,
        environment=("AZURE_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID"),
        group=_GROUP,
    )
    workspace_name: str | None = given(
        "Name of the Azure ML workspace. Default: the name of the repository.",
        default=None,
        group=_GROUP,
    )
    resource_group: str | None = given(
        "Resource group of the workspace. Default: the workspace's name.",
        default=None,
        group=_GROUP,
    )
    allowed_workspaces: tuple[str, ...] = guard(_GROUP)


class NamesAzureML(Protocol):
    """The inputs that say where the workspace is."""

    @property
    def subscription_id(self) -> str | None: ...

    @property
    def workspace_name(self) -> str | None: ...

    @property
    def resource_group(self) -> str | None: ...

    @property
    def allowed_workspaces(self) -> tuple[str, ...]: ...


def place_of(inputs: NamesAzureML, context: Context) -> Place:
    """Where the workspace is, with the defaults that the repository gives. Nothing is sent yet.

    :raises InputError: when there is no subscription, or a name can't be one.
    :raises WorkspaceNotAllowed:
    """
    if not inputs.subscription_id:
        raise InputError(
            "no subscription is named",
            fix="set subscription-id, or the variable AZURE_SUBSCRIPTION_ID",
        )
    workspace = workspace_of(inputs, context)
    group = inputs.resource_group or workspace
    place = connection.place(inputs.subscription_id, group, workspace)
    check_place(place, inputs.allowed_workspaces)
    return place


def workspace_of(inputs: NamesAzureML, context: Context) -> str:
    """The name of the workspace. Raises InputError when the repository's can't be one."""
    return inputs.workspace_name or _of_repository(context)


def connect(inputs: IdentityInputs, context: Context, *, read_only: bool) -> Session:
    """A session to Resource Manager.

    :raises InputError: when the inputs name no identity.
    """
    return signed_in(inputs, context).session(context, read_only=read_only)


def connect_region(
    inputs: IdentityInputs, context: Context, workspace: AzureMLWorkspace, *, read_only: bool
) -> Session:
    """A session to the API of the workspace's region.

    :raises NotTheService: when the workspace names an address that isn't Azure ML's.
    """
    address = workspaces.api_address(workspace.discovery_url)
    return connect_api(inputs, context, address, read_only=read_only)


def connect_api(
    inputs: IdentityInputs, context: Context, address: str, *, read_only: bool
) -> Session:
    """A session to an address of Azure ML, which takes the tokens of Resource Manager."""
    return signed_in(inputs, context).session(context, read_only=read_only, address=address)


def _of_repository(context: Context) -> str:
    """The repository's own name, as far as a workspace can have it."""
    own = context.ci.identity().repository_name
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", own).strip("-_")[:33]
    if len(name) < 3:
        raise InputError(
            "no workspace is named, and the repository's name can't be one",
            fix="set workspace-name",
        )
    context.log.info("workspace-name is %s, by the repository", name)
    return name
