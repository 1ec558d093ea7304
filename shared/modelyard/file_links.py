"""Links among files that are to be sent: they must not send the machine's own files away."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from modelyard.errors import FileError


def check(path: Path, allowed: Iterable[Path], *, otherwise: str = "") -> None:
    """A link may lead to places below these folders alone; what is no link is left alone.

    :param allowed: resolved folders, such as the source and the working directory.
    :param otherwise: what else can be done, for the message: ``, or add it to exclude``.
    :raises FileError: when it leads elsewhere, or nowhere.
    """
    if not path.is_symlink():
        return
    if not path.exists():
        raise FileError(
            f"{path} is a link that leads nowhere: {path.readlink()}", fix=f"remove it{otherwise}"
        )
    real = path.resolve()
    if not any(real == folder or folder in real.parents for folder in allowed):
        raise FileError(
            f"{path} is a link to {real}, outside of the source and of the working directory",
            fix=f"put a copy in its place{otherwise}",
        )
