"""Python packages of an image, installed by pip into a folder that becomes a layer.

pip runs outside the image, so index, proxy and credentials are those that pip is configured with
here, and none of them can get into the image.
"""

from __future__ import annotations

import csv
import io
import logging
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from modelyard.errors import FileError, MissingTool
from modelyard.images import interpreters, programs
from modelyard.images.contents import Contents

log = logging.getLogger(__name__)

TIMEOUT = 3600.0
_SCRIPTS = "../../bin/"
QUIET = ("--disable-pip-version-check", "--no-input", "--no-color")


def install(contents: Contents, *, python: str, wheels: Path | None, target: Path) -> None:
    """Install the requirements into ``target``, the same bytes every time from the same wheels.

    :param python: minor version of the base; a Python of it must be on this machine.
    :param wheels: take packages from this folder only; else from pip's index.
    :raises MissingTool: when there is no such Python, or no pip. ImageFailed when pip fails.
    """
    interpreter = interpreters.require(python, "install the packages of the image")
    with TemporaryDirectory(prefix="modelyard-pip-") as scratch:
        programs.check(
            [
                *pip_of(interpreter, python),
                "install",
                *QUIET,
                "--no-compile",
                "--no-warn-script-location",
                "--target",
                str(target),
                *requirement_files(contents, Path(scratch)),
                *sources(contents, wheels),
            ],
            "install the requirements of the model",
            timeout=TIMEOUT,
            environment=_environment(),
            fix="see which requirement pip names; with a wheels folder, all of them must be in it",
        )
    target.mkdir(exist_ok=True)
    _drop_scripts(target)


def collect(contents: Contents, *, python: str, target: Path) -> None:
    """Collect wheels for a build inside a container: for Linux, whatever pip chooses there.

    :raises MissingTool, ImageFailed: as :func:`install`; also for a package without a wheel.
    """
    interpreter = interpreters.require(python, "collect the packages of the image")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        interpreters.architecture(), interpreters.architecture()
    )
    platforms = [f"manylinux_2_28_{machine}", f"manylinux_2_17_{machine}", f"linux_{machine}"]
    with TemporaryDirectory(prefix="modelyard-pip-") as scratch:
        programs.check(
            [
                *pip_of(interpreter, python),
                "download",
                *QUIET,
                "--dest",
                str(target),
                "--only-binary=:all:",
                f"--python-version={python}",
                "--implementation=cp",
                *(f"--platform={name}" for name in platforms),
                *requirement_files(contents, Path(scratch)),
                *sources(contents, None),
            ],
            "collect the requirements of the model",
            timeout=TIMEOUT,
            environment=_environment(),
            fix="a package that has no wheel can be built once into a wheels folder",
        )


def requirement_files(contents: Contents, folder: Path) -> list[str]:
    """Write requirements and constraints into ``folder``; the arguments that name them."""
    requirements = folder / "requirements.txt"
    requirements.write_text("".join(f"{line}\n" for line in contents.requirements))
    arguments = ["--requirement", str(requirements)]
    if contents.constraints:
        constraints = folder / "constraints.txt"
        constraints.write_text("".join(f"{line}\n" for line in contents.constraints))
        arguments += ["--constraint", str(constraints)]
    return arguments


def sources(contents: Contents, wheels: Path | None) -> list[str]:
    """The arguments that say where pip looks.

    :raises FileError: when ``wheels`` isn't a folder.
    """
    arguments = [f"--find-links={folder}" for folder in _own_wheels(contents)]
    if wheels is None:
        return arguments
    if not wheels.is_dir():
        raise FileError(
            f"the wheels folder {wheels} doesn't exist",
            fix="name a folder with wheels, or leave wheels out",
        )
    return ["--no-index", f"--find-links={wheels.resolve()}", *arguments]


def pip_of(interpreter: Path, python: str) -> list[str]:
    """The command that runs pip for that interpreter; pip itself may be another Python's.

    :raises MissingTool: when there is no pip beside Modelyard.
    """
    # Not "import pip": that is slow, and pip warns of being imported.
    from importlib.util import find_spec

    if find_spec("pip") is None:
        raise MissingTool(
            f"{sys.executable} has no pip",
            cause="it is needed to install the packages of the image",
            fix=f"run {sys.executable} -m ensurepip",
        )
    same = python in ("", interpreters.own_version())
    return [sys.executable, "-m", "pip"] + ([] if same else ["--python", str(interpreter)])


def _own_wheels(contents: Contents) -> list[Path]:
    return sorted({wheel.parent.resolve() for wheel in contents.wheels})


def _environment() -> Mapping[str, str]:
    """This process's, without what would make pip install elsewhere or differently each time."""
    dropped = {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PYTHONPATH"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "SOURCE_DATE_EPOCH": "315532800", "PYTHONHASHSEED": "0"}


def _drop_scripts(target: Path) -> None:
    """Remove console scripts: their first line names the interpreter that ran pip.

    The image starts modules (``python3 -m uvicorn``). The packages' own lists of files follow.
    """
    scripts = target / "bin"
    if scripts.is_dir():
        shutil.rmtree(scripts)
    for record in sorted(target.glob("*.dist-info/RECORD")):
        with record.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if row and not row[0].startswith(_SCRIPTS)]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        record.write_text(text.getvalue(), encoding="utf-8")
