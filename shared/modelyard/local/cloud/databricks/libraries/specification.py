"""What a library is: the union of the libraries API, and which of it the local cloud installs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelyard.local.cloud.databricks import exceptions, shapes
from modelyard.local.cloud.databricks.storage import Storage

Library = dict[str, Any]

KINDS = ("pypi", "whl", "requirements", "jar", "egg", "maven", "cran")
NAMED = {"pypi": "package", "maven": "coordinates", "cran": "package"}
"""Kinds that are objects, and the field they must have; the others are paths."""

NOT_INSTALLED = {
    "jar": ("SKIPPED", "Clusters of the local cloud run Python: JVM libraries are skipped."),
    "maven": ("SKIPPED", "Clusters of the local cloud run Python: JVM libraries are skipped."),
    "cran": (
        "FAILED",
        "Clusters of the local cloud have no R, so CRAN packages can't be installed.",
    ),
    "egg": ("FAILED", "Eggs are not supported any more. Build a wheel (whl) instead."),
}
"""Kinds that are never installed: the status they get, and why."""


def check(library: Any) -> Library:
    """A library of a request; raises INVALID_PARAMETER_VALUE."""
    kinds = [kind for kind in KINDS if isinstance(library, dict) and kind in library]
    if len(kinds) != 1:
        raise exceptions.invalid_parameter(
            f"A library must have exactly one of {', '.join(KINDS)}: {json.dumps(library)}"
        )
    kind = kinds[0]
    value = library[kind]
    shapes.check(library, {kind: {NAMED[kind]: str, "repo": str} if kind in NAMED else str})
    name = value.get(NAMED[kind], "") if kind in NAMED else value
    if not name.strip():
        field = f"{kind}.{NAMED[kind]}" if kind in NAMED else kind
        raise exceptions.missing_field(field)
    return {kind: value}


def kind_of(library: Library) -> str:
    return next(iter(library))


def key(library: Library) -> str:
    """Equal for equal libraries."""
    return json.dumps(library, sort_keys=True)


def label(library: Library) -> str:
    """As the service names a library in its messages: ``pypi: "numpy"``."""
    kind = kind_of(library)
    value = library[kind]
    return f'{kind}: "{value[NAMED[kind]] if kind in NAMED else value}"'


class Unavailable(Exception):
    """A library whose file isn't there, or that can't be combined with the others."""


@dataclass
class Contents:
    """What an environment is built from: see ``modelyard.local.notebook.environments.build``."""

    requirements: list[str] = field(default_factory=list)
    wheels: list[Path] = field(default_factory=list)
    index_url: str | None = None


def contents(libraries: Sequence[Library], storage: Storage) -> Contents:
    """The union of these libraries. Raises Unavailable."""
    found = Contents()
    for library in libraries:
        kind = kind_of(library)
        value = library[kind]
        if kind == "pypi":
            found.requirements.append(value["package"].strip())
            repository = value.get("repo")
            if repository and found.index_url not in (None, repository):
                raise Unavailable(
                    f"{repository} and {found.index_url} are both named as repo: the libraries of "
                    "a cluster of the local cloud come from one package index"
                )
            found.index_url = repository or found.index_url
        elif kind == "whl":
            found.wheels.append(_file(value, storage))
        elif kind == "requirements":
            found.requirements += _lines(value, storage)
    return found


def _lines(path: str, storage: Storage) -> list[str]:
    try:
        return _file(path, storage).read_text("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise Unavailable(f"{path} is not a requirements file: {error}") from None


def _file(path: str, storage: Storage) -> Path:
    try:
        file = storage.resolve(path)
    except exceptions.ApiError as error:
        raise Unavailable(error.message) from None
    if not file.is_file():
        raise Unavailable(f"java.io.FileNotFoundException: {path} (No such file or directory)")
    return file
