"""Resource Manager's errors: ``{"error": {"code", "message", "details"}}``.

``details`` is always there: azureml-core can't print an error without it.
"""

from __future__ import annotations

from typing import Any


class ArmError(Exception):
    """An error answer of Resource Manager and of its providers."""

    def __init__(
        self, status: int, code: str, message: str, details: tuple[ArmError, ...] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.details = details

    def body(self) -> dict[str, Any]:
        """Without the ``error`` around it: as it stands in the status of an operation too."""
        return {
            "code": self.code,
            "message": str(self),
            "details": [one.body() for one in self.details],
        }


def subscription_not_found(subscription: str) -> ArmError:
    return ArmError(
        404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found."
    )


def group_not_found(group: str) -> ArmError:
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def resource_not_found(kind: str, name: str, group: str) -> ArmError:
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{kind}/{name}' under resource group '{group}' was not found. For more "
        "details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def version_missing() -> ArmError:
    return ArmError(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )


def bad_body(message: str) -> ArmError:
    return ArmError(
        400,
        "InvalidRequestContent",
        f"The request content was invalid and could not be deserialized: {message}",
    )


def bad_request(message: str, code: str = "BadRequest") -> ArmError:
    return ArmError(400, code, message)


def conflict(message: str) -> ArmError:
    return ArmError(409, "Conflict", message)


def location_required() -> ArmError:
    return ArmError(
        400,
        "LocationRequired",
        "The location property is required for this definition.",
    )


def group_moves(group: str, location: str) -> ArmError:
    return ArmError(
        409,
        "InvalidResourceGroupLocation",
        f"The provided location is invalid: the resource group '{group}' already exists in "
        f"location '{location}'. A resource group can't be moved.",
    )


def no_provider(kind: str) -> ArmError:
    return ArmError(
        404,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for '{kind}' in this local cloud.",
    )


def invalid_template(message: str) -> ArmError:
    return ArmError(400, "InvalidTemplate", f"Deployment template validation failed: '{message}'.")


def deployment_failed(cause: ArmError) -> ArmError:
    return ArmError(
        409,
        "DeploymentFailed",
        "At least one resource deployment operation failed. Please list deployment operations for "
        "details. Please see https://aka.ms/arm-deployment-operations for usage details.",
        (cause,),
    )
