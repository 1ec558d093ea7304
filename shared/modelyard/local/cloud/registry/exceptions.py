"""The registry's errors: ``{"errors": [{"code", "message", "detail"}]}``.

Source: OCI distribution specification, "Error Codes".
"""

from __future__ import annotations

from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from modelyard.local.cloud.json_bodies import json_answer


class RegistryError(HTTPException):
    """An error answer. Raise it anywhere below a handler."""

    def __init__(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.code = status
        self.error_code = code
        self.message = message
        self.headers = headers or {}

    def __str__(self) -> str:
        return f"{self.code} {self.error_code}: {self.message}"

    def get_response(self, *_: Any, **__: Any) -> Response:
        body = {"errors": [{"code": self.error_code, "message": self.message, "detail": None}]}
        response = json_answer(body, self.code, self.headers)
        response.headers["Docker-Distribution-Api-Version"] = "registry/2.0"
        return response


def blob_unknown(digest: str) -> RegistryError:
    return RegistryError(404, "BLOB_UNKNOWN", f"blob unknown to registry: {digest}")


def manifest_unknown(name: str, reference: str) -> RegistryError:
    return RegistryError(404, "MANIFEST_UNKNOWN", f"manifest unknown: {name}:{reference}")


def manifest_invalid(message: str) -> RegistryError:
    return RegistryError(400, "MANIFEST_INVALID", message)


def manifest_blob_unknown(digest: str) -> RegistryError:
    return RegistryError(
        400, "MANIFEST_BLOB_UNKNOWN", f"the manifest names what isn't here: {digest}"
    )


def digest_invalid(message: str) -> RegistryError:
    return RegistryError(400, "DIGEST_INVALID", message)


def name_invalid(name: str) -> RegistryError:
    return RegistryError(400, "NAME_INVALID", f"invalid repository name: {name!r}")


def name_unknown(name: str) -> RegistryError:
    return RegistryError(404, "NAME_UNKNOWN", f"repository name not known to registry: {name}")


def tag_invalid(tag: str) -> RegistryError:
    return RegistryError(400, "TAG_INVALID", f"invalid tag: {tag[:130]!r}")


def upload_unknown(upload: str) -> RegistryError:
    return RegistryError(404, "BLOB_UPLOAD_UNKNOWN", f"blob upload unknown to registry: {upload}")


def range_invalid(message: str) -> RegistryError:
    return RegistryError(416, "BLOB_UPLOAD_INVALID", message)


def size_invalid(message: str) -> RegistryError:
    return RegistryError(413, "SIZE_INVALID", message)


def unauthorized(message: str, challenge: str) -> RegistryError:
    return RegistryError(401, "UNAUTHORIZED", message, {"WWW-Authenticate": challenge})


def unavailable(message: str) -> RegistryError:
    return RegistryError(503, "UNAVAILABLE", message)
