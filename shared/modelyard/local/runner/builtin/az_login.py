"""Who the stand-in for ``az`` is signed in as: a file in its configuration folder.

The folder belongs to one step, lies in the job's temporary folder and goes with the step.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from modelyard.service_connection import ServiceConnection

_FILE = "login.json"
_PROFILE = "azureProfile.json"
"""What the real ``az`` keeps of a sign-in; other programs look whether it is there."""


@dataclass(frozen=True)
class Login:
    """A sign-in."""

    connection: ServiceConnection
    oidc_uri: str
    """Where Azure DevOps gives identity tokens."""
    subscription: str
    """Its id; may be empty."""
    subscription_name: str

    def save(self, folder: Path) -> None:
        """Write it; only its owner may read it."""
        subscription = {
            "id": self.subscription,
            "name": self.subscription_name,
            "state": "Enabled",
            "user": {"name": self.connection.client_id, "type": "servicePrincipal"},
            "isDefault": True,
            "tenantId": self.connection.tenant_id,
            "environmentName": "AzureCloud",
        }
        _write(folder / _FILE, asdict(self))
        _write(folder / _PROFILE, {"subscriptions": [subscription]})


def load(folder: Path) -> Login | None:
    """The sign-in of this folder, or None after ``az account clear``."""
    path = folder / _FILE
    if not path.is_file():
        return None
    data = json.loads(path.read_text())
    return Login(**data | {"connection": ServiceConnection(**data["connection"])})


def clear(folder: Path) -> None:
    """Sign out."""
    for name in (_FILE, _PROFILE):
        (folder / name).unlink(missing_ok=True)


def _write(path: Path, content: dict[str, Any]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        json.dump(content, stream)
