"""The parts of a definition: each is read for itself, and what is wrong with them told together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from modelyard.errors import FileError


def cannot_be_submitted(path: Path, problems: list[str], *, fix: str) -> FileError:
    """One error of all of them, a line each."""
    text = "\n  ".join([f"{path} can't be submitted:", *problems])
    return FileError(text, fix=fix)


class Problems:
    """Those of one definition. ``with problems:`` around a part goes on where it can't be read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: list[FileError] = []

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, FileError):
            return False
        self._found.append(error)
        return True

    def check(self) -> None:
        """:raises FileError: the one that there is, or one for all, each with its own fix."""
        if len(self._found) == 1:
            raise self._found[0]
        if self._found:
            lines = [self._line(one) for one in self._found]
            raise cannot_be_submitted(self._path, lines, fix="correct these places of the file")

    def _line(self, error: FileError) -> str:
        what = error.what.removeprefix(f"{self._path}").removeprefix(":").strip()
        return f"{'; '.join(filter(None, (what, error.cause)))} (fix: {error.fix})"


def document(path: Path) -> dict[str, Any]:
    """The mapping that a file in YAML holds.

    :raises FileError:
    """
    try:
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(
            f"{path} can't be read: {error.strerror}",
            fix="check the path, from the working directory, and that a checkout comes before",
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FileError(
            f"{path} is not YAML: {error}", fix="correct the file at that place"
        ) from None
    if not isinstance(body, dict):
        raise FileError(
            f"{path} is not a mapping",
            fix="start it with the keys of a pipeline job, such as type and jobs",
        )
    return body


def mapping(value: object, where: str) -> dict[str, Any]:
    """What stands at a place, empty where nothing does.

    :raises FileError: when it isn't a mapping.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FileError(
            f"{where} is not a mapping", fix="write names with what belongs to each below it"
        )
    return value


def check_known(body: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    """:raises FileError: for keys that aren't known."""
    unknown = sorted(str(name) for name in body.keys() - known)
    if unknown:
        raise FileError(
            f"{where} has {', '.join(unknown)}",
            cause="it is misspelt, or aml-pipeline doesn't know it",
            fix=f"take it out; known here are {', '.join(sorted(known))}",
        )
