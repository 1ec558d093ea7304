"""What the tests of the example's pipelines share: its repository, a warm tool cache, a cloud."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parity.checkout import new_repository

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/wine-quality"
WHEELS = Path(os.environ.get("MODELYARD_WHEELS", "/nowhere"))


def new_example(folder: Path) -> Path:
    """The example as its user has it: a repository of its own."""
    ignored = shutil.ignore_patterns("__pycache__", ".modelyard")
    shutil.copytree(EXAMPLE, folder, ignore=ignored)
    return new_repository(folder)


def warm(tools: Path, checkout: Path) -> Path:
    """A tool cache with the environments of the launcher: the local cloud reaches no package index.

    Inputs are missing, so each task fails as soon as its environment is there.
    """
    assert (WHEELS / ".complete").is_file(), "MODELYARD_WHEELS names no folder of wheels"
    for action in ("instance-pool", "image-build"):  # one with each set of packages
        done = subprocess.run(
            ["node", str(checkout / "actions" / action / "main.js")],
            env={
                **os.environ,
                "GITHUB_ACTIONS": "true",
                "GITHUB_OUTPUT": str(tools / "output"),
                "RUNNER_TOOL_CACHE": str(tools),
            },
            cwd=tools,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 2, done.stdout + done.stderr
    return tools


def modelyard(
    *arguments: str, cwd: Path = ROOT, tools: Path | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """The command, whole."""
    more = {"AGENT_TOOLSDIRECTORY": str(tools)} if tools else {}
    return subprocess.run(
        [sys.executable, "-m", "modelyard", *arguments],
        cwd=cwd,
        env={**os.environ, **more},
        stdin=subprocess.DEVNULL,
        text=True,
        capture_output=True,
        check=False,
        timeout=timeout,
    )


@contextmanager
def cloud(state: Path) -> Iterator[Path]:
    """A local cloud in the state folder, for as long as the block runs."""
    up = modelyard("local", "up", "--detach", "--state", str(state))
    assert up.returncode == 0, up.stdout + up.stderr
    try:
        yield state
    finally:
        down = modelyard("local", "down", "--state", str(state))
        assert down.returncode == 0, down.stdout + down.stderr


def secrets_of(state: Path) -> list[str]:
    """What may stand in no log."""
    exported = modelyard("local", "env", "--state", str(state)).stdout
    return [
        line.split("=", 1)[1].strip("'\"")
        for line in exported.splitlines()
        if "DATABRICKS_TOKEN=" in line or "AZURE_CLIENT_SECRET=" in line
    ]
