"""UsePythonVersion: a Python of the wanted version on PATH.

Source: ``Tasks/UsePythonVersionV0``. As there, the agent's tool folder goes first. Nothing is
downloaded: else a Python of this machine serves, as a virtual environment of the job, so that
``pip install`` changes nothing of the machine.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from modelyard.local.runner.builtin.installed_pythons import Installed, installed_pythons
from modelyard.local.runner.builtin.job_python import job_python
from modelyard.local.runner.builtin.step import StepContext, StepFailed
from modelyard.local.runner.builtin.task import (
    BuiltinTask,
    Input,
    boolean,
    flag,
    picklist,
    text,
)
from modelyard.local.runner.builtin.version_spec import (
    Triple,
    VersionSpecError,
    is_exact,
    satisfies,
)

_ARCHITECTURES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def _run(inputs: Mapping[str, str], step: StepContext) -> None:
    spec = inputs.get("versionSpec", "").strip()
    if spec.upper().startswith("PYPY"):
        _use(_cached("PyPy", spec[4:] or "*", inputs, step) or _missing(spec, [], step), step)
        return
    if is_exact(spec):
        step.warn(
            f"{spec} is an exact version: hosted agents replace patch versions without notice; "
            "name 3 or 3.11"
        )
    found = _cached("Python", spec, inputs, step) or _of_machine(spec, inputs, step)
    _use(found, step, add=flag(inputs, "addToPath"))


def _use(folder: Path, step: StepContext, *, add: bool = True) -> None:
    step.log(f"Python is in {folder}")
    step.set_variable("pythonLocation", str(folder))
    if add:
        for one in (folder, folder / "bin"):
            step.command("task.prependpath", data=str(one))


def _cached(tool: str, spec: str, inputs: Mapping[str, str], step: StepContext) -> Path | None:
    """The newest in the tool cache: ``Python/3.11.9/x64`` beside a file ``x64.complete``."""
    architecture = inputs.get("architecture", "x64")
    found = [
        (version, folder / architecture)
        for version, folder in _cache_versions(tool, step)
        if (folder / f"{architecture}.complete").is_file() and _fits(version, spec)
    ]
    return max(found)[1] if found else None


def _cache_versions(tool: str, step: StepContext) -> Iterator[tuple[Triple, Path]]:
    root = Path(step.variables.value("Agent.ToolsDirectory") or "/nonexistent", tool)
    for folder in root.iterdir() if root.is_dir() else ():
        if found := re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", folder.name):
            yield (int(found[1]), int(found[2]), int(found[3])), folder


def _of_machine(spec: str, inputs: Mapping[str, str], step: StepContext) -> Path:
    known = installed_pythons(step.environment)
    own = _ARCHITECTURES.get(platform.machine().lower(), platform.machine())
    wanted = inputs.get("architecture", "x64")
    # The input's default is x64 whatever the machine is: only another wish is a wish.
    if wanted.lower() not in ("x64", own):
        raise StepFailed(f"this machine is {own}: it has no Python for {wanted}")
    fitting = [one for one in known if _fits(one.version, spec)]
    if not fitting:
        _missing(spec, known, step)
    best = max(fitting, key=lambda one: one.version)
    return job_python(best, step)


def _fits(version: Triple, spec: str) -> bool:
    try:
        return satisfies(version, spec)
    except VersionSpecError as error:
        raise StepFailed(f"the input versionSpec: {error}") from None


def _missing(spec: str, known: list[Installed], step: StepContext) -> NoReturn:
    versions = sorted({".".join(map(str, one.version)) for one in known})
    cached = [".".join(map(str, version)) for version, _ in _cache_versions("Python", step)]
    raise StepFailed(
        f"no Python here is {spec}; on PATH: {', '.join(versions) or 'none'}; in "
        f"{step.variables.value('Agent.ToolsDirectory')}: {', '.join(sorted(cached)) or 'none'}"
    )


_DOWNLOAD = "disableDownloadFromRegistry = false"

TASKS = (
    BuiltinTask(
        "UsePythonVersion",
        "0",
        "33c63b11-352b-45a2-ba1b-54cb568a29ca",
        (
            text("versionSpec", "3.x", required=True),
            boolean("disableDownloadFromRegistry"),
            boolean("allowUnstable", visible=_DOWNLOAD),
            Input("githubToken", "string", visible=_DOWNLOAD),
            Input("addToPath", "boolean", "true", required=True),
            picklist("architecture", ("x86", "x64", "arm64"), "x64"),
        ),
        run=_run,
        outputs=frozenset({"pythonlocation"}),
    ),
)
