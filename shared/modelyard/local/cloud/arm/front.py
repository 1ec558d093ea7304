"""What every handler behind management.azure.com shares: who may ask, JSON in and out, errors."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.json_bodies import json_answer
from modelyard.local.cloud.service import Handler
from modelyard.local.cloud.tokens import (
    RESOURCE_MANAGER_AUDIENCES,
    TokenError,
    TokenExpired,
    TokenForOther,
    TokenMissing,
    Tokens,
)

HOST = "management.azure.com"
HOSTS = (HOST, "management.usgovcloudapi.net", "management.chinacloudapi.cn")
"""Of the public cloud and the sovereign ones."""

Json = dict[str, Any]
Answer = Callable[..., Json | Response]
"""``answer(request, **path)``: an object to be sent with 200, or a whole response."""


def guarded(answer: Answer, tokens: Tokens, tenant: str) -> Handler:
    """A handler that checks token and version first and turns errors into answers."""

    @functools.wraps(answer)
    def handle(request: Request, **path: str) -> Response:
        try:
            tokens.require(request, RESOURCE_MANAGER_AUDIENCES)
            if not request.args.get("api-version"):
                raise exceptions.version_missing()
            answered = answer(request, **path)
        except TokenError as error:
            return _unauthorized(error, tenant)
        except ArmError as error:
            return reply({"error": error.body()}, error.status)
        if not isinstance(answered, Response):
            return reply(answered)
        return _of_its_cloud(answered, request)

    return handle


def _of_its_cloud(answer: Response, request: Request) -> Response:
    """Addresses to go on at are those of the cloud that was asked."""
    host = request.host.partition(":")[0]
    if host in HOSTS:
        for name in ("Azure-AsyncOperation", "Location"):
            if name in answer.headers:
                moved = answer.headers[name].replace(f"https://{HOST}/", f"https://{host}/")
                answer.headers[name] = moved
    return answer


def reply(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return json_answer(body, status, headers)


def read_body(request: Request) -> Json:
    """The object that was sent; ``{}`` for nothing. Raises ArmError."""
    data = request.get_data()
    try:
        body = json.loads(data) if data else {}
    except ValueError as error:
        raise exceptions.bad_body(str(error)) from error
    if not isinstance(body, dict):
        raise exceptions.bad_body("it is not an object.")
    return body


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
    response = reply({"error": ArmError(401, code, message).body()}, 401)
    response.headers["WWW-Authenticate"] = (
        f'Bearer authorization_uri="https://login.windows.net/{tenant}", '
        f'error="invalid_token", error_description="{message}"'
    )
    return response
