"""The cloud's own interface, from another process: what the commands use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests

from modelyard.local.cloud.admin import access
from modelyard.local.cloud.credentials import load_or_create
from modelyard.local.cloud.exceptions import LocalCloudError, NotRunning
from modelyard.local.cloud.running import running

TIMEOUT_SECONDS = 60.0


def call(folder: Path, method: str, path: str, body: Any = None) -> Any:
    """``call(state_folder, "GET", "status")`` -> the answer's JSON, as only the owner of the state
    folder, who can read the key, gets it. Raises LocalCloudError; NotRunning without a cloud."""
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
                f"The local cloud at {url} does not answer as it should ({type(error).__name__}). "
                "See `modelyard local status` and cloud.log in the state folder."
            ) from error
    if response.status_code != 200:
        raise LocalCloudError(str(document.get("message", document)))
    return document
