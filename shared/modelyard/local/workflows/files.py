"""The files of a plan, each read once, in repositories that lie on this machine."""

from __future__ import annotations

from pathlib import Path

from modelyard.local.runner.pipeline.places import Place
from modelyard.local.runner.pipeline.problems import Problems
from modelyard.local.runner.pipeline.source_file import mapping_of
from modelyard.local.workflows.model import Source

LARGEST = 1 << 20
"""Bytes of a file."""
_EXPANDED = 10 << 20
"""Of a file with its aliases replaced."""


class Files:
    """Reads them; what is wrong is among the problems."""

    def __init__(self, root: Path, repositories: dict[str, Path], problems: Problems) -> None:
        """
        :param repositories: by ``owner/name`` in lower case.
        """
        self.root, self.repositories, self.problems = root, repositories, problems
        self.sources: dict[tuple[str, str], Source | None] = {}

    def folder(self, repository: str) -> Path | None:
        """Where a repository lies; None where nobody said it."""
        return self.root if not repository else self.repositories.get(repository.lower())

    def read(self, repository: str, path: str, place: Place) -> Source | None:
        """A file.

        :param place: what names it, for messages.
        """
        key = (repository.lower(), path)
        if key not in self.sources:
            self.sources[key] = self._read(repository, path, place)
        return self.sources[key]

    def _read(self, repository: str, path: str, place: Place) -> Source | None:
        folder = self.folder(repository)
        assert folder is not None
        name = f"{path}@{repository}" if repository else path
        node = mapping_of(
            folder,
            path,
            name,
            place,
            self.problems,
            most=LARGEST,
            what="a workflow or action",
            anchors=True,
        )
        if node is None:
            return None
        if node.size > _EXPANDED:
            self.problems.add(node.place, f"{name} is too large with its aliases replaced")
            return None
        return Source(repository, path, node)
