"""Where blob storage answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.local.cloud.arm.resources import Resources
from modelyard.local.cloud.service import Cloud, Route
from modelyard.local.cloud.storage.models import BLOBS, Blobs
from modelyard.local.cloud.storage.responses import BlobResponses, Containers, handler
from modelyard.local.cloud.storage.signatures import Access

HOST = "*.blob.core.windows.net"


class StorageService:
    """See :class:`modelyard.local.cloud.service.Service`."""

    name = "storage"

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._resources = Resources(cloud)
        self._blobs = Blobs(cloud)

    def routes(self) -> Sequence[Route]:
        access = Access(self._cloud, self._keys)
        containers = Containers(self._blobs, access)
        blobs = BlobResponses(self._blobs, access)
        methods = ("GET", "HEAD", "PUT", "DELETE")
        return [
            Route(methods, HOST, "/<container>", handler(containers.handle, self._exists)),
            Route(methods, HOST, "/<container>/<path:name>", handler(blobs.handle, self._exists)),
        ]

    def start(self) -> None:
        """Nothing runs beside the requests."""

    def stop(self) -> None:
        """Nothing runs beside the requests."""

    def reset(self) -> None:
        self._blobs.reset()

    def status(self) -> Mapping[str, Any]:
        return {"blobs": sum(1 for _ in self._cloud.store.items(BLOBS))}

    def _exists(self, account: str) -> bool:
        return self._resources.account(account) is not None

    def _keys(self, account: str) -> Sequence[str]:
        found = self._resources.account(account)
        return self._resources.keys(found["id"]) if found else ()
