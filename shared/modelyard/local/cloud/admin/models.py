"""What the interface steers."""

from __future__ import annotations

from typing import Any, Protocol

from modelyard.clock import Clock
from modelyard.local.cloud.faults import Faults
from modelyard.local.cloud.requests_log import RequestsLog


class Control(Protocol):
    """A running cloud, seen from its interface."""

    @property
    def faults(self) -> Faults: ...

    @property
    def requests(self) -> RequestsLog: ...

    @property
    def clock(self) -> Clock: ...

    def status(self) -> dict[str, Any]: ...

    def reset(self) -> None: ...
