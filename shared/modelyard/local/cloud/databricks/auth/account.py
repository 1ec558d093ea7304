"""The account, as far as federation policies need it (accounts.azuredatabricks.net)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.api import json_response
from modelyard.local.cloud.databricks.auth.federation_policies import ACCOUNT_ID, FederationPolicies
from modelyard.local.cloud.databricks.calls import read_arguments
from modelyard.local.cloud.service import Handler, Route
from modelyard.local.cloud.tokens import DATABRICKS_AUDIENCE, TokenError, Tokens

HOST = "accounts.azuredatabricks.net"
ONE = "/api/2.0/accounts/<account>/servicePrincipals/<principal>/federationPolicies"


class AccountResponses:
    """The handlers. Whoever has a token for Azure Databricks may do everything."""

    def __init__(self, tokens: Tokens, policies: FederationPolicies) -> None:
        self._tokens = tokens
        self._policies = policies

    def routes(self) -> Sequence[Route]:
        table: tuple[tuple[str, str, Callable[..., Any]], ...] = (
            ("POST", ONE, self._create),
            ("GET", ONE, self._list),
            ("GET", f"{ONE}/<policy>", self._get),
            ("DELETE", f"{ONE}/<policy>", self._delete),
        )
        return [Route((method,), HOST, path, self._signed_in(do)) for method, path, do in table]

    def _signed_in(self, answer: Callable[..., Any]) -> Handler:
        def handle(request: Request, account: str, **path: str) -> Response:
            try:
                self._tokens.require(request, (DATABRICKS_AUDIENCE,))
            except TokenError as error:
                raise exceptions.unauthenticated(str(error)) from error
            if account != ACCOUNT_ID:
                raise exceptions.does_not_exist(f"Account {account} does not exist.")
            return json_response(answer(request, **path))

        return handle

    def _create(self, request: Request, principal: str) -> Any:
        body = read_arguments(request)
        policy = body.get("oidc_policy")
        if not isinstance(policy, dict):
            raise exceptions.missing_field("oidc_policy")
        return self._policies.create(principal, policy, str(body.get("description") or ""))

    def _list(self, _request: Request, principal: str) -> Any:
        return {"policies": self._policies.of_principal(principal)}

    def _get(self, _request: Request, principal: str, policy: str) -> Any:
        return self._policies.get(principal, policy)

    def _delete(self, _request: Request, principal: str, policy: str) -> Any:
        self._policies.delete(principal, policy)
        return {}
