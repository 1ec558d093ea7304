"""The names and throw-away secrets of one local cloud, made at its first start.

They live in ``credentials.json`` in the state folder (readable by its owner alone) and stay the
same over restarts and resets, so that a shell that has them keeps working.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import secrets
import uuid
from dataclasses import dataclass
from pathlib import Path

from modelyard.local.cloud.authority import write_private
from modelyard.local.cloud.exceptions import CorruptState

SUBSCRIPTION_ID = "00000000-0000-4000-8000-000000000001"
RESOURCE_GROUP = "modelyard-local"
WORKSPACE_NAME = "modelyard-local"
WORKSPACE_ID = "1000000000000001"
WORKSPACE_HOST = f"adb-{WORKSPACE_ID}.1.azuredatabricks.net"


@dataclass(frozen=True)
class Credentials:
    """All values are strings; the ids are GUIDs."""

    tenant_id: str
    client_id: str
    object_id: str
    """Object id of the service principal that ``client_id`` belongs to."""
    client_secret: str = dataclasses.field(repr=False)
    databricks_token: str = dataclasses.field(repr=False)
    admin_key: str = dataclasses.field(repr=False)
    """For the cloud's own interface; not among the variables that programs get."""

    @property
    def github_token(self) -> str:
        """Of the local GitHub's one user. Made of another secret, so that state folders of older
        versions have it, too."""
        digest = hmac.new(self.client_secret.encode(), b"github", hashlib.sha256).hexdigest()
        return f"ghp_{digest[:36]}"


def load_or_create(folder: Path) -> Credentials:
    """The credentials of a state folder. Raises CorruptState when the file can't be understood."""
    path = folder / "credentials.json"
    if not path.exists():
        new = Credentials(
            tenant_id=str(uuid.uuid4()),
            client_id=str(uuid.uuid4()),
            object_id=str(uuid.uuid4()),
            client_secret=secrets.token_urlsafe(30),
            databricks_token=f"dapi{secrets.token_hex(16)}",
            admin_key=secrets.token_urlsafe(30),
        )
        write_private(path, json.dumps(dataclasses.asdict(new), indent=2).encode())
    try:
        return Credentials(**json.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        raise CorruptState(path) from error
