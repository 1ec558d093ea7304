"""``local``: the same command again, within the local cloud of this machine."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import NoReturn

from modelyard.context import Context
from modelyard.errors import MissingTool, ServiceError
from modelyard.operation import members
from modelyard.operations.inputs.azureml_inputs import AzureMLInputs, workspace_of
from modelyard.operations.pipelines.pipeline_inputs import PipelineInputs
from modelyard.reading import to_text

_MODELYARD = (sys.executable, "-m", "modelyard")
_WITHIN = (*_MODELYARD, "local", "exec", "--")
_REGION = "westeurope"
"""Any will do: nothing of it is anywhere else."""
_TIMEOUT = 120.0
"""Seconds for each command but the pipeline itself."""
_OTHERS = frozenset(one.name for one in dataclasses.fields(AzureMLInputs)) | {"local"}
"""Inputs that are the local cloud's matter: who signs in, where, and what is allowed."""


def become(inputs: PipelineInputs, context: Context) -> NoReturn:
    """Start the local cloud if none runs, make the workspace in it, and run there instead of here.

    The new process takes this one's place: signals and the exit code are its own.

    :raises MissingTool: when the local cloud can't be started here.
    """
    workspace = workspace_of(inputs, context)
    if _done((*_MODELYARD, "local", "status"), context).returncode:
        started = _done((*_MODELYARD, "local", "up", "--detach"), context)
        if started.returncode:
            raise MissingTool(
                f"the local cloud can't be started:\n{started.stdout.rstrip()}",
                cause="tasks and actions come without it; a command needs the extra local",
                fix='run the command on your own machine, after `pip install "modelyard[local]"`; '
                "there `modelyard local run FILE` runs a whole pipeline with its tasks",
            )
        context.log.info("started the local cloud; `modelyard local down` stops it")
    group = inputs.resource_group or workspace
    place = (f"--workspace-name={workspace}", f"--resource-group={group}")
    made = _done((*_WITHIN, *_MODELYARD, "aml-workspace", *place, f"--location={_REGION}"), context)
    if made.returncode:
        raise ServiceError(f"the local workspace can't be made:\n{made.stdout.rstrip()}")
    command = [*_WITHIN, *_MODELYARD, "aml-pipeline", *place, *words(inputs)]
    os.execve(command[0], command, environment(context))  # noqa: S606 - no shell is wanted


def words(inputs: PipelineInputs) -> list[str]:
    """The inputs as a command line, without who signs in and where: that is the cloud's matter."""
    found = []
    for member in members(PipelineInputs):
        value = getattr(inputs, member.name)
        if member.name not in _OTHERS and value is not None and value != member.default:
            found.append(f"--{member.kebab}={to_text(value)}")
    return found


def environment(context: Context) -> dict[str, str]:
    """The job's, without the variables of these inputs: the guards know real accounts alone."""
    inputs = [one for one in members(PipelineInputs) if one.name in _OTHERS]
    others = {variable for one in inputs for variable in one.spec.environment}
    return {name: value for name, value in context.environment.items() if name not in others}


def _done(command: Sequence[str], context: Context) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=environment(context),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_TIMEOUT,
    )
