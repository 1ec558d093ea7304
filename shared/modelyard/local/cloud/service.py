"""What a service of the local cloud is, and what it is given.

A service is a folder beside this module. It offers routes (HTTP) and a life cycle; it holds its
state in the :class:`~modelyard.local.cloud.store.Store` it is given, so that the state outlives
the process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from werkzeug.wrappers import Response

from modelyard.clock import Clock
from modelyard.local.cloud.expanding import Expand
from modelyard.local.cloud.store import Store

Handler = Callable[..., Response]
"""``handler(request, **path_arguments)``; raises werkzeug's HTTPException or returns a Response."""


@dataclass(frozen=True)
class Route:
    """One rule: these methods on these hosts and this path go to this handler."""

    methods: tuple[str, ...]
    host: str
    """Host name, or a pattern with ``*`` (``*.azurecr.io``). Never with a port."""
    path: str
    """A werkzeug rule: ``/api/<version>/clusters/get``."""
    handler: Handler
    loopback: bool = False
    """Also answer on ``http://127.0.0.1:PORT``, where no host name tells the service."""


@dataclass(frozen=True)
class Cloud:
    """What every service is given."""

    url: str
    """``http://127.0.0.1:PORT``, without a slash at the end."""
    folder: Path
    """The state folder. A service puts files only into ``folder / <its name>``."""
    store: Store
    clock: Clock
    workspace_host: str
    """Host name of the one Databricks workspace."""
    environment: Mapping[str, str]
    """What a program needs to reach this cloud (proxy, CA, host, credentials): see
    :mod:`modelyard.local.cloud.environment`. Drivers and other children start with it."""
    expand: Expand | None = None
    """Expands the YAML of pipelines; None where whoever started the cloud has nothing for that."""


class Service(Protocol):
    """One emulated service."""

    name: str

    def routes(self) -> Sequence[Route]: ...

    def start(self) -> None:
        """Called when the port is bound and before requests are answered."""
        ...

    def stop(self) -> None:
        """Stop every child process; keep the state."""
        ...

    def reset(self) -> None:
        """Forget all state and stop what belongs to it."""
        ...

    def status(self) -> Mapping[str, Any]:
        """A few facts for ``modelyard local status``; JSON values."""
        ...
