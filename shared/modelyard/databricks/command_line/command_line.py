"""The classic Databricks command line (databricks-cli) in an environment of its own.

Installed once for each version in a folder for tools, never into the Python of the agent. Two
jobs may install at once: each makes a folder of its own, and the last one becomes the current one
in one step.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import platform
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path

from modelyard.errors import InputError, MissingTool

log = logging.getLogger(__name__)

VERSION = "0.18.0"
"""The last release on PyPI; what came after it is another program."""
PROGRAM = "databricks"
_CURRENT = "current"
_VERSION = re.compile(r"[0-9]+(\.[0-9]+)+")
_SHOWN_LINES = 15
_ELSEWHERE = frozenset({"PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV"})
"""Settings of pip that would lead out of the environment."""
_CREDENTIALS = re.compile(r"//[^/@\s]+@")
"""In the URL of a package index."""
_PIP_OPTIONS = (
    *("--quiet", "--no-input", "--disable-pip-version-check"),
    *("--only-binary", ":all:"),
)


def tool_folder(environment: Mapping[str, str]) -> Path:
    """Where tools are kept between jobs: what the agent names, else the user's cache folder."""
    for name in ("RUNNER_TOOL_CACHE", "AGENT_TOOLSDIRECTORY"):
        if environment.get(name):
            return Path(environment[name]) / "modelyard"
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        if environment.get(name):
            return Path(environment[name]) / "modelyard" / "tools"
    return Path.home() / ".cache" / "modelyard" / "tools"


def installed(version: str, environment: Mapping[str, str]) -> Path | None:
    """The folder with the program of this version: on PATH, else in the folder for tools."""
    on_path = shutil.which(PROGRAM, path=environment.get("PATH", ""))
    if on_path and version_of(Path(on_path), environment) == version:
        return Path(on_path).parent
    home = _home(version, environment)
    try:
        current = (home / _CURRENT).read_text(encoding="utf-8").strip()
    except OSError:
        return None
    folder = _programs(home / current)
    found = shutil.which(PROGRAM, path=str(folder))
    return folder if found and version_of(Path(found), environment) == version else None


def is_on_path(folder: Path, environment: Mapping[str, str]) -> bool:
    """Whether a shell would find the program of this folder."""
    found = shutil.which(PROGRAM, path=environment.get("PATH", ""))
    return found is not None and Path(found).parent == folder


def version_of(program: Path, environment: Mapping[str, str]) -> str:
    """What ``--version`` says; "" when it can't be started or says nothing like a version."""
    try:
        done = subprocess.run(
            [str(program), "--version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env=dict(environment),
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = _VERSION.search(done.stdout)
    return match[0] if match else ""


def install(version: str, environment: Mapping[str, str]) -> Path:
    """Install this version and return the folder with the program.

    Only wheels are taken, so that nothing of what is downloaded runs while it is installed. pip's
    own variables (``PIP_INDEX_URL`` and the like) say where from.

    :raises InputError: when the version isn't one.
    :raises MissingTool: when Python can't make an environment, or pip can't get the packages.
    """
    if not _VERSION.fullmatch(version):
        raise InputError(f"version is {version!r}; give one such as {VERSION}")
    home = _home(version, environment)
    name = uuid.uuid4().hex
    target = home / name
    try:
        home.mkdir(parents=True, exist_ok=True)
        pip = _make_environment(target, environment)
        _run([*pip, "install", *_PIP_OPTIONS, f"databricks-cli=={version}"], environment)
        found = version_of(_programs(target) / PROGRAM, environment)
        if found != version:
            raise MissingTool(f"databricks-cli {version} was installed and says {found!r}")
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    pointer = home / f"{_CURRENT}.{name}"
    pointer.write_text(name, encoding="utf-8")
    pointer.replace(home / _CURRENT)
    return _programs(target)


def _make_environment(target: Path, environment: Mapping[str, str]) -> list[str]:
    """An empty environment; returns the command that is its pip.

    The pip that there is does it too, and an environment without one of its own is made in a
    hundredth of the time.
    """
    has_pip = importlib.util.find_spec("pip") is not None
    options = ["--without-pip"] if has_pip else []
    _run([sys.executable, "-I", "-m", "venv", *options, str(target)], environment)
    python = str(_programs(target) / ("python.exe" if os.name == "nt" else "python"))
    if has_pip:
        return [sys.executable, "-I", "-m", "pip", "--python", python]
    return [python, "-I", "-m", "pip"]


def _home(version: str, environment: Mapping[str, str]) -> Path:
    """Per version and interpreter: an environment is tied to the Python that made it."""
    interpreter = f"py{sys.version_info[0]}.{sys.version_info[1]}-{platform.machine()}"
    return tool_folder(environment) / "databricks-cli" / version / interpreter


def _programs(folder: Path) -> Path:
    return folder / ("Scripts" if os.name == "nt" else "bin")


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        env={name: value for name, value in environment.items() if name not in _ELSEWHERE},
    )
    if done.returncode:
        told = "\n".join(done.stdout.strip().splitlines()[-_SHOWN_LINES:])
        raise MissingTool(
            f"databricks-cli can't be installed: {command[3]} ended with {done.returncode}:\n"
            + _CREDENTIALS.sub("//***@", told),
            cause="the package index can't be reached, has no such version, or Python lacks venv",
            fix="set PIP_INDEX_URL to an index that this machine reaches; on Debian install "
            "python3-venv",
        )
