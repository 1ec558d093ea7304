"""Documents that outlive the process: one SQLite file, collections of JSON values by key."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Store:
    """All state of a local cloud. Safe for several threads; every call is one transaction.

    Values are JSON documents (dicts). What is returned is a copy: change it and ``put`` it back,
    or use :meth:`update` where two requests may meet.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        # No fsync for each write: a killed process loses nothing, a power cut the last moments.
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS documents ("
            "collection TEXT, key TEXT, body TEXT, PRIMARY KEY (collection, key))"
        )
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER)"
        )

    @property
    def lock(self) -> threading.RLock:
        """Hold it to make several calls one step (``with store.lock:``)."""
        return self._lock

    def get(self, collection: str, key: str) -> dict[str, Any] | None:
        """The document, or None."""
        with self._lock:
            row = self._database.execute(
                "SELECT body FROM documents WHERE collection = ? AND key = ?", (collection, key)
            ).fetchone()
        return None if row is None else _document(row[0])

    def put(self, collection: str, key: str, document: dict[str, Any]) -> None:
        """Create or replace."""
        with self._lock:
            self._database.execute(
                "INSERT INTO documents VALUES (?, ?, ?) "
                "ON CONFLICT (collection, key) DO UPDATE SET body = excluded.body",
                (collection, key, json.dumps(document)),
            )

    def delete(self, collection: str, key: str) -> bool:
        """Remove; says whether it was there."""
        with self._lock:
            cursor = self._database.execute(
                "DELETE FROM documents WHERE collection = ? AND key = ?", (collection, key)
            )
        return cursor.rowcount > 0

    def items(self, collection: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """All documents of a collection, oldest first."""
        with self._lock:
            rows = self._database.execute(
                "SELECT key, body FROM documents WHERE collection = ? ORDER BY rowid",
                (collection,),
            ).fetchall()
        for key, body in rows:
            yield key, _document(body)

    def update(self, collection: str, key: str, **changes: Any) -> dict[str, Any]:
        """Change some fields in one step and return the whole; KeyError when it isn't there."""
        with self._lock:
            document = self.get(collection, key)
            if document is None:
                raise KeyError((collection, key))
            document.update(changes)
            self.put(collection, key, document)
            return document

    def next_number(self, name: str, start: int = 1) -> int:
        """Counts up for ever, also over restarts: ids that are never used twice."""
        with self._lock:
            row = self._database.execute(
                "INSERT INTO counters VALUES (?, ?) "
                "ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
                (name, start),
            ).fetchone()
        return int(row[0])

    def clear(self, collection: str) -> None:
        """Remove all documents of a collection. Counters go on."""
        with self._lock:
            self._database.execute("DELETE FROM documents WHERE collection = ?", (collection,))

    def close(self) -> None:
        with self._lock:
            self._database.close()


def _document(body: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(body)
    return document
