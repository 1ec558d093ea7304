"""What the tests of the example's pipelines share: its repository, a warm tool cache, a cloud.

One run in place of a sweep: these tests are about the ways into the operations, and the sweep's own
is `make demo`.
"""

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
WHEELS = Path(os.environ.get("MODELYARD_WHEELS") or ROOT / ".cache/wheels")
TOOLS = WHEELS.parent / "tools"
"""A tool cache that is kept from run to run, as an agent's is: that of `make demo`."""


def new_example(folder: Path) -> Path:
    """The example as its user has it: a repository of its own."""
    assert (WHEELS / ".complete").is_file(), f"{WHEELS} holds no wheels: `make demo` gets them"
    ignored = shutil.ignore_patterns("__pycache__", ".modelyard")
    shutil.copytree(EXAMPLE, folder, ignore=ignored)
    (folder / "sweep.yml").write_text("- { alpha: 0.1, l1_ratio: 0.1 }\n")
    return new_repository(folder)


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
