"""Archives whose bytes depend on their contents alone.

A zip file also holds each entry's time and mode, and the order in which they were added: here the
time is given, the mode is always the same, and the order is that of the names.
"""

from __future__ import annotations

import stat
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

EARLIEST = 315532800
"""1980-01-01: what a zip file can say at all."""
MODE = stat.S_IFREG | 0o644
UNIX = 3


def read(path: Path) -> dict[str, bytes]:
    """The files in an archive by name."""
    with zipfile.ZipFile(path) as archive:
        return {one.filename: archive.read(one) for one in archive.infolist() if not one.is_dir()}


def write(path: Path, files: Mapping[str, bytes], seconds: int) -> None:
    """An archive of the files.

    :param seconds: the time of every entry, since 1970, UTC.
    """
    moment = time.gmtime(max(seconds, EARLIEST))[:6]
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, moment)
            entry.create_system = UNIX
            entry.external_attr = MODE << 16
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED, compresslevel=9)


def normalise(path: Path, seconds: int) -> dict[str, bytes]:
    """Write an archive again with the same contents; gives them."""
    files = read(path)
    write(path, files, seconds)
    return files
