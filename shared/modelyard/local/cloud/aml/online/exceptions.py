"""Errors of endpoints: of Resource Manager's kind for managing, plain text for scoring."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from modelyard.local.cloud.arm.exceptions import ArmError

GUIDE = "https://aka.ms/oe-tsg"


def not_found(what: str, name: str) -> ArmError:
    return ArmError(404, "ResourceNotFound", f"The {what} {name} was not found.")


def invalid(message: str) -> ArmError:
    """As the service says it: the cause is in the details, the message says nothing."""
    cause = ArmError(400, "InferencingClientCallFailed", message)
    return ArmError(400, "BadRequest", "The request is invalid.", (cause,))


def no_quota(family: str, used: int, most: int, needed: int) -> ArmError:
    """The cause stands in JSON within a message within JSON, as the service sends it."""
    text = (
        f"Not enough quota available for {family} in SubscriptionId. Current usage/limit: "
        f"{used}/{most}. Additional needed: {needed} Please see troubleshooting guide, available "
        f"here: {GUIDE}#error-outofquota"
    )
    inner = {"errors": {"VmSize": [text]}, "title": "One or more validation errors occurred."}
    middle = {"error": {"code": "Validation", "message": json.dumps(inner)}}
    return invalid(json.dumps(middle))


def container_crashed(message: str) -> ArmError:
    return ArmError(
        400,
        "ResourceNotReady",
        f"User container has crashed or terminated: {message}. Please see troubleshooting guide, "
        f"available here: {GUIDE}#error-resourcenotready",
    )


def unsupported(message: str) -> ArmError:
    return ArmError(400, "NotEmulated", f"The local cloud can't do this: {message}")


class ScoringError(HTTPException):
    """An answer of the endpoint itself, not of the model."""

    def __init__(self, status: int, message: str, reason: str = "", deployment: str = "") -> None:
        super().__init__(message)
        self.code = status
        self.message = message
        self.reason = reason
        self.deployment = deployment

    def get_response(self, *_: Any, **__: Any) -> Response:
        response = Response(self.message, self.code, mimetype="text/plain")
        if self.reason:
            response.headers["ms-azureml-model-error-reason"] = self.reason
        if self.deployment:
            response.headers["azureml-model-deployment"] = self.deployment
        if self.code == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response
