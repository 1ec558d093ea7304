"""The cloud's own interface, from another process: what the commands use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests

from modelyard.errors import InputError
from modelyard.local.cloud.admin import access
from modelyard.local.cloud.credentials import load_or_create
from modelyard.local.cloud.exceptions import NotRunning
from modelyard.local.cloud.running import running
from modelyard.runner_errors import LocalCloudError

TIMEOUT_SECONDS = 60.0


def call(folder: Path, method: str, path: str, body: Any = None) -> Any:
    """``call(state_folder, "GET", "status")`` -> the answer's JSON, as only the owner of the state
    folder, who can read the key, gets it.

    :raises NotRunning: without a cloud.
    :raises LocalCloudError: when it doesn't answer as it should.
    :raises InputError: when it refuses what it is asked.
    """
    cloud = running(folder)
    if cloud is None:
        raise NotRunning(folder)
    url, key = cloud.url, load_or_create(folder).admin_key
    with requests.Session() as session:
        session.trust_env = False  # no proxy stands between this machine and itself
        try:
            response = session.request(
                method,
                f"{url}/modelyard/{path}",
                json=body,
                headers=access.headers(key),
                timeout=TIMEOUT_SECONDS,
            )
            document = response.json()
        except requests.RequestException as error:
            raise LocalCloudError(
                f"the local cloud at {url} does not answer as it should ({type(error).__name__})",
                fix=f"read {folder / 'cloud.log'}",
            ) from error
    if response.status_code != 200:
        kind = InputError if response.status_code < 500 else LocalCloudError
        raise kind(str(document.get("message", document)))
    return document
