"""The cloud's own interface, from another process: what the commands use."""

from __future__ import annotations

from typing import Any

import requests

from modelyard.local.cloud.exceptions import LocalCloudError

TIMEOUT_SECONDS = 60.0


def call(url: str, method: str, path: str, body: Any = None) -> Any:
    """``call(url, "GET", "status")`` -> the answer's JSON. Raises LocalCloudError."""
    with requests.Session() as session:
        session.trust_env = False  # no proxy stands between this machine and itself
        try:
            response = session.request(
                method, f"{url}/modelyard/{path}", json=body, timeout=TIMEOUT_SECONDS
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
