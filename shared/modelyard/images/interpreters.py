"""A Python of this machine that has the minor version an image needs."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

from modelyard.errors import MissingTool

_ASK = "import sys, platform; print('%d.%d' % sys.version_info[:2], sys.executable)"

ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
"""What ``platform.machine()`` says -> what images say."""


def own_version() -> str:
    """``3.11``: of the Python that runs this."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def own() -> Path:
    """The interpreter itself, not the one of a virtual environment around it."""
    # sys._base_executable would be it, but is the environment's own before Python 3.11.
    base = Path(sys.base_exec_prefix, "bin", f"python{own_version()}")
    return base if base.is_file() else Path(sys.executable)


def architecture() -> str:
    """This machine's, as images name it."""
    machine = platform.machine().lower()
    return ARCHITECTURES.get(machine, machine)


def find(version: str) -> Path | None:
    """An interpreter of this minor version: this one, or ``pythonX.Y`` on PATH; None if neither."""
    if version in ("", own_version()):
        return own()
    path = shutil.which(f"python{version}")
    if path is None:
        return None
    try:
        answer = subprocess.run(
            [path, "-I", "-S", "-c", _ASK], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None  # a launcher for versions that aren't installed, as pyenv's
    found, _, executable = answer.stdout.strip().partition(" ")
    return Path(executable) if found == version else None


def require(version: str, what_for: str) -> Path:
    """The same, or an error.

    :raises MissingTool: naming the version and what it is needed for.
    """
    path = find(version)
    if path is None:
        raise MissingTool(
            f"there is no Python {version} on this machine (Modelyard runs on {own_version()})",
            cause=f"it is needed to {what_for}",
            fix=f"put python{version} on PATH, or use an engine with containers (docker, podman)",
        )
    return path
