"""HTTP of ``/api/2.0/instance-pools`` (Databricks REST reference, "Instance Pools API")."""

from __future__ import annotations

from modelyard.local.cloud.databricks.calls import Call, Json
from modelyard.local.cloud.databricks.pools.models import Pools


class PoolResponses:
    def __init__(self, pools: Pools) -> None:
        self._pools = pools

    def create(self, call: Call) -> Json:
        return {"instance_pool_id": self._pools.create(dict(call.arguments))}

    def edit(self, call: Call) -> Json:
        self._pools.edit(call.text("instance_pool_id"), dict(call.arguments))
        return {}

    def get(self, call: Call) -> Json:
        return self._pools.get(call.text("instance_pool_id"))

    def list(self, _: Call) -> Json:
        pools = self._pools.list()
        return {"instance_pools": pools} if pools else {}

    def delete(self, call: Call) -> Json:
        self._pools.delete(call.text("instance_pool_id"))
        return {}
