"""What inputs of a deployment have to be made of, so that they can be sent and counted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelyard import plain_yaml
from modelyard.errors import FileError, InputError


def conda_of(path: Path) -> Mapping[str, Any]:
    """A conda file's content.

    :raises FileError: when it can't be read, or has no list of dependencies.
    """
    try:
        found = plain_yaml.load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileError(
            f"there is no conda-file {path}",
            fix="check the path, from the working directory, and that a checkout comes before",
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise FileError(
            f"the conda file {path} can't be read: {error}",
            fix="correct the file, which is YAML in UTF-8",
        ) from None
    if not isinstance(found, Mapping) or not isinstance(found.get("dependencies"), list):
        raise FileError(
            f"the conda file {path} has no list of dependencies",
            fix="write dependencies: a list of packages",
        )
    return found


def check_sendable(value: Any, name: str) -> None:
    """:raises InputError: for what JSON doesn't have, such as NaN."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"{name} has a value that JSON doesn't have: {error}") from None


def check_count(expected: int | None) -> None:
    """:raises InputError: for a number of predictions that can't come back."""
    if expected is not None and expected < 0:
        raise InputError(
            f"expect-count is {expected}", fix="give 0 or more, or leave it out: as many as rows"
        )


def check_latency(most: float | None) -> None:
    """:raises InputError: for one that no answer can keep to."""
    if most is not None and not most > 0:  # NaN is neither
        raise InputError(
            f"max-latency-milliseconds is {most:g}", fix="give one above 0, or leave it out"
        )
