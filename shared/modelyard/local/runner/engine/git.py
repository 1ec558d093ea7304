"""Calls of git that no hooks, variables or settings of the system change."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """
    :raises OSError: when git isn't there.
    """
    environment = {name: value for name, value in os.environ.items() if name[:4] != "GIT_"}
    return subprocess.run(
        ["git", "-c", "core.hooksPath=/dev/null", "-C", str(folder), *arguments],
        capture_output=True,
        check=False,
        env={**environment, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is not for it
    )
