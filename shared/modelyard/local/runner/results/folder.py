"""The folder of a run: a log for each step, artifacts, files, the expanded YAML, ``run.json``.

::

    run.json               everything for a report, see :mod:`.document`
    azure-pipelines.yml    the expanded pipeline
    logs/STAGE/JOB/01-step.log
    artifacts/NAME/        as published
    files/001-summary.md   summaries and files that steps uploaded
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import IO, Any

from modelyard.local.runner.engine.events import Ended, Event, Line, RunPath, Started
from modelyard.local.runner.engine.run_folders import RunFolders
from modelyard.local.runner.own_folder import own_folder, plain
from modelyard.local.runner.results.format import DOCUMENT, LOGS, RUNS
from modelyard.local.runner.secret_masker import SecretMasker


class ResultFolder:
    """Writes what happens, as it happens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        self._open: dict[RunPath, IO[str]] = {}
        self.logs: dict[RunPath, str] = {}
        """The log of each step, relative to the folder."""
        self._jobs: dict[tuple[str, str], Path] = {}
        self._titles: dict[RunPath, str] = {}

    @property
    def folders(self) -> RunFolders:
        """Where the engine puts what steps hand over."""
        return RunFolders(
            self.folder / "artifacts",
            self.folder / "files",
            self.folder.parent / "counters.json",
        )

    def __call__(self, event: Event) -> None:
        match event:
            case Started(path, title) if len(path) == 3:
                self._file(path, title)
            case Line(path, text):
                file = self._file(path, path[-1])
                file.write(f"{text}\n")
                file.flush()
            case Ended(path) if path in self._open:
                self._open.pop(path).close()

    def write(self, name: str, text: str) -> None:
        """Write a file of the folder, in one step."""
        scratch = self.folder / f".{name}.new"
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(self.folder / name)

    def mask(self, masker: SecretMasker) -> None:
        """Take out of all files what turned out to be secret after they were written. Artifacts
        stay as they were published, and files that aren't text as they were uploaded."""
        artifacts = self.folders.artifacts
        for path in [one for one in self.folder.rglob("*") if artifacts not in one.parents]:
            if path.is_symlink() or not path.is_file():
                continue
            try:
                text = path.read_bytes().decode()
            except UnicodeDecodeError:
                continue
            if (masked := masker.mask(text)) != text:
                path.write_bytes(masked.encode())
        for step, log in self.logs.items():
            name = Path(log).with_name(_log_name(step, masker.mask(self._titles[step])))
            (self.folder / log).rename(self.folder / name)
            self.logs[step] = os.fspath(name)

    def write_document(self, document: dict[str, Any]) -> None:
        self.write(DOCUMENT, json.dumps(document, indent=1, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Close the logs of steps that never ended."""
        for file in self._open.values():
            file.close()
        self._open.clear()

    def _file(self, path: RunPath, title: str) -> IO[str]:
        if path not in self._open:
            if path not in self.logs:
                stage, job = (*path, "0")[:2]
                if (stage, job) not in self._jobs:
                    self._jobs[stage, job] = own_folder(self.folder / LOGS / plain(stage), job)
                file = self._jobs[stage, job] / _log_name(path, title)
                self._titles[path] = title
                self.logs[path] = os.fspath(file.relative_to(self.folder))
            target = self.folder / self.logs[path]
            self._open[path] = target.open("a", encoding="utf-8", errors="backslashreplace")
        return self._open[path]


def _log_name(path: RunPath, title: str) -> str:
    """The number keeps names apart that are the same without their secrets."""
    number = int(path[2]) if len(path) > 2 else 0
    return f"{number:02}-{plain(title)[:60]}.log"


def new_folder(name: str, now: float, parent: Path = RUNS) -> Path:
    """A folder for a new run, which git overlooks: ``wine-quality-20261124-191304``."""
    parent.mkdir(parents=True, exist_ok=True)
    ignored = parent / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n")
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    return own_folder(parent, f"{name}-{stamp}")
