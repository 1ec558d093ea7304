"""TerraformInstaller: finds Terraform; nothing is downloaded onto somebody's machine.

Source: ``TerraformInstallerV0`` and ``V1`` of microsoft/azure-pipelines-terraform.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from modelyard.local.runner.builtin.scripts import program
from modelyard.local.runner.builtin.step import StepContext, StepFailed
from modelyard.local.runner.builtin.task import BuiltinTask, text


def _run(inputs: Mapping[str, str], step: StepContext) -> None:
    wanted = inputs.get("terraformVersion", "").strip().lstrip("v=").strip()
    if wanted.lower() != "latest" and not re.fullmatch(r"\d+\.\d+\.\d+([-+][\w.+-]+)?", wanted):
        raise StepFailed(f"the input terraformVersion is {wanted!r}, which isn't a version")
    found = _cached(wanted, step) or program(
        step, "terraform", "install it, or put it into the agent's tool folder"
    )
    version = _version(found, step)
    if wanted.lower() not in ("latest", version):
        raise StepFailed(
            f"the step wants Terraform {wanted}, and {found} is {version}; install that version"
        )
    step.log(f"Terraform {version} is {found}")
    step.set_variable("terraformLocation", found)
    step.command("task.prependpath", data=str(Path(found).parent))


def _cached(version: str, step: StepContext) -> str | None:
    """The program in the tool cache, which has a folder for each version."""
    root = step.variables.value("Agent.ToolsDirectory")
    for file in sorted(Path(root, "terraform", version).rglob("terraform")) if root else ():
        if file.is_file():
            return str(file)
    return None


def _version(found: str, step: StepContext) -> str:
    try:
        done = subprocess.run(
            [found, "version"],
            env={**step.environment, "CHECKPOINT_DISABLE": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StepFailed(f"{found} can't be run: {error}") from None
    told = re.search(r"^Terraform v(\S+)", done.stdout, re.MULTILINE)
    if done.returncode or told is None:
        raise StepFailed(f"{found} doesn't tell its version: {done.stdout or done.stderr}")
    return told[1]


TASKS = tuple(
    BuiltinTask(
        "TerraformInstaller",
        major,
        "a4789e5d-f6e8-431f-add9-379d640a883c",
        (text("terraformVersion", "latest", required=True),),
        run=_run,
        outputs=frozenset({"terraformlocation"}),
    )
    for major in ("0", "1")
)
