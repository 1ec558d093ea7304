"""Where the token API answers."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.local.cloud.databricks.api import Api
from modelyard.local.cloud.databricks.tokens.models import WorkspaceTokens
from modelyard.local.cloud.databricks.tokens.responses import TokenResponses
from modelyard.local.cloud.service import Route


def routes(api: Api, tokens: WorkspaceTokens) -> Sequence[Route]:
    answers = TokenResponses(tokens)
    return [
        api.post("token/create", answers.create),
        api.get("token/list", answers.list),
        api.post("token/delete", answers.delete),
    ]
