"""Errors of a vault: ``{"error": {"code", "message", "innererror": {"code"}}}``.

Source: learn.microsoft.com, "Azure Key Vault REST API error codes"; what clients report of the
service's answers.
"""

from __future__ import annotations

from typing import Any


class VaultError(Exception):
    """An error answer of a vault."""

    def __init__(self, status: int, code: str, message: str, inner: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.inner = inner
        """What tells one refusal from another: the code is ``Forbidden`` for all of them."""

    def body(self) -> dict[str, Any]:
        """As the service writes it."""
        error: dict[str, Any] = {"code": self.code, "message": str(self)}
        if self.inner:
            error["innererror"] = {"code": self.inner}
        return {"error": error}


def vault_not_found(name: str) -> VaultError:
    """The real service has no such answer: the name of a vault that isn't there doesn't resolve."""
    return VaultError(
        404,
        "VaultNotFound",
        f"There is no key vault {name} in this local cloud. "
        f"`modelyard local secret set {name} NAME` makes it, or Resource Manager does.",
    )


def secret_not_found(name: str, version: str = "") -> VaultError:
    shown = f"{name}/{version}" if version else name
    return VaultError(
        404,
        "SecretNotFound",
        f"A secret with (name/id) {shown} was not found in this key vault. If you recently deleted "
        "this secret you may be able to recover it using the correct recovery command. For help "
        "resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182",
    )


def deleted_not_found(name: str) -> VaultError:
    return VaultError(
        404, "SecretNotFound", f"Deleted secret {name} was not found in this key vault."
    )


def disabled() -> VaultError:
    return VaultError(
        403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled"
    )


def still_deleted(name: str) -> VaultError:
    return VaultError(
        409,
        "Conflict",
        f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be "
        "reused; in this state, the secret can only be recovered or purged.",
        "ObjectIsDeletedButRecoverable",
    )


def purge_protected() -> VaultError:
    return VaultError(
        403,
        "Forbidden",
        'Operation "purge" is not allowed because purge protection is enabled for this vault. Key '
        "Vault service will automatically purge it after the retention period has passed.",
    )


def bad_parameter(message: str) -> VaultError:
    return VaultError(400, "BadParameter", message)


def refused_by_role(caller: str, action: str, resource: str, vault: str) -> VaultError:
    return VaultError(
        403,
        "Forbidden",
        "Caller is not authorized to perform action on resource.\r\n"
        "If role assignments, deny assignments or role definitions were changed recently, please "
        "observe propagation time.\r\n"
        f"Caller: {caller}\r\nAction: '{action}'\r\nResource: '{resource}'\r\n"
        f"Assignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null \r\n"
        f"Vault: {vault}\r\n",
        "ForbiddenByRbac",
    )


def refused_by_policy(caller: str, permission: str, vault: str) -> VaultError:
    return VaultError(
        403,
        "Forbidden",
        f"The user, group or application '{caller}' does not have secrets {permission} permission "
        f"on key vault '{vault}'. For help resolving this issue, please see "
        "https://go.microsoft.com/fwlink/?linkid=2125287",
        "ForbiddenByPolicy",
    )
