"""The Pythons of this machine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"python3?(\.\d+)?")
_QUESTION = (
    "import json, sys; print(json.dumps([list(sys.version_info[:3]), sys.version_info[3], "
    "getattr(sys, '_base_executable', sys.executable), sys.base_prefix]))"
)
_SECONDS = 20


@dataclass(frozen=True)
class Installed:
    """A released Python."""

    program: Path
    """Of the installation itself, never of a virtual environment."""
    version: tuple[int, int, int]


def installed_pythons(environment: Mapping[str, str]) -> list[Installed]:
    """Those on PATH and the one that runs this; each installation once.

    One that can't be started, and one before its release, isn't listed.
    """
    found: dict[Path, Installed] = {}
    for program in _candidates(environment):
        told = _ask(program, environment)
        if told is not None:
            found.setdefault(told.program.resolve(), told)
    return list(found.values())


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    seen = set()
    programs = [Path(sys.executable)]
    for folder in environment.get("PATH", "").split(os.pathsep):
        if folder and Path(folder).is_dir():
            programs += sorted(one for one in Path(folder).iterdir() if _NAME.fullmatch(one.name))
    for program in programs:
        # Not resolved: what a link in a virtual environment leads to knows nothing of that one,
        # but a shim (pyenv's, say) is one file under many names.
        if program not in seen and program.is_file() and os.access(program, os.X_OK):
            seen.add(program)
            yield program


def _ask(program: Path, environment: Mapping[str, str]) -> Installed | None:
    try:
        done = subprocess.run(
            [program, "-I", "-c", _QUESTION],
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
        version, level, base, prefix = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    if level != "final" or version[0] != 3:
        return None
    base_program = Path(base)
    if not base_program.is_file():
        base_program = Path(prefix, "bin", f"python{version[0]}.{version[1]}")
    return Installed(base_program, (version[0], version[1], version[2]))
