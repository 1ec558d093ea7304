"""Errors of Azure DevOps: ``{"message", "typeKey", ...}``."""

from __future__ import annotations

from werkzeug.wrappers import Response

from modelyard.local.cloud.json_bodies import json_answer


class DevOpsError(Exception):
    """An error answer of Azure DevOps."""

    def __init__(self, status: int, type_key: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.type_key = type_key


def not_signed_in() -> DevOpsError:
    return DevOpsError(
        401,
        "UnauthorizedRequestException",
        "TF400813: The user '' is not authorized to access this resource.",
    )


def connection_not_found(id: str) -> DevOpsError:
    return DevOpsError(
        404,
        "ServiceEndpointNotFoundException",
        f"Service endpoint with id {id or '(none)'} does not exist, or the job may not use it.",
    )


def version_missing() -> DevOpsError:
    return DevOpsError(
        400,
        "VssVersionNotSpecifiedException",
        'No api-version was supplied for the "POST" request. The version must be supplied either '
        'as part of the Accept header (e.g. "application/json; api-version=1.0") or as a query '
        'parameter (e.g. "?api-version=1.0").',
    )


def group_not_found(group: str) -> DevOpsError:
    return DevOpsError(
        404,
        "VariableGroupNotFoundException",
        f"Variable group with ID {group} does not exist or you do not have permissions to use it.",
    )


def group_exists(name: str) -> DevOpsError:
    return DevOpsError(
        409, "VariableGroupExistsException", f"Variable group '{name}' already exists."
    )


def not_permitted(what: str) -> DevOpsError:
    return DevOpsError(
        403,
        "AccessDeniedException",
        f"Access denied. You need the following permission(s) to perform this action: {what}.",
    )


def project_not_found(name: str) -> DevOpsError:
    return DevOpsError(
        404,
        "ProjectDoesNotExistWithNameException",
        f"TF200016: The following project does not exist: {name}. Verify that the name of the "
        "project is correct and that the project exists on the specified Azure DevOps Server.",
    )


def not_here(host: str) -> DevOpsError:
    """Not of the service: what a local cloud hasn't got."""
    return DevOpsError(
        501, "NotImplementedException", f"The local Azure DevOps has nothing of {host}."
    )


def not_found(kind: str, which: object) -> DevOpsError:
    return DevOpsError(404, f"{kind}NotFoundException", f"{kind} {which} does not exist.")


def exists(kind: str, name: str) -> DevOpsError:
    return DevOpsError(409, f"{kind}ExistsException", f"{kind} {name} already exists.")


def invalid(what: str, message: str) -> DevOpsError:
    return DevOpsError(400, "InvalidRequestException", f"{message} (Parameter '{what}')")


def branch_not_found(ref: str) -> DevOpsError:
    return DevOpsError(
        404,
        "GitUnresolvableToCommitException",
        f"TF401175: The version descriptor <{ref}> could not be resolved to a version.",
    )


def item_not_found(path: str) -> DevOpsError:
    return DevOpsError(
        404,
        "GitItemNotFoundException",
        f"TF401174: The item '/{path}' could not be found in the repository.",
    )


def stale(name: str) -> DevOpsError:
    return DevOpsError(
        409,
        "GitReferenceStaleException",
        f"TF401028: The reference '{name}' has already been updated by another client, so you "
        "cannot update it. Please try again.",
    )


def pipeline_invalid(message: str) -> DevOpsError:
    return DevOpsError(400, "PipelineValidationException", message)


def failure(error: DevOpsError) -> Response:
    """The answer."""
    body = {
        "$id": "1",
        "innerException": None,
        "message": str(error),
        "typeName": error.type_key,
        "typeKey": error.type_key,
        "errorCode": 0,
        "eventId": 3000,
    }
    return json_answer(body, error.status)
