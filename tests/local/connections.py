"""Generic service connections of the local Azure DevOps, made as on a page of its settings."""

from __future__ import annotations

from typing import Any

import requests

from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.devops.models import ORGANIZATION

URL = f"https://dev.azure.com/{ORGANIZATION}/_apis/serviceendpoint/endpoints?api-version=7.1"


def make_generic(cloud: LocalCloud, name: str, url: str, **sign_in: str) -> Any:
    """What the service answers.

    :param sign_in: ``username`` and ``password``, where it has them.
    """
    made = requests.post(
        URL,
        json={
            "name": name,
            "type": "generic",
            "url": url,
            "authorization": {"scheme": "UsernamePassword", "parameters": sign_in},
            "serviceEndpointProjectReferences": [{"projectReference": {"name": "local"}}],
        },
        auth=("", cloud.services["devops"].organization.start_job()),  # type: ignore[attr-defined]
        proxies={"https": cloud.environment["HTTPS_PROXY"]},
        verify=cloud.environment["REQUESTS_CA_BUNDLE"],
        timeout=30,
    )
    assert made.status_code == 200, made.text
    return made.json()
