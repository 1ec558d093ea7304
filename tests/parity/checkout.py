"""The repository as a runner checks it out: what git has, or would take, and nothing beside it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def copy_checkout(target: Path) -> Path:
    """Copy the files that git tracks or wouldn't ignore: no environment, no node_modules."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        source = ROOT / name
        if source.is_file():  # one that is deleted, but not yet from the index, isn't
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    return target


def new_repository(folder: Path) -> Path:
    """Make a folder a git repository with one commit of what is in it."""
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@example.com")
    quiet = ("-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Begin"]):
        subprocess.run(
            ["git", *identity, *quiet, *command],
            cwd=folder,
            check=True,
            capture_output=True,
        )
    return folder
