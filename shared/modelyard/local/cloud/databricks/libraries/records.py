"""Which libraries a cluster has, with their states: one document for each cluster."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from modelyard.local.cloud.databricks.libraries.specification import Library, key
from modelyard.local.cloud.service import Cloud

COLLECTION = "databricks.libraries"

Entry = dict[str, Any]
"""``{library, status, messages}``"""


class LibraryRecords:
    def __init__(self, cloud: Cloud) -> None:
        self._store = cloud.store

    @property
    def lock(self) -> Any:
        return self._store.lock

    def entries(self, cluster_id: str) -> list[Entry]:
        """In the order they were asked for."""
        document = self._store.get(COLLECTION, cluster_id) or {}
        entries: list[Entry] = document.get("entries", [])
        return entries

    def of(self, cluster_id: str, statuses: Collection[str]) -> list[Library]:
        return [e["library"] for e in self.entries(cluster_id) if e["status"] in statuses]

    def clusters(self) -> list[str]:
        """Ids of the clusters that have libraries."""
        return [name for name, document in self._store.items(COLLECTION) if document["entries"]]

    def python(self, cluster_id: str) -> Path | None:
        """The interpreter that has the installed libraries; None when none is installed."""
        path = (self._store.get(COLLECTION, cluster_id) or {}).get("python")
        return None if path is None else Path(path)

    def mark(
        self, cluster_id: str, libraries: Iterable[Library], status: str, message: str = ""
    ) -> None:
        """Give libraries a status. Those that aren't there are added."""
        with self._store.lock:
            entries = self.entries(cluster_id)
            by_key = {key(entry["library"]): entry for entry in entries}
            for library in libraries:
                entry = by_key.get(key(library))
                if entry is None:
                    entry = {"library": library}
                    entries.append(entry)
                entry["status"] = status
                entry["messages"] = [message] if message else []
            self._put(cluster_id, entries, self.python(cluster_id))

    def set_python(self, cluster_id: str, python: Path | None) -> None:
        with self._store.lock:
            self._put(cluster_id, self.entries(cluster_id), python)

    def drop(self, cluster_id: str, libraries: Iterable[Library]) -> None:
        with self._store.lock:
            gone = {key(library) for library in libraries}
            kept = [e for e in self.entries(cluster_id) if key(e["library"]) not in gone]
            self._put(cluster_id, kept, self.python(cluster_id))

    def forget(self, cluster_id: str) -> None:
        self._store.delete(COLLECTION, cluster_id)

    def reset(self) -> None:
        self._store.clear(COLLECTION)

    def _put(self, cluster_id: str, entries: list[Entry], python: Path | None) -> None:
        document = {"entries": entries, "python": None if python is None else str(python)}
        self._store.put(COLLECTION, cluster_id, document)
