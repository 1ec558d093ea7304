"""Errors of blob storage: XML, with the code in a header too (an answer to HEAD has no body)."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response


class StorageError(HTTPException):
    """An error answer. Raise it anywhere below a handler."""

    def __init__(self, status: int, error_code: str, message: str) -> None:
        super().__init__(message)
        self.code = status
        self.error_code = error_code
        self.message = message

    def get_response(self, *_: Any, **__: Any) -> Response:
        body = (
            '<?xml version="1.0" encoding="utf-8"?>'
            f"<Error><Code>{self.error_code}</Code><Message>{escape(self.message)}</Message></Error>"
        )
        response = Response(body, self.code, mimetype="application/xml")
        response.headers["x-ms-error-code"] = self.error_code
        return response


def unauthenticated(detail: str) -> StorageError:
    return StorageError(
        403,
        "AuthenticationFailed",
        "Server failed to authenticate the request. Make sure the value of Authorization header is "
        f"formed correctly including the signature. {detail}",
    )


def not_allowed() -> StorageError:
    return StorageError(
        403,
        "AuthorizationPermissionMismatch",
        "This request is not authorized to perform this operation using this permission.",
    )


def no_credential() -> StorageError:
    return StorageError(
        409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account."
    )


def no_account(name: str) -> StorageError:
    return StorageError(404, "ResourceNotFound", f"There is no storage account {name}.")


def no_container() -> StorageError:
    return StorageError(404, "ContainerNotFound", "The specified container does not exist.")


def container_exists() -> StorageError:
    return StorageError(409, "ContainerAlreadyExists", "The specified container already exists.")


def no_blob() -> StorageError:
    return StorageError(404, "BlobNotFound", "The specified blob does not exist.")


def blob_exists() -> StorageError:
    return StorageError(409, "BlobAlreadyExists", "The specified blob already exists.")


def condition_not_met() -> StorageError:
    return StorageError(
        412,
        "ConditionNotMet",
        "The condition specified using HTTP conditional header(s) is not met.",
    )


def bad_range() -> StorageError:
    return StorageError(416, "InvalidRange", "The range specified is invalid for the resource.")


def bad_block_list() -> StorageError:
    return StorageError(400, "InvalidBlockList", "The specified block list is invalid.")


def unsupported(what: str) -> StorageError:
    return StorageError(400, "UnsupportedHeader", f"{what} is not emulated.")
