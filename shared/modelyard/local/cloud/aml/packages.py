"""The Python environments that deployments and jobs run in: made once for each list of packages.

There is no conda here. Of a conda file the Python version and the pip packages are taken as they
are; a conda package is looked for at pip by the same name and version.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from modelyard.errors import MissingTool
from modelyard.images import interpreters
from modelyard.images.running import end_of_file
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.environment import without_real_world
from modelyard.local.cloud.processes import Children
from modelyard.local.cloud.service import Cloud

LOG_BYTES = 16 * 1024
_CONDA = re.compile(r"([A-Za-z0-9._-]+)\s*(?:=+\s*([0-9][^=\s]*)(?:=\S+)?)?(.*)")
_NOT_PIP = frozenset({"pip", "setuptools", "wheel"})
_LOCKS: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)
"""By folder, for all of a process: jobs and web services make the same environments."""


@dataclass(frozen=True)
class Packages:
    """What an environment is made of."""

    python: str
    """Minor version, or empty for this machine's."""
    requirements: tuple[str, ...]

    @property
    def key(self) -> str:
        text = json.dumps([self.python or interpreters.own_version(), sorted(self.requirements)])
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def of_conda(text: str) -> Packages:
    """What a conda file asks for. Raises ArmError when it isn't one."""
    try:
        document = yaml.safe_load(text)
        dependencies = document["dependencies"]
        if not isinstance(dependencies, list):
            raise TypeError("dependencies is no list")
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise _build_failed(f"the conda file can't be read: {error}") from error
    python, requirements = "", []
    for one in dependencies:
        if isinstance(one, dict):
            requirements += [str(line) for line in one.get("pip") or ()]
            continue
        name, version, rest = _conda_package(one)
        if name == "python":
            python = ".".join(version.split(".")[:2])
        elif name not in _NOT_PIP:
            requirements.append(f"{name}=={version}" if version else f"{name}{rest}")
    return Packages(python, tuple(requirements))


def _conda_package(line: Any) -> tuple[str, str, str]:
    match = _CONDA.fullmatch(str(line).strip())
    if match is None:
        raise _build_failed(f"{line!r} is not a conda package")
    return match[1].lower(), match[2] or "", match[3].strip()


class Environments:
    """All environments of one cloud, below its state folder."""

    def __init__(self, cloud: Cloud, children: Children) -> None:
        self._folder = cloud.folder / "aml" / "environments"
        self._children = children
        # The index is no part of the cloud: pip goes the way that leads out of it.
        self._outside = without_real_world(os.environ)

    def interpreter(self, packages: Packages) -> Path:
        """The environment's Python; installed the first time. Raises ArmError with pip's log."""
        folder = self._folder / packages.key
        with _LOCKS[folder]:
            if not (folder / ".complete").is_file():
                self._make(folder, packages)
        return folder / "bin" / "python"

    def reset(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _make(self, folder: Path, packages: Packages) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            base = interpreters.require(packages.python, "build the environment")
        except MissingTool as error:
            raise _build_failed(error.what) from error
        log = folder / "build.log"
        listed = folder / "requirements.txt"
        listed.write_text("".join(f"{line}\n" for line in packages.requirements))
        self._run(log, base, "-m", "venv", "--without-pip", folder)
        pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python"]
        quiet = ["--disable-pip-version-check", "--no-input", "--no-color", "--no-compile", "-q"]
        self._run(log, *pip, "install", *quiet, "--requirement", listed)
        (folder / ".complete").touch()

    def _run(self, log: Path, *command: str | Path) -> None:
        child = self._children.start(command, environment=self._outside, log=log)
        try:
            code = child.wait()
        except subprocess.SubprocessError as error:
            raise _build_failed(str(error)) from error
        if code != 0:
            raise _build_failed(end_of_file(log, LOG_BYTES).strip())


def _build_failed(log: str) -> ArmError:
    return ArmError(
        400,
        "ImageBuildFailure",
        f"Image build failed. The end of its log:\n{log}\nPlease see troubleshooting guide, "
        "available here: https://aka.ms/oe-tsg#error-imagebuildfailure",
    )
