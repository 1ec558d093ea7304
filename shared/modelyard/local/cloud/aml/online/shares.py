"""Who gets how many of an endpoint's requests."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping

_STEP = 37
"""Prime to 100: of a hundred requests in a row each number comes once, and well mixed."""


class Turns:
    """Of a hundred requests in a row each deployment gets exactly its share."""

    def __init__(self) -> None:
        self._counts: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._lock = threading.Lock()

    def next(self, endpoint: str, shares: Mapping[str, int], kind: str) -> str | None:
        """The deployment whose turn it is; None when it is nobody's.

        :param kind: ``traffic`` or ``mirror``: those are counted apart.
        """
        with self._lock:
            count = self._counts[endpoint, kind]
            self._counts[endpoint, kind] = (count + 1) % 100
        place = count * _STEP % 100
        for name, share in shares.items():
            if place < share:
                return name
            place -= share
        return None
