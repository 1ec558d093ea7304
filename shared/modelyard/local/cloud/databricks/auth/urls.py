"""Where clients look before they sign in."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.local.cloud.databricks.api import Api
from modelyard.local.cloud.databricks.auth import responses
from modelyard.local.cloud.service import Route


def routes(api: Api) -> Sequence[Route]:
    return [api.page("/.well-known/databricks-config", responses.host_configuration)]
