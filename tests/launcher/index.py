"""A package index over HTTP on loopback that can be made to wait."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

TIME_OUT = 60


class Index:
    """Serves ``root``/simple. Requests of ``held`` wait while ``gate`` is shut.

    The first request sets ``asked``; ``arrived`` counts them.
    """

    def __init__(self, root: Path) -> None:
        self.asked = threading.Event()
        self.arrived = threading.Semaphore(0)
        self.gate = threading.Event()
        self.held = "/"
        self.gate.set()
        handler = partial(_Handler, self, directory=str(root))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/simple"

    def __enter__(self) -> Index:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, index: Index, *arguments: object, directory: str) -> None:
        self._index = index
        super().__init__(*arguments, directory=directory)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self._index.asked.set()
        self._index.arrived.release()
        if self.path.startswith(self._index.held):
            self._index.gate.wait(TIME_OUT)
        try:
            super().do_GET()
        except ConnectionError:
            self.close_connection = True  # who asked was stopped meanwhile

    def log_message(self, *_arguments: object) -> None:
        """Tests print enough."""
