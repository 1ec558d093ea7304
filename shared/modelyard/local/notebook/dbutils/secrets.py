"""``dbutils.secrets``: over the Secrets API, each value redacted from then on in all output."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from modelyard.local.notebook.dbutils.guide import Helpful
from modelyard.local.notebook.redaction import forms
from modelyard.local.notebook.workspace import Workspace, WorkspaceError


class IllegalArgumentException(ValueError):
    """``java.lang.IllegalArgumentException``."""


class SecretMetadata(NamedTuple):
    """A secret's name."""

    key: str


class SecretScope(NamedTuple):
    """A secret scope's name."""

    name: str

    def getName(self) -> str:  # noqa: N802
        """The name."""
        return self.name


class Secrets(Helpful):
    """Read secrets from secret scopes."""

    name = "secrets"

    def __init__(
        self, workspace: Callable[[], Workspace], redact: Callable[[Sequence[str]], None]
    ) -> None:
        self._workspace = workspace
        self._redact = redact

    def get(self, scope: str, key: str) -> str:
        """The value of a secret as text."""
        value = self.getBytes(scope, key).decode("utf-8")
        if not forms(value):
            sys.stderr.write(
                f"Secret {scope}/{key} is too short to be redacted: the output may show it.\n"
            )
        return value

    def getBytes(self, scope: str, key: str) -> bytes:  # noqa: N802
        """The value of a secret as bytes."""
        try:
            answer = self._workspace().get("secrets/get", {"scope": scope, "key": key})
        except WorkspaceError as error:
            if error.status != 404:
                raise
            raise IllegalArgumentException(
                f"Secret does not exist with scope: {scope} and key: {key}"
            ) from None
        encoded = str(answer.get("value") or "")
        value = base64.b64decode(encoded)
        # Nothing may be printed before everybody who keeps output knows the value.
        self._redact([value.decode("utf-8", "replace"), encoded])
        return value

    def listScopes(self) -> list[SecretScope]:  # noqa: N802
        """All secret scopes that the run may see."""
        answer = self._workspace().get("secrets/scopes/list", {})
        return [SecretScope(item["name"]) for item in answer.get("scopes") or ()]

    def list(self, scope: str) -> list[SecretMetadata]:
        """The keys of a scope; not their values."""
        try:
            answer = self._workspace().get("secrets/list", {"scope": scope})
        except WorkspaceError as error:
            if error.status != 404:
                raise
            raise IllegalArgumentException(
                f"Secret scope does not exist with name: {scope}"
            ) from None
        return [SecretMetadata(item["key"]) for item in answer.get("secrets") or ()]
