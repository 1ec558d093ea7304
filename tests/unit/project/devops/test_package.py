"""What the errors of the package azure-devops mean."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from azure.devops.exceptions import (
    AzureDevOpsAuthenticationError,
    AzureDevOpsClientRequestError,
    AzureDevOpsServiceError,
)
from msrest.exceptions import ClientRequestError

from modelyard.errors import (
    AlreadyExists,
    ModelyardError,
    NotFound,
    PermissionDenied,
    ServiceError,
    ServiceUnavailable,
    TooManyRequests,
    Unauthenticated,
    Unreachable,
)
from modelyard.project.devops import package


def refused(type_key: str, message: str) -> Exception:
    """As the package raises it."""
    names = ("exception_id", "type_name", "error_code", "event_id", "custom_properties")
    return AzureDevOpsServiceError(
        SimpleNamespace(
            inner_exception=None,
            message=message,
            type_key=type_key,
            **dict.fromkeys(names),
        )
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refused("UnauthorizedRequestException", "TF400813: not authorized"), Unauthenticated),
        (AzureDevOpsAuthenticationError("requires user authentication"), Unauthenticated),
        (refused("AccessDeniedException", "Access denied."), PermissionDenied),
        (refused("AccessCheckException", "needs more"), PermissionDenied),
        (refused("ProjectDoesNotExistWithNameException", "TF200016"), NotFound),
        (refused("VariableGroupNotFoundException", "no"), NotFound),
        (refused("DefinitionExistsException", "there"), AlreadyExists),
        (AzureDevOpsClientRequestError("Operation returned a 403 status code."), PermissionDenied),
        (
            AzureDevOpsClientRequestError("Operation returned a 503 status code."),
            ServiceUnavailable,
        ),
        (refused("RequestBlockedException", "exceeding usage of Concurrency"), TooManyRequests),
        (refused("", "the service is busy"), ServiceError),
        (AzureDevOpsClientRequestError("Object reference not set"), ServiceError),
        (ClientRequestError("Error occurred in request."), Unreachable),
    ],
)
def test_errors_of_the_package(error: Exception, expected: type[ModelyardError]) -> None:
    found = package.translated(error, "listing things")
    assert type(found) is expected
    assert found.what.startswith("listing things: ")
