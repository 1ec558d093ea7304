"""The artifacts of a run: folders of files under names, handed from job to job.

Source: learn.microsoft.com, ``azure/devops/pipelines/artifacts/pipeline-artifacts``. A pipeline
artifact can't be published twice under one name; a build artifact may be added to.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PIPELINE, BUILD = "pipeline", "build"
_FORBIDDEN = frozenset('\\/":<>|*?\r\n')


class ArtifactError(Exception):
    """An artifact can't be published or isn't there."""


@dataclass(frozen=True)
class Artifact:
    """One artifact of a run."""

    name: str
    folder: Path
    kind: str
    """PIPELINE or BUILD."""

    def files(self) -> Iterator[Path]:
        """Its files, as paths within it, in order."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                yield path.relative_to(self.folder)


class ArtifactStore:
    """The artifacts of one run, each a folder below ``folder``. Jobs may use it side by side."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._artifacts: dict[str, Artifact] = {}

    def publish(self, name: str, source: Path, kind: str = PIPELINE) -> Artifact:
        """Copy a folder's content, or one file, into the artifact of this name.

        :raises ArtifactError: when the name can't be one or is taken, or the source isn't there.
        """
        artifact = self._claim(name, source, kind)
        if source.is_dir():
            shutil.copytree(source, artifact.folder, symlinks=False, dirs_exist_ok=True)
        else:
            artifact.folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, artifact.folder / source.name)
        return artifact

    def add(self, name: str, source: Path, below: str = "") -> Artifact:
        """Add a file or a folder's content to a build artifact, in the subfolder ``below``.

        This is what ``artifact.upload`` does.
        """
        artifact = self._claim(name, source, BUILD)
        target = (artifact.folder / below).resolve()
        if not target.is_relative_to(artifact.folder.resolve()):
            raise ArtifactError(f"{below} leads out of the artifact {name}")
        if source.is_dir():
            shutil.copytree(source, target, symlinks=False, dirs_exist_ok=True)
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / source.name)
        return artifact

    def find(self, name: str) -> Artifact | None:
        """The artifact of this name, in whichever case it was published."""
        with self._lock:
            return self._artifacts.get(name.lower())

    def __iter__(self) -> Iterator[Artifact]:
        """All of them, in the order in which they were published first."""
        with self._lock:
            return iter(tuple(self._artifacts.values()))

    def _claim(self, name: str, source: Path, kind: str) -> Artifact:
        if not name or name in (".", "..") or _FORBIDDEN & set(name):
            raise ArtifactError(f"{name!r} can't be the name of an artifact")
        if not source.exists():
            raise ArtifactError(f"the path {source} of the artifact {name} doesn't exist")
        with self._lock:
            before = self._artifacts.get(name.lower())
            if before is not None and PIPELINE in (kind, before.kind):
                raise ArtifactError(f"the run has an artifact {name} already")
            return self._artifacts.setdefault(
                name.lower(), before or Artifact(name, self.folder / name, kind)
            )
