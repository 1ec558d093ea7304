"""The Databricks workspace as a service of the local cloud: its parts, and their common life."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.local.cloud.databricks.models import WorkspaceModel
from modelyard.local.cloud.databricks.urls import all_routes
from modelyard.local.cloud.service import Route

TICK_SECONDS = 1.0
"""How often it is looked what the time has brought about (auto-termination)."""


class DatabricksService:
    """See :class:`modelyard.local.cloud.service.Service`."""

    name = "databricks"

    def __init__(self, model: WorkspaceModel) -> None:
        self._model = model
        self._stopping = threading.Event()
        self._ticker: threading.Thread | None = None

    def routes(self) -> Sequence[Route]:
        return all_routes(self._model)

    def start(self) -> None:
        self._model.start()
        self._stopping.clear()
        self._ticker = threading.Thread(target=self._tick, name="databricks-clock", daemon=True)
        self._ticker.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._ticker is not None:
            self._ticker.join()
            self._ticker = None
        self._model.stop()

    def reset(self) -> None:
        self._model.reset()

    def status(self) -> Mapping[str, Any]:
        return self._model.status()

    def _tick(self) -> None:
        while not self._stopping.wait(TICK_SECONDS):
            self._model.lifecycle.tick()
