"""Where the cloud's own interface answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.local.cloud.admin import responses
from modelyard.local.cloud.admin.models import Control
from modelyard.local.cloud.service import Route

HOST = "127.0.0.1"


class AdminService:
    """See :class:`modelyard.local.cloud.service.Service`."""

    name = "admin"

    def __init__(self, control: Control) -> None:
        self._control = control

    def routes(self) -> Sequence[Route]:
        table = (
            ("GET", "status", responses.status),
            ("POST", "reset", responses.reset),
            ("GET", "faults", responses.list_faults),
            ("POST", "faults", responses.add_fault),
            ("DELETE", "faults", responses.clear_faults),
            ("DELETE", "faults/<rule>", responses.remove_fault),
            ("GET", "requests", responses.list_requests),
            ("DELETE", "requests", responses.clear_requests),
            ("GET", "clock", responses.get_clock),
            ("POST", "clock", responses.advance_clock),
        )
        return [
            Route(("GET",), HOST, "/", responses.front_page(self._control)),
            *(
                Route(
                    (method,), HOST, f"/modelyard/{path}", responses.handler(answer, self._control)
                )
                for method, path, answer in table
            ),
        ]

    def start(self) -> None:
        """Nothing runs beside the requests."""

    def stop(self) -> None:
        """Nothing runs beside the requests."""

    def reset(self) -> None:
        """Holds no state."""

    def status(self) -> Mapping[str, Any]:
        return {}
