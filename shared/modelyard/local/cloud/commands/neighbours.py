"""Other clouds of the same user.

Each cloud that a command has started is noted in the user's cache, so that who starts a second one
by mistake, in another folder, is told.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from modelyard.local.cloud.running import claimed_by


def notes(environment: Mapping[str, str]) -> Path:
    """Where they are noted: a file for each, named by its process, that holds its state folder."""
    cache = environment.get("XDG_CACHE_HOME") or Path(environment.get("HOME", "/")) / ".cache"
    return Path(cache) / "modelyard" / "clouds"


@contextlib.contextmanager
def noted(state: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """For as long as a cloud of this process runs. Where the cache can't be written it isn't
    noted: a cloud runs without that too."""
    note = notes(environment) / str(os.getpid())
    with contextlib.suppress(OSError):
        note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        note.write_text(str(state.absolute()), encoding="utf-8")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            note.unlink()


def others(state: Path, environment: Mapping[str, str]) -> list[Path]:
    """The state folders of those that run. What killed ones have left noted is removed."""
    found = []
    for note in sorted(notes(environment).glob("[0-9]*")):
        try:
            folder = Path(note.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            continue  # it ends just now, or isn't one
        if claimed_by(folder) != int(note.name):
            note.unlink(missing_ok=True)
        elif folder.resolve() != state.resolve():
            found.append(folder)
    return found
