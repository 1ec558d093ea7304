"""Errors of the endpoints service: ``{"error_code", "message"}``, with logs where there are any."""

from __future__ import annotations

from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from modelyard.local.cloud.json_bodies import json_answer


class EndpointError(HTTPException):
    """An error answer. Raise it anywhere below a handler."""

    def __init__(
        self, status: int, error_code: str, message: str, *, logs: str = "", retry_after: int = 0
    ) -> None:
        super().__init__(message)
        self.code = status
        self.error_code = error_code
        self.message = message
        self.logs = logs
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.code} {self.error_code}: {self.message}"

    def get_response(self, *_: Any, **__: Any) -> Response:
        body = {"error_code": self.error_code, "message": self.message}
        if self.logs:
            body["logs"] = self.logs
        response = json_answer(body, self.code)
        if self.retry_after:
            response.headers["Retry-After"] = str(self.retry_after)
        if self.code == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response


def invalid(message: str) -> EndpointError:
    return EndpointError(400, "INVALID_PARAMETER_VALUE", message)


def not_found(name: str) -> EndpointError:
    return EndpointError(404, "RESOURCE_DOES_NOT_EXIST", f"There is no endpoint {name}.")


def unauthenticated(message: str) -> EndpointError:
    return EndpointError(401, "UNAUTHENTICATED", message)


def forbidden(message: str) -> EndpointError:
    return EndpointError(403, "PERMISSION_DENIED", message)


def deployment_failed(message: str, logs: str) -> EndpointError:
    """422, not a 5xx: the same request again would fail again."""
    return EndpointError(422, "DEPLOYMENT_FAILED", message, logs=logs)


def not_serving(name: str) -> EndpointError:
    return EndpointError(
        503, "TEMPORARILY_UNAVAILABLE", f"The endpoint {name} is not serving now.", retry_after=5
    )
