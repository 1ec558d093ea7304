"""What the workspace's model registry has beside MLflow's: transition requests and comments.

Source: Azure Databricks REST reference, "Model Registry" (transition-requests, comments,
databricks/registered-models, databricks/model-versions).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.mlflow.server import MlflowServer, ask
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]
REQUESTS, COMMENTS = "mlflow-transition-requests", "mlflow-comments"
STAGES = ("None", "Staging", "Production", "Archived")


class Reviews:
    """Requests to move a model version to a stage, and what people say about it."""

    def __init__(self, cloud: Cloud, server: MlflowServer) -> None:
        self._store = cloud.store
        self._clock = cloud.clock
        self._server = server

    def clear(self) -> None:
        self._store.clear(REQUESTS)
        self._store.clear(COMMENTS)

    def registered_model(self, name: str) -> Json:
        """A model as the workspace shows it: with an id and what the caller may do."""
        model = self._ask("GET", "registered-models/get", {"name": name})["registered_model"]
        identity = uuid.uuid5(uuid.NAMESPACE_OID, f"{name}/{model['creation_timestamp']}").hex
        return {**model, "id": identity, "permission_level": "CAN_MANAGE"}

    def request(self, user: str, name: str, version: str, stage: str, comment: str) -> Json:
        """Ask for a transition. One open request of a user for a stage is enough."""
        self._version(name, version)
        key = _key(name, version, _stage(stage), user)
        if self._store.get(REQUESTS, key) is not None:
            raise exceptions.already_exists(
                f"A transition request of {user} to {stage} for {name} version {version} is open."
            )
        request = self._activity("REQUESTED_TRANSITION", user, comment, to_stage=stage)
        self._store.put(REQUESTS, key, {"name": name, "version": version, "request": request})
        return {**request, "available_actions": ["APPROVE_TRANSITION_REQUEST"]}

    def requests(self, name: str, version: str) -> list[Json]:
        """The open ones, oldest first."""
        self._version(name, version)
        return [
            {**found["request"], "available_actions": ["APPROVE_TRANSITION_REQUEST"]}
            for _, found in self._store.items(REQUESTS)
            if (found["name"], found["version"]) == (name, version)
        ]

    def approve(
        self, user: str, name: str, version: str, stage: str, comment: str, archive: bool
    ) -> Json:
        """Move the version, and close the requests that asked for it."""
        self._open(name, version, stage)
        before = self._version(name, version).get("current_stage", "None")
        self.move(name, version, stage, archive)
        self._close(name, version, stage)
        return self._activity("APPROVED_REQUEST", user, comment, from_stage=before, to_stage=stage)

    def reject(self, user: str, name: str, version: str, stage: str, comment: str) -> Json:
        """Close the requests without moving anything."""
        self._open(name, version, stage)
        self._close(name, version, stage)
        return self._activity("REJECTED_REQUEST", user, comment, to_stage=stage)

    def withdraw(self, creator: str, name: str, version: str, stage: str) -> None:
        """Raises RESOURCE_DOES_NOT_EXIST."""
        if not self._store.delete(REQUESTS, _key(name, version, _stage(stage), creator)):
            raise _no_request(name, version, stage)

    def move(self, name: str, version: str, stage: str, archive: bool) -> Json:
        """The version after its transition."""
        arguments = {
            "name": name,
            "version": version,
            "stage": _stage(stage),
            "archive_existing_versions": archive,
        }
        answer = self._ask("POST", "model-versions/transition-stage", arguments)
        moved: Json = answer["model_version"]
        return {**moved, "permission_level": "CAN_MANAGE"}

    def comment(self, user: str, name: str, version: str, text: str) -> Json:
        """A new comment on a version."""
        self._version(name, version)
        comment = {**self._activity("NEW_COMMENT", user, text), "id": uuid.uuid4().hex}
        self._store.put(COMMENTS, comment["id"], comment)
        return comment

    def edit_comment(self, identity: str, text: str) -> Json:
        """Raises RESOURCE_DOES_NOT_EXIST."""
        try:
            return self._store.update(
                COMMENTS, identity, comment=text, last_updated_timestamp=self._now()
            )
        except KeyError:
            raise exceptions.does_not_exist(f"Comment with id {identity} does not exist.") from None

    def delete_comment(self, identity: str) -> None:
        """Raises RESOURCE_DOES_NOT_EXIST."""
        if not self._store.delete(COMMENTS, identity):
            raise exceptions.does_not_exist(f"Comment with id {identity} does not exist.")

    def _open(self, name: str, version: str, stage: str) -> None:
        asked = [one["to_stage"] for one in self.requests(name, version)]
        if _stage(stage) not in asked:
            raise _no_request(name, version, stage)

    def _close(self, name: str, version: str, stage: str) -> None:
        for key, _ in list(self._store.items(REQUESTS)):
            if key.startswith(_key(name, version, stage, "")):
                self._store.delete(REQUESTS, key)

    def _version(self, name: str, version: str) -> Json:
        answer = self._ask("GET", "model-versions/get", {"name": name, "version": version})
        found: Json = answer["model_version"]
        return found

    def _ask(self, method: str, path: str, arguments: Mapping[str, Any]) -> Json:
        """MLflow's own answer, or its own error."""
        return ask(self._server, method, path, arguments)

    def _activity(self, kind: str, user: str, comment: str, **stages: str) -> Json:
        now = self._now()
        return {
            "activity_type": kind,
            "user_id": user,
            "comment": comment,
            "creation_timestamp": now,
            "last_updated_timestamp": now,
            **stages,
        }

    def _now(self) -> int:
        return int(self._clock.time() * 1000)


def _stage(name: str) -> str:
    if name not in STAGES:
        raise exceptions.invalid_parameter(f"stage must be one of {', '.join(STAGES)}: {name!r}")
    return name


def _key(name: str, version: str, stage: str, user: str) -> str:
    return f"{name}\n{version}\n{stage}\n{user}"


def _no_request(name: str, version: str, stage: str) -> exceptions.ApiError:
    return exceptions.does_not_exist(
        f"No open transition request to {stage} for {name} version {version}."
    )
