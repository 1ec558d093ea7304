"""What happened to a cluster (``clusters/events``)."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.service import Cloud

COLLECTION = "databricks.cluster_events"
COUNTER = "databricks.cluster_event"


class Events:
    def __init__(self, cloud: Cloud) -> None:
        self._store = cloud.store
        self._clock = cloud.clock

    def add(self, cluster_id: str, kind: str, **details: Any) -> None:
        number = self._store.next_number(COUNTER)
        document = {
            "cluster_id": cluster_id,
            "timestamp": int(self._clock.time() * 1000),
            "type": kind,
            "details": details,
        }
        self._store.put(COLLECTION, f"{cluster_id}/{number:09d}", document)

    def list(
        self,
        cluster_id: str,
        kinds: list[str] | None = None,
        begin: int | None = None,
        end: int | None = None,
    ) -> list[dict[str, Any]]:
        """Oldest first; times in milliseconds since the epoch, both included."""
        return [
            event
            for _, event in self._store.items(COLLECTION)
            if event["cluster_id"] == cluster_id
            and (not kinds or event["type"] in kinds)
            and (begin is None or event["timestamp"] >= begin)
            and (end is None or event["timestamp"] <= end)
        ]

    def remove(self, cluster_id: str) -> None:
        for key, event in list(self._store.items(COLLECTION)):
            if event["cluster_id"] == cluster_id:
                self._store.delete(COLLECTION, key)

    def reset(self) -> None:
        self._store.clear(COLLECTION)
