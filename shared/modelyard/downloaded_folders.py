"""Which folders of this machine a download may replace: its own, and no others.

Beside a folder that a download filled stands the file ``.NAME.downloaded``: the names of its files
and their digests. So the folder itself holds what was downloaded and nothing else.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from modelyard.errors import FileError
from modelyard.file_digests import sha256


def check(folder: Path, *, known_by: str = "") -> None:
    """Whether a download may fill this folder. Changes nothing.

    It may where there is none or an empty one, where the folder holds nothing but what an earlier
    download left there, and where it has the file that it is known by.

    :param known_by: a file that only folders of the kind have that is to be downloaded, such as
        ``MLmodel``: one that another tool put there is replaced as well. Empty: there is none.
    :raises FileError: when it may not, or the folder can't be read.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        what = "a link" if folder.is_symlink() else "a file"
        raise FileError(f"{folder} is {what}, not a folder", fix="name a folder")
    real, here = folder.resolve(), Path.cwd().resolve()
    if folder.name in ("", "..") or real == here or real in here.parents:
        raise FileError(
            f"{folder} is the working directory, or another one that isn't to be replaced",
            fix="name a folder by its own name, such as model",
        )
    try:
        replaceable = (
            not folder.exists()
            or bool(known_by and (folder / known_by).is_file())
            or _is_as_downloaded(folder)
        )
    except OSError as error:
        raise FileError(
            f"{folder} can't be read: {error.strerror}", fix="name a folder that this user may read"
        ) from None
    if not replaceable:
        raise FileError(
            f"{folder} isn't empty, and holds what no earlier download left there: it isn't "
            "overwritten",
            fix="name a folder that doesn't exist, or empty it",
        )


def replace(folder: Path, filled: Path, *, known_by: str = "") -> None:
    """Put a folder in this one's place, and note what it holds.

    :raises OSError:
    """
    note = _note(folder)
    digests = {
        path.relative_to(filled).as_posix(): sha256(path)
        for path in sorted(filled.rglob("*"))
        if path.is_file()
    }
    if folder.exists():
        shutil.rmtree(folder)
    if known_by in digests:
        note.unlink(missing_ok=True)  # it is known without
    else:
        note.write_text(json.dumps(digests), encoding="utf-8")
    filled.chmod(0o755)
    filled.rename(folder)


def _is_as_downloaded(folder: Path) -> bool:
    """Whether each of its files was downloaded, and is unchanged; some may be gone."""
    noted = _noted(folder)
    return all(
        path.is_file() and sha256(path) == noted.get(path.relative_to(folder).as_posix())
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    )


def _noted(folder: Path) -> dict[str, Any]:
    """Nothing where there is no note, or none that can be read: then the folder is somebody's."""
    try:
        found = json.loads(_note(folder).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _note(folder: Path) -> Path:
    return folder.parent / f".{folder.name}.downloaded"
