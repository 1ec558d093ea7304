"""The last answer of each URL that was read, so that a read can be stale on demand."""

from __future__ import annotations

import threading
from collections import OrderedDict

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request, Response

URLS = 512
LARGEST = 262_144
"""Longer answers, in bytes, are not remembered."""

Kept = tuple[bytes, int, Headers]


class PreviousAnswers:
    """Answers to GET requests, by host, path and query. Safe for several threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def has(self, request: Request) -> bool:
        with self._lock:
            return request.method == "GET" and request.url in self._kept

    def remember(self, request: Request, response: Response) -> None:
        """Streamed answers are left alone: reading them here would hold them in memory."""
        if request.method != "GET" or not response.is_sequence:
            return
        if response.status_code not in (200, 404):
            return  # says more about the caller or the moment than about what is stored
        body = response.get_data()
        if len(body) > LARGEST:
            return
        with self._lock:
            self._kept[request.url] = (body, response.status_code, response.headers.copy())
            self._kept.move_to_end(request.url)
            while len(self._kept) > URLS:
                self._kept.popitem(last=False)

    def answer(self, request: Request) -> Response:
        """The old answer again. Raises KeyError when there is none (see :meth:`has`)."""
        with self._lock:
            body, status, headers = self._kept[request.url]
        return Response(body, status, headers.copy())

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
