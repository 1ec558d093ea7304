"""Personal access tokens of users, and the short-lived ones that runs call the workspace with."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.tokens import Principal, Tokens

COLLECTION = "databricks.run_tokens"
RUN_LIFETIME_SECONDS = 7 * 24 * 3600
"""A run's token is revoked when the run ends; this is only for runs whose end nobody saw."""


class WorkspaceTokens:
    """The token table as the workspace shows it: each caller sees their own."""

    def __init__(self, cloud: Cloud, tokens: Tokens) -> None:
        self._store = cloud.store
        self._tokens = tokens

    def create(
        self, principal: Principal, comment: str, lifetime_seconds: int | None
    ) -> tuple[str, dict[str, Any]]:
        """The value, which is never shown again, and what :meth:`list` says of it."""
        if lifetime_seconds is not None and lifetime_seconds <= 0:
            raise exceptions.invalid_parameter(
                f"lifetime_seconds must be positive, but was {lifetime_seconds}"
            )
        token_id, value = self._tokens.create(comment, lifetime_seconds, principal.name)
        info = next(info for info in self.list(principal) if info["token_id"] == token_id)
        return value, info

    def list(self, principal: Principal) -> list[dict[str, Any]]:
        return [
            {key: value for key, value in document.items() if key != "user"}
            for document in self._tokens.list(principal.name)
            if self._store.get(COLLECTION, document["token_id"]) is None
        ]

    def revoke(self, principal: Principal, token_id: str) -> None:
        """Raises RESOURCE_DOES_NOT_EXIST when the caller has no such token."""
        if token_id not in {info["token_id"] for info in self.list(principal)}:
            raise exceptions.does_not_exist(f"Token with ID {token_id} does not exist")
        self._tokens.revoke(token_id)

    def create_for_run(self, user: str, run_id: int) -> tuple[str, str]:
        """Id and value of a token with which run ``run_id`` acts as ``user``."""
        token_id, value = self._tokens.create(f"run {run_id}", RUN_LIFETIME_SECONDS, user)
        self._store.put(COLLECTION, token_id, {"run_id": run_id})
        return token_id, value

    def revoke_for_run(self, token_id: str) -> None:
        self._tokens.revoke(token_id)
        self._store.delete(COLLECTION, token_id)

    def revoke_all_for_runs(self) -> None:
        """For when no run can be alive: at the start of the service."""
        for token_id in [key for key, _ in self._store.items(COLLECTION)]:
            self.revoke_for_run(token_id)
