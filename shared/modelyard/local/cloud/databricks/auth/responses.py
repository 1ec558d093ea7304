"""The one document that needs no token."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.credentials import WORKSPACE_ID
from modelyard.local.cloud.databricks.api import json_response


def host_configuration(request: Request) -> Response:
    """What databricks-sdk asks a host first (``/.well-known/databricks-config``)."""
    return json_response(
        {
            "oidc_endpoint": f"{request.host_url}oidc",
            "workspace_id": WORKSPACE_ID,
            "cloud": "azure",
        }
    )
