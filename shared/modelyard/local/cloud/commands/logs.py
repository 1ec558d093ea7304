"""The request log for people: all of it, or as it grows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from modelyard.local.cloud.exceptions import NotRunning
from modelyard.local.cloud.requests_log import format_entry
from modelyard.local.cloud.running import claimed_by

POLL_SECONDS = 0.2


def lines(folder: Path, *, follow: bool) -> Iterator[str]:
    """The log of a state folder, one line for each request.

    With ``follow`` it goes on until the cloud has stopped, or Ctrl-C. Raises NotRunning when
    there is no log.
    """
    path = folder / "requests.jsonl"
    if not path.exists():
        raise NotRunning(folder)
    try:
        with path.open("rb") as file:
            rest = b""
            while True:
                alive = follow and claimed_by(folder) is not None
                if path.stat().st_size < file.tell():
                    file.seek(0)  # the cloud was reset
                    rest = b""
                while piece := file.readline():
                    rest += piece
                    if rest.endswith(b"\n"):  # else the cloud is about to write the rest
                        yield format_entry(rest.decode(errors="replace"))
                        rest = b""
                if not alive:
                    return
                time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        return
