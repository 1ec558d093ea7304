"""HTTP of ``/api/2.0/token`` (Databricks REST reference, "Token API")."""

from __future__ import annotations

from modelyard.local.cloud.databricks.calls import Call, Json
from modelyard.local.cloud.databricks.tokens.models import WorkspaceTokens


class TokenResponses:
    def __init__(self, tokens: WorkspaceTokens) -> None:
        self._tokens = tokens

    def create(self, call: Call) -> Json:
        lifetime = call.number("lifetime_seconds") if call.has("lifetime_seconds") else None
        value, info = self._tokens.create(call.principal, call.text("comment", ""), lifetime)
        return {"token_value": value, "token_info": info}

    def list(self, call: Call) -> Json:
        infos = self._tokens.list(call.principal)
        return {"token_infos": infos} if infos else {}

    def delete(self, call: Call) -> Json:
        self._tokens.revoke(call.principal, call.text("token_id"))
        return {}
