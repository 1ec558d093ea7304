"""The variables of a program that shall use a local cloud, with unmodified clients.

Names that aren't emulated fail at the proxy, so a program that obeys these variables can't reach
the real services by mistake.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from modelyard.local.cloud.credentials import (
    SUBSCRIPTION_ID,
    WORKSPACE_HOST,
    Credentials,
)

REAL_WORLD = (
    "ARM_",
    "AZUREML_",
    "AZURE_",
    "DATABRICKS_",
    "GH_",
    "GITHUB_TOKEN",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "MLFLOW_REGISTRY_URI",
    "MLFLOW_TRACKING_",
    "MSI_ENDPOINT",
    "MSI_SECRET",
)
"""Variables with these beginnings are taken from programs: they may hold real credentials."""


OUTSIDE = "MODELYARD_OUTSIDE"
"""How the launcher of tasks and actions reaches the package index, which is no part of the cloud: a
JSON object of the variables below as they were before, null for one that wasn't set."""
NETWORK = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "HOME"),
)


def cloud_environment(
    url: str, folder: Path, certificate: Path, credentials: Credentials
) -> dict[str, str]:
    """What to add to a program's environment. Holds the throw-away credentials."""
    home = folder / "home"
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
    # Loopback is never the cloud's to proxy: scoring servers and drivers listen there too.
    directly = "127.0.0.1,localhost"
    trust = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    return {
        **dict.fromkeys(proxies, url),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), directly),
        **dict.fromkeys(trust, str(certificate)),
        "HOME": str(home),
        "AZURE_CONFIG_DIR": str(home / ".azure"),
        "AZURE_DEVOPS_CACHE_DIR": str(home / ".azure-devops"),
        "AZURE_TENANT_ID": credentials.tenant_id,
        "AZURE_CLIENT_ID": credentials.client_id,
        "AZURE_CLIENT_SECRET": credentials.client_secret,
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION_ID,
        "DATABRICKS_HOST": f"https://{WORKSPACE_HOST}",
        "DATABRICKS_TOKEN": credentials.databricks_token,
        "GH_TOKEN": credentials.github_token,
        "DATABRICKS_CLI_DO_NOT_EXECUTE_NEWER_VERSION": "1",
        "MLFLOW_TRACKING_URI": "databricks",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MODELYARD_LOCAL_URL": url,
        "MODELYARD_LOCAL_STATE": str(folder),
        "MODELYARD_REGISTRY": url.removeprefix("http://"),
    }


def program_environment(
    cloud: Mapping[str, str], inherited: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The whole environment of a program: what it inherits, without the real world's
    credentials and proxies, and the cloud's variables on top."""
    parent = os.environ if inherited is None else inherited
    kept = without_real_world(parent)
    for name in ("ALL_PROXY", "all_proxy"):
        kept.pop(name, None)
    user_base = Path(parent.get("HOME", "/")) / ".local"
    if user_base.is_dir():
        # HOME changes; what the user has installed with `pip install --user` must still be found.
        kept.setdefault("PYTHONUSERBASE", str(user_base))
    # A program within a program within a cloud is still outside of that cloud's outside.
    kept.setdefault(OUTSIDE, json.dumps({name: parent.get(name) for name in NETWORK}))
    return {**kept, **cloud}


def without_real_world(variables: Mapping[str, str]) -> dict[str, str]:
    """Leaves out what may hold credentials of real services."""
    return {name: value for name, value in variables.items() if not is_real_world(name)}


def is_real_world(name: str) -> bool:
    """Whether a variable of this name may hold, or lead to, credentials of real services."""
    return name.startswith(REAL_WORLD)
