"""Cluster policies as documents."""

from __future__ import annotations

import json
import secrets
from typing import Any

from modelyard.local.cloud.databricks import exceptions, shapes
from modelyard.local.cloud.databricks.policies import rules
from modelyard.local.cloud.service import Cloud

COLLECTION = "databricks.policies"
FIELDS = ("name", "definition", "description", "max_clusters_per_user", "libraries")


class Policies:
    def __init__(self, cloud: Cloud) -> None:
        self._store = cloud.store
        self._clock = cloud.clock

    def create(self, request: dict[str, Any], creator: str) -> str:
        fields = _checked(request)
        with self._store.lock:
            self._refuse_name(fields["name"])
            policy_id = secrets.token_hex(8).upper()
            document = {
                "policy_id": policy_id,
                "creator_user_name": creator,
                "created_at_timestamp": int(self._clock.time() * 1000),
                **fields,
            }
            self._store.put(COLLECTION, policy_id, document)
        return policy_id

    def edit(self, policy_id: str, request: dict[str, Any]) -> None:
        fields = _checked(request)
        with self._store.lock:
            before = self.get(policy_id)
            if fields["name"] != before["name"]:
                self._refuse_name(fields["name"])
            kept = {key: value for key, value in before.items() if key not in FIELDS}
            self._store.put(COLLECTION, policy_id, {**kept, **fields})

    def get(self, policy_id: str) -> dict[str, Any]:
        """Raises RESOURCE_DOES_NOT_EXIST."""
        document = self._store.get(COLLECTION, policy_id)
        if document is None:
            raise exceptions.does_not_exist(f"Can't find a cluster policy with id: {policy_id}.")
        return document

    def list(self) -> list[dict[str, Any]]:
        return [document for _, document in self._store.items(COLLECTION)]

    def delete(self, policy_id: str) -> None:
        """The clusters that were made with it stay."""
        self.get(policy_id)
        self._store.delete(COLLECTION, policy_id)

    def apply(self, specification: dict[str, Any], cluster_type: str) -> dict[str, Any]:
        """What the specification's policy, if it names one, makes of it; see ``rules.apply``."""
        policy_id = specification.get("policy_id")
        if not policy_id:
            return specification
        definition = json.loads(self.get(policy_id)["definition"])
        return rules.apply(definition, specification, cluster_type)

    def reset(self) -> None:
        self._store.clear(COLLECTION)

    def _refuse_name(self, name: str) -> None:
        if any(document["name"] == name for document in self.list()):
            raise exceptions.already_exists(f"A cluster policy with name '{name}' already exists.")


def _checked(request: dict[str, Any]) -> dict[str, Any]:
    fields = {key: request[key] for key in FIELDS if request.get(key) is not None}
    shapes.check(fields, {"name": str, "description": str})
    if not fields.get("name"):
        raise exceptions.missing_field("name")
    definition = fields.setdefault("definition", "{}")
    try:
        parsed = json.loads(definition)
    except (TypeError, ValueError) as error:
        raise exceptions.invalid_parameter(
            f"The policy definition must be a string that holds JSON: {error}"
        ) from None
    rules.check_definition(parsed)
    return fields
