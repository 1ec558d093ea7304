"""Where the endpoints answer: on the loopback only."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.local.cloud.endpoints.models import COLLECTION, Endpoints
from modelyard.local.cloud.endpoints.responses import Management, Scoring
from modelyard.local.cloud.endpoints.servers import Servers
from modelyard.local.cloud.service import Cloud, Route
from modelyard.local.cloud.tokens import Tokens

HOST = "127.0.0.1"
MANAGE, ONE = "/modelyard/endpoints", "/modelyard/endpoints/<name>"


class EndpointsService:
    """See :class:`modelyard.local.cloud.service.Service`."""

    name = "endpoints"

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._servers = Servers(cloud)
        self._endpoints = Endpoints(cloud, self._servers)

    def routes(self) -> Sequence[Route]:
        manage = Management(self._endpoints, Tokens(self._cloud), self._cloud.url)
        scoring = Scoring(self._endpoints)
        table = (
            ("GET", MANAGE, manage.list),
            ("GET", ONE, manage.get),
            ("PUT", ONE, manage.put),
            ("DELETE", ONE, manage.delete),
            ("GET", f"{ONE}/logs", manage.logs),
            ("POST", f"{ONE}/keys", manage.keys),
            ("POST", f"{ONE}/keys/regenerate", manage.renew_key),
        )
        return [
            *(Route((method,), HOST, path, manage.handler(one)) for method, path, one in table),
            Route(("POST",), HOST, "/endpoints/<name>/invocations", scoring.invocations),
            Route(("GET",), HOST, "/endpoints/<name>/ping", scoring.ping),
            Route(("GET",), HOST, "/endpoints", manage.page),
        ]

    def start(self) -> None:
        """Endpoints of an earlier life come up beside the requests, one after the other."""
        self._servers.open()
        if self._endpoints.names():
            threading.Thread(target=self._restart, name="endpoints", daemon=True).start()

    def stop(self) -> None:
        self._endpoints.stop()

    def reset(self) -> None:
        self._endpoints.stop()
        self._cloud.store.clear(COLLECTION)
        self._servers.clear()
        self._servers.open()

    def status(self) -> Mapping[str, Any]:
        return {
            "page": f"{self._cloud.url}/endpoints",
            "endpoints": len(self._endpoints.names()),
        }

    def _restart(self) -> None:
        for name in self._endpoints.names():
            for slot in self._endpoints.slots(name):
                self._endpoints.restart(name, slot)
