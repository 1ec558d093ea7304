"""What a run leaves behind for its clients: logs that grow while it runs, and files at its end."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator
from pathlib import Path

from modelyard.local.cloud.aml import paths
from modelyard.local.cloud.aml.paths import Place
from modelyard.local.cloud.storage.models import CHUNK, Blobs, Conditions

CONTAINER = "azureml"
USER_LOG = "user_logs/std_log.txt"
"""What the program of a node printed."""
GRAPH_LOG = "logs/azureml/executionlogs.txt"
"""What became of the nodes of a graph."""


def place_of(account: str, run: str) -> Place:
    """The folder of a run's artifacts."""
    return Place(account, CONTAINER, f"ExperimentRun/dcid.{run}")


def copy_files(blobs: Blobs, source: Place, target: Place) -> None:
    """The same blobs in another place; nothing for one that is empty."""
    blobs.ensure_container(target.account, target.container)
    for name, path in list(paths.files(source, blobs)):
        is_file = blobs.find(source.account, source.container, source.path) is not None
        put_file(blobs, path, target if is_file else _below(target, name))


def put_folder(blobs: Blobs, folder: Path, target: Place) -> int:
    """Every file of a folder; says how many. What links out of it isn't followed."""
    blobs.ensure_container(target.account, target.container)
    found = 0
    for path in _files(folder):
        put_file(blobs, path, _below(target, path.relative_to(folder).as_posix()))
        found += 1
    return found


def put_file(blobs: Blobs, path: Path, target: Place) -> None:
    """One file, under the name of the place."""
    blobs.ensure_container(target.account, target.container)
    where = (target.account, target.container, target.path)
    properties = {"content_type": "application/octet-stream", "metadata": {}}
    with path.open("rb") as content:
        blobs.put(where, content, properties, Conditions())


class Log:
    """A blob that a run writes to. Safe for several threads."""

    def __init__(self, blobs: Blobs, run: Place, name: str) -> None:
        blobs.ensure_container(run.account, run.container)
        self._blobs = blobs
        self._place = (run.account, run.container, f"{run.path}/{name}")
        self._lock = threading.Lock()
        self._read = 0
        blobs.append(self._place, b"")

    def write(self, text: str) -> None:
        """A line."""
        with self._lock:
            self._blobs.append(self._place, f"{text}\n".encode())

    def say(self, text: str) -> None:
        """A line with the moment before it."""
        now = datetime.datetime.now(datetime.timezone.utc)
        self.write(f"[{now:%Y-%m-%d %H:%M:%S}Z] {text}")

    def follow(self, path: Path) -> None:
        """Add what was written to a file since the last time."""
        if not path.is_file():
            return
        with self._lock, path.open("rb") as file:
            file.seek(self._read)
            while chunk := file.read(CHUNK):
                self._read += len(chunk)
                self._blobs.append(self._place, chunk)


def _below(place: Place, name: str) -> Place:
    return Place(place.account, place.container, f"{place.path}/{name}".strip("/"))


def _files(folder: Path) -> Iterator[Path]:
    inside = folder.resolve()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.resolve().is_relative_to(inside):
            yield path
