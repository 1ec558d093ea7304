"""Artifacts of a run of Azure ML as a tree of folders, which downloads walk through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modelyard.azureml import blobs
from modelyard.clock import Clock
from modelyard.entries import FILE, FOLDER, Entry


@dataclass(frozen=True)
class ArtifactStore:
    """One folder of them."""

    shown: str
    files: Mapping[str, str]
    """Path in the folder -> signed address."""
    clock: Clock

    def children(self, folder: str) -> list[Entry]:
        start = f"{folder}/" if folder else ""
        found: dict[str, Entry] = {}
        for path in self.files:
            if path.startswith(start):
                name, _, below = path.removeprefix(start).partition("/")
                found[name] = Entry(f"{start}{name}", FOLDER if below else FILE)
        return list(found.values())

    def read(self, file: str) -> Iterator[bytes]:
        return blobs.stream(self.files[file], clock=self.clock)
