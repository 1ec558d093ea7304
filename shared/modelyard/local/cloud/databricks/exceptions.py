"""The errors of the workspace's REST: ``{"error_code": ..., "message": ...}`` with a status.

Codes and texts are the service's own (Databricks REST reference, "Errors"), because clients look
for them: databricks-cli asks for ``RESOURCE_DOES_NOT_EXIST``, databricks-sdk for the words
"does not exist" in a 400.
"""

from __future__ import annotations

from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from modelyard.local.cloud.json_bodies import json_answer


class ApiError(HTTPException):
    """An error answer. Raise it anywhere below a handler."""

    def __init__(
        self, status: int, error_code: str | int, message: str, reason: str | None = None
    ) -> None:
        """``reason`` is what ``details`` tell programs besides (``FILES_API_...``)."""
        super().__init__(message)
        self.code = status
        self.error_code = error_code
        self.message = message
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.code} {self.error_code}: {self.message}"

    def get_response(self, *_: Any, **__: Any) -> Response:
        body: dict[str, Any] = {"error_code": self.error_code, "message": self.message}
        if self.reason is not None:
            kind = "type.googleapis.com/google.rpc.ErrorInfo"
            body["details"] = [
                {"@type": kind, "reason": self.reason, "domain": "filesystem.databricks.com"}
            ]
        response = json_answer(body, self.code)
        if self.code == 401:
            response.headers["WWW-Authenticate"] = 'Bearer realm="DatabricksRealm"'
        return response


def invalid_parameter(message: str) -> ApiError:
    return ApiError(400, "INVALID_PARAMETER_VALUE", message)


def missing_field(name: str) -> ApiError:
    return invalid_parameter(f"Missing required field: {name}")


def malformed(message: str) -> ApiError:
    return ApiError(400, "MALFORMED_REQUEST", message)


def invalid_state(message: str) -> ApiError:
    return ApiError(400, "INVALID_STATE", message)


def does_not_exist(message: str) -> ApiError:
    return ApiError(404, "RESOURCE_DOES_NOT_EXIST", message)


def already_exists(message: str) -> ApiError:
    return ApiError(400, "RESOURCE_ALREADY_EXISTS", message)


def unauthenticated(message: str, error_code: str | int = "UNAUTHENTICATED") -> ApiError:
    return ApiError(401, error_code, message)


def forbidden(message: str, error_code: str | int = "PERMISSION_DENIED") -> ApiError:
    return ApiError(403, error_code, message)


def endpoint_not_found(method: str, path: str) -> ApiError:
    return ApiError(404, "ENDPOINT_NOT_FOUND", f"No API found for '{method} {path}'")


def cluster_does_not_exist(cluster_id: str) -> ApiError:
    """A 400, not a 404, in the clusters API (databricks-sdk maps it by the text)."""
    return invalid_parameter(f"Cluster {cluster_id} does not exist")


def job_does_not_exist(job_id: int) -> ApiError:
    return invalid_parameter(f"Job {job_id} does not exist.")


def run_does_not_exist(run_id: int) -> ApiError:
    return invalid_parameter(f"Run {run_id} does not exist.")
