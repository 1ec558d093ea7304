"""What the clusters API does: policies and pools applied, specifications checked, the life cycle
driven."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.clusters import reasons, specification
from modelyard.local.cloud.databricks.clusters.events import Events
from modelyard.local.cloud.databricks.clusters.lifecycle import Lifecycle, unexpected_state
from modelyard.local.cloud.databricks.clusters.reasons import Reason
from modelyard.local.cloud.databricks.clusters.records import Document, Records
from modelyard.local.cloud.databricks.policies.models import Policies
from modelyard.local.cloud.databricks.pools.models import Pools

TOKEN_LENGTH = 64


class Clusters:
    """Two clusters may have one name, as in the service: only ids are unique."""

    def __init__(
        self,
        records: Records,
        events: Events,
        lifecycle: Lifecycle,
        policies: Policies,
        pools: Pools,
    ) -> None:
        self.records = records
        self.events = events
        self.lifecycle = lifecycle
        self._policies = policies
        self._pools = pools
        pools.instances_used = self._instances_of_pool

    def create(
        self,
        request: dict[str, Any],
        user: str,
        source: str = "API",
        idempotency_token: str | None = None,
    ) -> str:
        """Start a new cluster; returns its id. The same token always gives the same cluster."""
        if idempotency_token is not None and len(idempotency_token) > TOKEN_LENGTH:
            raise exceptions.invalid_parameter(
                f"idempotency_token must have at most {TOKEN_LENGTH} characters"
            )
        fields = self.prepared(request, source)
        with self.records.lock:
            before = self.records.of_token(idempotency_token) if idempotency_token else None
            if before is not None:
                self.records.get(before)
                return before
            document = self.records.add(fields, user, source, idempotency_token)
        self.lifecycle.start(document["cluster_id"], user, "CREATING")
        return str(document["cluster_id"])

    def prepared(self, request: dict[str, Any], source: str) -> dict[str, Any]:
        """The whole, checked specification of a cluster that is asked for."""
        is_job = source == "JOB"
        fields = specification.specification(request)
        fields = self._policies.apply(fields, "job" if is_job else "all-purpose")
        if fields.get("instance_pool_id"):
            self._pools.get(fields["instance_pool_id"])
        specification.check(fields, is_job)
        fields.setdefault("cluster_name", "")
        return fields

    def get(self, cluster_id: str) -> Document:
        return self.lifecycle.refresh(self.records.get(cluster_id))

    def list(self) -> list[Document]:
        """Newest first."""
        return [self.lifecycle.refresh(document) for document in reversed(self.records.all())]

    def start(self, cluster_id: str, user: str) -> None:
        self.lifecycle.start(cluster_id, user)

    def restart(self, cluster_id: str, user: str) -> None:
        self.lifecycle.restart(cluster_id, user)

    def edit(self, cluster_id: str, request: dict[str, Any], user: str) -> None:
        """A whole new specification; a running cluster restarts with it."""
        before = self.records.get(cluster_id)
        fields = self.prepared(request, before["cluster_source"])
        with self.records.lock:
            document = self.records.get(cluster_id)
            if document["state"] not in ("RUNNING", "TERMINATED"):
                raise unexpected_state(document)
            self.records.update(cluster_id, specification=fields)
        self.events.add(cluster_id, "EDITED", user=user)
        if document["state"] == "RUNNING":
            self.lifecycle.restart(cluster_id, user)

    def resize(self, cluster_id: str, request: dict[str, Any], user: str) -> None:
        """``num_workers`` or ``autoscale`` anew."""
        document = self.records.get(cluster_id)
        size = {k: request[k] for k in ("num_workers", "autoscale") if request.get(k) is not None}
        if not size:
            raise exceptions.missing_field("size")
        kept = {
            key: value
            for key, value in document["specification"].items()
            if key not in ("num_workers", "autoscale")
        }
        fields = specification.specification({**kept, **size})
        specification.check(fields, document["cluster_source"] == "JOB")
        self.lifecycle.resize(cluster_id, fields, user)

    def terminate(self, cluster_id: str, user: str, reason: Reason | None = None) -> None:
        """Nothing happens to a cluster that is terminated already."""
        self.records.get(cluster_id)
        self.lifecycle.terminate(cluster_id, reason or reasons.user_request(user))

    def delete_forever(self, cluster_id: str) -> None:
        """Terminate and forget: the id doesn't exist any more."""
        self.records.get(cluster_id)
        self.records.remove(cluster_id)
        self.events.remove(cluster_id)
        self.lifecycle.forget(cluster_id)

    def pin(self, cluster_id: str, pinned: bool) -> None:
        self.records.get(cluster_id)
        self.records.update(cluster_id, pinned=pinned)
        self.events.add(cluster_id, "PINNED" if pinned else "UNPINNED")

    def _instances_of_pool(self, pool_id: str) -> int:
        return sum(
            1 + specification.size_of(document["specification"])
            for document in self.records.all()
            if document["state"] != "TERMINATED"
            and document["specification"].get("instance_pool_id") == pool_id
        )
