"""The wheels, from the sources alone: the whole library, and what a task needs of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from release import archive, repository
from release.refusal import Refused

LIBRARY = "shared/modelyard"
SOURCES = (LIBRARY, "setup.cfg", "pyproject.toml", "README.md", "LICENSE")
NOT_FOR_TASKS = tuple(f"{LIBRARY}/{one}/" for one in ("local", "manifest", "project"))
"""Folders that no task runs (docs/decisions/0022): what belongs to a laptop."""
TASK_BUILD = "0task"
"""Build tag in the name of the tasks' wheel: no two files of one name differ."""


def build(root: Path, output: Path, seconds: int) -> Path:
    """Build the wheel in a folder, with the setuptools of this environment; no network.

    The build runs on a copy of what git tracks or would track: a stale ``build/`` or ``.egg-info``
    in the clone could bring in modules that are gone.

    :raises Refused: the build failed, or the wheel isn't the library and nothing else.
    """
    return _built(root, output, seconds, repository.sources(root, *SOURCES))


def build_for_tasks(root: Path, output: Path, seconds: int) -> Path:
    """Build the wheel that every task's folder has, in the same way.

    :raises Refused: the build failed, or the wheel isn't what tasks need and nothing else.
    """
    whole = repository.sources(root, *SOURCES)
    sources = [one for one in whole if not one.startswith(NOT_FOR_TASKS)]
    return _built(root, output, seconds, sources, f"--build-option=--build-number={TASK_BUILD}")


def _built(root: Path, output: Path, seconds: int, sources: Sequence[str], *settings: str) -> Path:
    with tempfile.TemporaryDirectory() as scratch:
        copy, made = Path(scratch, "sources"), Path(scratch, "made")
        for source in sources:
            (copy / source).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / source, copy / source)
        _run(copy, made, seconds, settings)
        (wheel,) = made.glob("*.whl")
        files = archive.normalise(wheel, seconds)
        _is_whole(files, [one for one in sources if one.startswith(f"{LIBRARY}/")])
        output.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(wheel, output))


def _run(copy: Path, made: Path, seconds: int, settings: Sequence[str]) -> None:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(made)]
    command += [f"--config-setting={one}" for one in settings]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(seconds)}
    # It would put the clone's own files before the copy's.
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [*command, str(copy)], check=False, capture_output=True, text=True, env=environment
    )
    if done.returncode:
        end = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise Refused(
            f"the wheel can't be built:\n{end}", fix="install the packages for development"
        )


def _is_whole(files: Iterable[str], library: Iterable[str]) -> None:
    """Whether the wheel holds every file of the library, and beside them only its metadata."""
    wanted = {one.removeprefix("shared/") for one in library}
    held = {name for name in files if ".dist-info/" not in name}
    if wanted - held:
        raise Refused(
            f"the wheel lacks {_some(wanted - held)}",
            fix="give a folder of modules an __init__.py; name other files in setup.cfg "
            "(package_data)",
        )
    if held - wanted:
        raise Refused(f"the wheel holds {_some(held - wanted)}, which the library doesn't")


def _some(names: set[str]) -> str:
    first = sorted(names)[:5]
    return ", ".join(first) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
