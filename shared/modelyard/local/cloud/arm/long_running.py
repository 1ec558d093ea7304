"""Operations that outlive their request, and the address where a client asks how they fare.

Source: learn.microsoft.com, "Track asynchronous Azure operations". ``Azure-AsyncOperation`` leads
to ``{"status": "InProgress" | "Succeeded" | "Failed" | "Canceled", "error"?}``.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from typing import Any

from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

log = logging.getLogger(__name__)

COLLECTION = "arm-operations"
RETRY_AFTER = {"Retry-After": "1"}
PATH = "providers/Microsoft.MachineLearningServices/locations/{location}/mfeOperationsStatus"


class Operations:
    """All operations of one cloud. Safe for several threads."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()

    def begin(self, work: Callable[[], None], name: str) -> str:
        """Do the work beside the requests; returns the operation's id.

        What the work raises as ArmError is the error of the operation.
        """
        key = str(uuid.uuid4())
        document = {"id": key, "status": "InProgress", "startTime": self._now()}
        self._cloud.store.put(COLLECTION, key, document)

        def run() -> None:
            changes: dict[str, Any] = {"status": "Succeeded"}
            try:
                work()
            except ArmError as error:
                changes = {"status": "Failed", "error": error.body()}
            except BaseException:
                log.exception("operation %s", name)
                failed = ArmError(500, "InternalServerError", "The local cloud failed.")
                changes = {"status": "Failed", "error": failed.body()}
            self._cloud.store.update(COLLECTION, key, **changes, endTime=self._now())
            with self._lock:
                self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=run, name=name, daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()
        return key

    def get(self, id: str) -> dict[str, Any]:
        """Raises ArmError for one that never was."""
        document = self._cloud.store.get(COLLECTION, id)
        if document is None:
            raise exceptions.ArmError(404, "NotFound", f"There is no operation {id}.")
        return document

    def headers(self, id: str, subscription: str, location: str) -> dict[str, str]:
        """What the answer that began it carries."""
        path = PATH.format(location=location)
        address = f"https://management.azure.com/subscriptions/{subscription}/{path}/{id}"
        return {"Azure-AsyncOperation": f"{address}?api-version=2024-10-01", **RETRY_AFTER}

    def done(self, subscription: str, location: str) -> dict[str, str]:
        """The headers for what is done already, where the service answers as if it took time."""
        return self.headers(self.begin(lambda: None, "nothing"), subscription, location)

    def abandon(self) -> None:
        """Those of an earlier life that was cut off have failed."""
        lost = ArmError(500, "InternalServerError", "The operation was interrupted.")
        for key, document in self._cloud.store.items(COLLECTION):
            if document["status"] == "InProgress":
                self._cloud.store.update(COLLECTION, key, status="Failed", error=lost.body())

    def join(self, seconds: float = 30.0) -> None:
        """Wait for those under way; whoever stops the cloud has told them to give up."""
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(seconds)

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)

    def _now(self) -> str:
        return stamp(self._cloud.clock.time())
