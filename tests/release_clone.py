"""Clones of this repository that a test may change: the work tree as it is, with a history."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TIME_OUT = 300
DATES = ("2026-01-02T03:04:05+00:00", "2026-02-03T04:05:06+00:00")
BEFORE, NOW = "1.0.0", "1.1.0"
"""The release in the history, and the one that everything is ready for."""
IDENTITY = {
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.invalid",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.invalid",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


@dataclass(frozen=True)
class Clone:
    """One clone."""

    path: Path

    def git(self, *arguments: str, **more: str) -> str:
        return subprocess.run(
            ["git", *arguments],
            check=True,
            capture_output=True,
            text=True,
            cwd=self.path,
            env={**os.environ, **IDENTITY, **more},
        ).stdout

    def commit(self, message: str, date: str = DATES[1]) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message, GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date)
        return self.git("rev-parse", "HEAD").strip()

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace what a regular expression finds, once."""
        text, times = re.subn(old, new, (self.path / path).read_text(), count=1, flags=re.M)
        assert times == 1, f"{path} has no {old}"
        (self.path / path).write_text(text)

    def python(
        self, *arguments: str, check: bool = True, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """The tests' Python with the clone as its folder; ``more`` are variables."""
        done = subprocess.run(
            [sys.executable, *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.path,
            env={**os.environ, **more},
            timeout=TIME_OUT,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def another(self, folder: Path) -> Clone:
        """A clone of this one, with its tags."""
        self.git("clone", "--quiet", "--no-hardlinks", ".", str(folder))
        return Clone(folder)


def ready(folder: Path) -> Clone:
    """A clone in which everything is ready for the release of NOW, after one of BEFORE."""
    clone = Clone(folder)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    clone.git("init", "--quiet", "--initial-branch=main")
    clone.edit("shared/modelyard/__init__.py", r'^__version__ = .*"$', f'__version__ = "{NOW}"')
    clone.python("-m", "modelyard", "generate", "--root", ".", PYTHONPATH="shared")
    (folder / "CHANGELOG.md").write_text(
        f"# Changelog\n\n## Unreleased\n\n## {NOW} - 2026-02-03\n\n### Added\n\n- All of it.\n"
    )
    _as_before(clone)
    clone.commit("before", DATES[0])
    for tag in (f"v{BEFORE}", "v1.0", "v1"):
        clone.git("tag", tag)
    _task_versions(clone, 1)
    clone.edit("shared/modelyard/__init__.py", BEFORE, NOW)
    clone.commit("now")
    return clone


def _as_before(clone: Clone) -> None:
    clone.edit("shared/modelyard/__init__.py", NOW, BEFORE)
    _task_versions(clone, 0)


def _task_versions(clone: Clone, minor: int) -> None:
    for path in clone.path.glob("tasks/*/task.json"):
        task = json.loads(path.read_text())
        task["version"]["Minor"] = minor
        path.write_text(json.dumps(task, indent=2, ensure_ascii=False) + "\n")
