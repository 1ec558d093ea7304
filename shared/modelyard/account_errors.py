"""The right way to sign in, to the wrong account or workspace."""

from __future__ import annotations

from modelyard.errors import ModelyardError, PermissionDenied


class WorkspaceNotAllowed(ModelyardError):
    """The workspace isn't among those that ``allowed-workspaces`` names."""

    identifier = "MY023"
    exit_code = 23


class TenantNotAllowed(ModelyardError):
    """Who signed in belongs to a tenant that isn't among those of ``allowed-tenants``."""

    identifier = "MY025"
    exit_code = 25
    cause = "the pipeline is set to another account than it may use"
    fix = "sign in to the right tenant, or add this one to allowed-tenants if it is meant"


class NotAUser(PermissionDenied):
    """The workspace knows nobody of the name that signed in: not a user of it, or not yet."""

    identifier = "MY026"
    exit_code = 26
    cause = "the service principal was never added to this workspace"
    fix = (
        "add it in the workspace's settings, or, where it is a contributor of the workspace in "
        "Azure, give workspace-resource-id: the first call then lets it in"
    )
