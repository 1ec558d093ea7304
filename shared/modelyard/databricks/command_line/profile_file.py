"""A profile file for the Databricks command line that lives no longer than the job.

Format: ``~/.databrickscfg`` as databricks-cli 0.18 reads it (a section for each profile, with
``host`` and ``token``). The user's own file is never touched.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from modelyard.errors import FileError, InputError

NAME = "modelyard-databrickscfg"
"""Beginning of the file's name: nothing else is ever shredded."""
_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")


@dataclass(frozen=True)
class Profile:
    """A workspace and who signs in there."""

    name: str
    host: str
    token: str = field(repr=False)


def check(profiles: Sequence[Profile]) -> None:
    """:raises InputError: for names used twice, and for what would break the file."""
    names = [profile.name for profile in profiles]
    for profile in profiles:
        if not _PROFILE.fullmatch(profile.name):
            raise InputError(
                f"{profile.name!r} is no name for a profile",
                fix="use letters, digits, dots, hyphens and underscores",
            )
        if names.count(profile.name) > 1:
            raise InputError(f"there are two profiles {profile.name}")
        if not _TOKEN.fullmatch(profile.token):
            raise InputError(
                f"the token of the profile {profile.name} has characters that no token has",
                fix="check the secret for blanks, line ends and quotes",
            )


def new_path(folder: Path) -> Path:
    """A path in the folder that nobody can guess."""
    return folder / f"{NAME}-{secrets.token_hex(8)}"


def write(path: Path, profiles: Sequence[Profile]) -> None:
    """Write a new file that only its owner can read.

    :raises FileError: when it can't be written, or is there already.
    """
    text = "\n".join(
        f"[{profile.name}]\nhost = {profile.host}\ntoken = {profile.token}\n"
        for profile in profiles
    )
    try:
        # Created with its mode, not made private afterwards: there is no moment to read it.
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise FileError(
            f"{path} can't be written: {error.strerror}",
            fix="see that this user may write the job's temporary folder",
        ) from None


def shred(path: Path) -> bool:
    """Overwrite the file and remove it; says whether it was there.

    :raises FileError: when it can't be removed, or isn't a file that :func:`write` wrote.
    """
    if not path.name.startswith(NAME):
        raise FileError(
            f"{path} isn't a profile file of Modelyard, so it is left alone",
            fix="remove it by hand if it isn't needed",
        )
    try:
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.write(bytes(size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise FileError(
            f"{path} can't be removed: {error.strerror}",
            fix="remove it by hand: it holds tokens",
        ) from None
    return True
