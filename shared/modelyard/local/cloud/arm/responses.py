"""HTTP of Resource Manager: who may ask, and the shapes of lists and errors."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.arm.models import Subscription
from modelyard.local.cloud.service import Handler
from modelyard.local.cloud.tokens import (
    RESOURCE_MANAGER_AUDIENCES,
    TokenError,
    TokenExpired,
    TokenForOther,
    TokenMissing,
    Tokens,
)

Answer = Callable[..., dict[str, Any]]


def list_subscriptions(subscription: Subscription) -> dict[str, Any]:
    value = [subscription.describe()]
    return {"value": value, "count": {"type": "Total", "value": len(value)}}


def get_subscription(subscription: Subscription, subscription_id: str) -> dict[str, Any]:
    subscription.check(subscription_id)
    return subscription.describe()


def list_groups(subscription: Subscription, subscription_id: str) -> dict[str, Any]:
    subscription.check(subscription_id)
    return {"value": [subscription.group()]}


def get_group(subscription: Subscription, subscription_id: str, group: str) -> dict[str, Any]:
    subscription.check(subscription_id, group)
    return subscription.group()


def list_workspaces(subscription: Subscription, subscription_id: str) -> dict[str, Any]:
    subscription.check(subscription_id)
    return {"value": [subscription.workspace()]}


def list_workspaces_of_group(
    subscription: Subscription, subscription_id: str, group: str
) -> dict[str, Any]:
    subscription.check(subscription_id, group)
    return {"value": [subscription.workspace()]}


def get_workspace(
    subscription: Subscription, subscription_id: str, group: str, name: str
) -> dict[str, Any]:
    subscription.check(subscription_id, group)
    return subscription.workspace(name)


def handler(answer: Answer, tenant_id: str, tokens: Tokens) -> Handler:
    """Turns ``answer(request, **path)`` into a handler that checks token and version."""

    @functools.wraps(answer)
    def handle(request: Request, **arguments: str) -> Response:
        try:
            tokens.require(request, RESOURCE_MANAGER_AUDIENCES)
            if not request.args.get("api-version"):
                raise exceptions.version_missing()
            return _json(200, answer(request, **arguments))
        except TokenError as error:
            return _unauthorized(error, tenant_id)
        except ArmError as error:
            return _json(error.status, _error(error.code, str(error)))

    return handle


def reading(answer: Answer, subscription: Subscription, tokens: Tokens) -> Handler:
    """The same of ``answer(subscription, **path)``."""

    @functools.wraps(answer)
    def read(_: Request, **arguments: str) -> dict[str, Any]:
        return answer(subscription, **arguments)

    return handler(read, subscription.tenant_id, tokens)


def _unauthorized(error: TokenError, tenant: str) -> Response:
    code, message = {
        TokenMissing: (
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.",
        ),
        TokenExpired: (
            "ExpiredAuthenticationToken",
            "The access token expiry UTC time is earlier than current UTC time.",
        ),
        TokenForOther: (
            "InvalidAuthenticationTokenAudience",
            "The access token has been obtained for wrong audience or resource. It should exactly "
            f"match with one of the allowed audiences: {', '.join(RESOURCE_MANAGER_AUDIENCES)}.",
        ),
    }.get(type(error), ("InvalidAuthenticationToken", "The access token is invalid."))
    response = _json(401, _error(code, message))
    response.headers["WWW-Authenticate"] = (
        f'Bearer authorization_uri="https://login.windows.net/{tenant}", '
        f'error="invalid_token", error_description="{message}"'
    )
    return response


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "details": []}}


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
