"""Requests of MLflow clients to the workspace: checked as Databricks does, answered by MLflow."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.credentials import WORKSPACE_ID
from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.calls import Call
from modelyard.local.cloud.mlflow.reviews import Reviews
from modelyard.local.cloud.mlflow.server import MlflowServer, NotRunning
from modelyard.local.cloud.passthrough import NoAnswer, forward, raw_target
from modelyard.local.cloud.tokens import Principal

Json = dict[str, Any]
_NOT_PASSED_ON = {"Authorization": None, "Cookie": None, "Origin": None, "Accept-Encoding": None}
"""The token is the workspace's business, and MLflow's server refuses other origins than its own."""


class Tracking:
    """Everything that MLflow's own server answers."""

    def __init__(self, server: MlflowServer, authenticate: Callable[[Request], Principal]) -> None:
        self._server = server
        self._authenticate = authenticate

    def passed_on(self, request: Request, **_path: str) -> Response:
        """``/api/<version>/mlflow/<rest>``"""
        self._authenticate(request)
        return self._forward(request, raw_target(request))

    def preview(self, request: Request, **_path: str) -> Response:
        """``/api/2.0/preview/mlflow/<rest>``: the old name of the same."""
        self._authenticate(request)
        return self._forward(request, raw_target(request).replace("/preview/", "/", 1))

    def create_experiment(self, request: Request) -> Response:
        """The workspace takes only absolute paths as names of experiments."""
        self._authenticate(request)
        data = request.get_data()
        name = _field(data, "name")
        if isinstance(name, str) and name and not name.startswith("/"):
            raise exceptions.invalid_parameter(
                f"Got an invalid experiment name '{name}'. An experiment name must be an absolute "
                "path within the Databricks workspace, e.g. '/Users/<some-username>/my-experiment'."
            )
        return self._forward(request, raw_target(request), data)

    def _forward(self, request: Request, target: str, body: bytes | None = None) -> Response:
        try:
            port = self._server.port()
            response = forward(request, port, target, body=body, headers=_NOT_PASSED_ON)
        except (NotRunning, NoAnswer) as error:
            raise exceptions.ApiError(503, "TEMPORARILY_UNAVAILABLE", str(error)) from error
        response.headers["x-databricks-org-id"] = WORKSPACE_ID
        return response


class ReviewResponses:
    """Transition requests, comments, and the workspace's own view of models."""

    def __init__(self, reviews: Reviews) -> None:
        self._reviews = reviews

    def registered_model(self, call: Call) -> Json:
        return {"registered_model_databricks": self._reviews.registered_model(call.text("name"))}

    def transition_stage(self, call: Call) -> Json:
        moved = self._reviews.move(
            *_version(call), call.text("stage"), call.flag("archive_existing_versions")
        )
        return {"model_version_databricks": moved}

    def create_request(self, call: Call) -> Json:
        user, comment = call.principal.name, call.text("comment", "")
        return {
            "request": self._reviews.request(user, *_version(call), call.text("stage"), comment)
        }

    def list_requests(self, call: Call) -> Json:
        return {"requests": self._reviews.requests(*_version(call))}

    def approve(self, call: Call) -> Json:
        stage, comment = call.text("stage"), call.text("comment", "")
        archive = call.flag("archive_existing_versions")
        activity = self._reviews.approve(
            call.principal.name, *_version(call), stage, comment, archive
        )
        return {"activity": activity}

    def reject(self, call: Call) -> Json:
        stage, comment = call.text("stage"), call.text("comment", "")
        activity = self._reviews.reject(call.principal.name, *_version(call), stage, comment)
        return {"activity": activity}

    def delete_request(self, call: Call) -> Json:
        self._reviews.withdraw(call.text("creator"), *_version(call), call.text("stage"))
        return {}

    def create_comment(self, call: Call) -> Json:
        comment = self._reviews.comment(call.principal.name, *_version(call), call.text("comment"))
        return {"comment": comment}

    def update_comment(self, call: Call) -> Json:
        return {"comment": self._reviews.edit_comment(call.text("id"), call.text("comment"))}

    def delete_comment(self, call: Call) -> Json:
        self._reviews.delete_comment(call.text("id"))
        return {}


def _version(call: Call) -> tuple[str, str]:
    return call.text("name"), str(call.number("version"))


def _field(data: bytes, name: str) -> Any:
    """A field of a JSON body; None where there is none: MLflow itself judges such a body."""
    try:
        body = json.loads(data)
    except ValueError:
        return None
    return body.get(name) if isinstance(body, Mapping) else None
