"""Where clients look before they sign in, and how whom they sign in as is trusted."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.local.cloud.databricks.api import Api
from modelyard.local.cloud.databricks.auth import responses
from modelyard.local.cloud.databricks.auth.account import AccountResponses
from modelyard.local.cloud.databricks.auth.federation_policies import FederationPolicies
from modelyard.local.cloud.service import Route
from modelyard.local.cloud.tokens import Tokens


def routes(api: Api, tokens: Tokens, policies: FederationPolicies) -> Sequence[Route]:
    trade = responses.TokenResponses(tokens, policies)
    return [
        api.page("/.well-known/databricks-config", responses.host_configuration),
        api.page("/oidc/.well-known/oauth-authorization-server", responses.oauth_server),
        api.form("/oidc/v1/token", trade.exchange),
        *AccountResponses(tokens, policies).routes(),
    ]
