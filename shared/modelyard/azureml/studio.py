"""Addresses of pages in Azure ML studio.

Source: the addresses per cloud in azure-ai-ml 1.35 (``_azure_environments.py``).
"""

from __future__ import annotations

from urllib.parse import urlsplit

PUBLIC = "https://ml.azure.com"
_SOVEREIGN = {".ml.azure.us": "https://ml.azure.us", ".ml.azure.cn": "https://ml.azure.cn"}
"""By what the name of a region's API ends with."""


def home(workspace: str, api: str) -> str:
    """The page of a workspace.

    :param workspace: its resource id.
    :param api: an address of its region's API, which tells the cloud.
    """
    return f"{_studio(api)}/home?wsid={workspace}"


def run_page(run: str, workspace: str, api: str) -> str:
    """The page of a run; parameters as of :func:`home`."""
    return f"{_studio(api)}/runs/{run}?wsid={workspace}"


def _studio(api: str) -> str:
    host = urlsplit(api).hostname or ""
    return next((page for end, page in _SOVEREIGN.items() if host.endswith(end)), PUBLIC)
