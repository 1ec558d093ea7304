"""Instance pools as documents. There are no machines: the statistics count the clusters of a pool
and the idle instances that the pool would keep beside them."""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Callable
from typing import Any

from modelyard.local.cloud.databricks import exceptions, shapes
from modelyard.local.cloud.databricks.clusters import catalogue
from modelyard.local.cloud.service import Cloud

COLLECTION = "databricks.pools"
SETTINGS = (
    *("instance_pool_name", "node_type_id", "min_idle_instances", "max_capacity"),
    *("idle_instance_autotermination_minutes", "enable_elastic_disk", "preloaded_spark_versions"),
    *("custom_tags", "azure_attributes", "disk_spec", "preloaded_docker_images"),
)
SHAPE = {"instance_pool_name": str, "node_type_id": str, "preloaded_spark_versions": [str]}
NUMBERS = ("min_idle_instances", "max_capacity", "idle_instance_autotermination_minutes")


class Pools:
    def __init__(self, cloud: Cloud) -> None:
        self._store = cloud.store
        self._clock = cloud.clock
        self.instances_used: Callable[[str], int] = lambda _: 0
        """How many instances the clusters of a pool have now."""

    def create(self, settings: dict[str, Any]) -> str:
        settings = _checked(settings)
        with self._store.lock:
            self._refuse_name(settings["instance_pool_name"])
            pool_id = self._new_id()
            self._store.put(COLLECTION, pool_id, {"instance_pool_id": pool_id, **settings})
        return pool_id

    def edit(self, pool_id: str, settings: dict[str, Any]) -> None:
        """All settings anew; the node type must stay as it is."""
        settings = _checked(settings)
        with self._store.lock:
            before = self._find(pool_id)
            if settings["node_type_id"] != before["node_type_id"]:
                raise exceptions.invalid_parameter(
                    f"The node type of instance pool {pool_id} can't be changed from "
                    f"{before['node_type_id']} to {settings['node_type_id']}."
                )
            if settings["instance_pool_name"] != before["instance_pool_name"]:
                self._refuse_name(settings["instance_pool_name"])
            self._store.put(COLLECTION, pool_id, {"instance_pool_id": pool_id, **settings})

    def get(self, pool_id: str) -> dict[str, Any]:
        """Raises RESOURCE_DOES_NOT_EXIST."""
        return self._described(self._find(pool_id))

    def list(self) -> list[dict[str, Any]]:
        return [self._described(document) for _, document in self._store.items(COLLECTION)]

    def delete(self, pool_id: str) -> None:
        """The clusters that came from it stay."""
        self._find(pool_id)
        self._store.delete(COLLECTION, pool_id)

    def reset(self) -> None:
        self._store.clear(COLLECTION)

    def _find(self, pool_id: str) -> dict[str, Any]:
        document = self._store.get(COLLECTION, pool_id)
        if document is None:
            raise exceptions.does_not_exist(f"Can't find an instance pool with ID: {pool_id}.")
        return document

    def _refuse_name(self, name: str) -> None:
        for _, document in self._store.items(COLLECTION):
            if document["instance_pool_name"] == name:
                raise exceptions.already_exists(f"Instance pool with name {name} already exists.")

    def _described(self, document: dict[str, Any]) -> dict[str, Any]:
        pool_id = document["instance_pool_id"]
        used = self.instances_used(pool_id)
        idle = max(document["min_idle_instances"], 0)
        if "max_capacity" in document:
            idle = min(idle, max(document["max_capacity"] - used, 0))
        return {
            **document,
            "state": "ACTIVE",
            "status": {},
            "stats": {
                "used_count": used,
                "idle_count": idle,
                "pending_used_count": 0,
                "pending_idle_count": 0,
            },
            "default_tags": {
                "Vendor": "Databricks",
                "DatabricksInstancePoolId": pool_id,
                "DatabricksInstancePoolCreatorId": "1",
            },
        }

    def _new_id(self) -> str:
        moment = time.strftime("%m%d-%H%M%S", time.gmtime(self._clock.time()))
        letters = string.ascii_lowercase + string.digits
        parts = ["".join(secrets.choice(letters) for _ in range(n)) for n in (5, 8)]
        return f"{moment}-{parts[0]}-pool-{parts[1]}"


def _checked(request: dict[str, Any]) -> dict[str, Any]:
    settings = {k: request[k] for k in SETTINGS if request.get(k) is not None}
    shapes.check(settings, SHAPE)
    for name in ("instance_pool_name", "node_type_id"):
        if not settings.get(name):
            raise exceptions.missing_field(name)
    if not catalogue.is_node_type(settings["node_type_id"]):
        raise exceptions.invalid_parameter(
            f"Node type {settings['node_type_id']} is not supported."
        )
    for name in NUMBERS:
        if name in settings:
            try:
                settings[name] = int(settings[name])
            except (TypeError, ValueError, OverflowError):
                settings[name] = -1
            if settings[name] < 0:
                raise exceptions.invalid_parameter(f"{name} must be a whole number, at least 0")
    settings.setdefault("min_idle_instances", 0)
    for version in settings.get("preloaded_spark_versions", []):
        if not catalogue.is_spark_version(version):
            raise exceptions.invalid_parameter(f"Invalid spark version {version}.")
    return settings
