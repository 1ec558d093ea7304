"""The clusters as documents in the store.

A document holds ``specification`` (what was asked for, after the policy), the fields of the
service's answers that change, and ``generation``: it counts the starts, so that a thread which
brings up an older start notices that it is late.
"""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Collection
from typing import Any

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.service import Cloud

COLLECTION = "databricks.clusters"
TOKENS = "databricks.cluster_tokens"
USABLE = frozenset({"RUNNING", "RESIZING"})

Document = dict[str, Any]


class Records:
    def __init__(self, cloud: Cloud) -> None:
        self._store = cloud.store
        self._clock = cloud.clock

    @property
    def lock(self) -> Any:
        return self._store.lock

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return int(self._clock.time() * 1000)

    def add(
        self, specification: dict[str, Any], creator: str, source: str, token: str | None
    ) -> Document:
        """A new document in state TERMINATED, which was never started. ``token`` makes it findable
        by :meth:`of_token`."""
        document: Document = {
            "cluster_id": self._new_id(),
            "specification": specification,
            "creator_user_name": creator,
            "cluster_source": source,
            "state": "TERMINATED",
            "state_message": "",
            "start_time": self.now(),
            "generation": 0,
            "pinned": False,
        }
        self._store.put(COLLECTION, document["cluster_id"], document)
        if token is not None:
            self._store.put(TOKENS, token, {"cluster_id": document["cluster_id"]})
        return document

    def of_token(self, token: str) -> str | None:
        """The id of the cluster that was made with an idempotency token, even if it is gone."""
        document = self._store.get(TOKENS, token)
        return None if document is None else str(document["cluster_id"])

    def find(self, cluster_id: str) -> Document | None:
        return self._store.get(COLLECTION, cluster_id)

    def get(self, cluster_id: str) -> Document:
        """Raises the service's "Cluster ... does not exist"."""
        document = self.find(cluster_id)
        if document is None:
            raise exceptions.cluster_does_not_exist(cluster_id)
        return document

    def all(self) -> list[Document]:
        """Oldest first."""
        return [document for _, document in self._store.items(COLLECTION)]

    def put(self, document: Document) -> None:
        self._store.put(COLLECTION, document["cluster_id"], document)

    def update(self, cluster_id: str, **changes: Any) -> Document:
        return self._store.update(COLLECTION, cluster_id, **changes)

    def move(
        self,
        cluster_id: str,
        states: Collection[str],
        generation: int | None = None,
        **changes: Any,
    ) -> Document | None:
        """Change a cluster that is in one of these states (and this generation); else None."""
        with self._store.lock:
            document = self.find(cluster_id)
            if document is None or document["state"] not in states:
                return None
            if generation is not None and document["generation"] != generation:
                return None
            return self.update(cluster_id, **changes)

    def remove(self, cluster_id: str) -> None:
        self._store.delete(COLLECTION, cluster_id)

    def reset(self) -> None:
        self._store.clear(COLLECTION)
        self._store.clear(TOKENS)

    def _new_id(self) -> str:
        """``MMDD-HHMMSS-xxxxxxxx``, as the service makes them."""
        moment = time.strftime("%m%d-%H%M%S", time.gmtime(self._clock.time()))
        letters = string.ascii_lowercase + string.digits
        return f"{moment}-{''.join(secrets.choice(letters) for _ in range(8))}"
