"""Docker: build, push and log in through the docker command line.

Source: ``Tasks/DockerV2``; how images are named and labelled is documented at learn.microsoft.com,
``azure/devops/pipelines/tasks/reference/docker-v2``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from modelyard.local.runner.builtin import glob
from modelyard.local.runner.builtin.argument_line import split_arguments
from modelyard.local.runner.builtin.docker_login import (
    forget,
    image_names,
    logged_in,
    registry_of,
)
from modelyard.local.runner.builtin.scripts import program
from modelyard.local.runner.builtin.step import Command, StepContext, StepFailed
from modelyard.local.runner.builtin.task import (
    BuiltinTask,
    Input,
    boolean,
    flag,
    path,
    picklist,
    several,
    text,
)

_LABELS = (
    "System.TeamFoundationCollectionUri", "System.TeamProject", "Build.Repository.Name",
    "Build.SourceVersion", "Build.Repository.Uri", "Build.SourceBranchName",
    "Build.DefinitionName", "Build.BuildNumber", "Build.BuildUri", "Build.RequestedFor",
)  # fmt: skip
"""Variables that ``addPipelineData`` writes into the image."""
_FIX = "install the docker command line, and an engine that it reaches"


def _run(inputs: Mapping[str, str], step: StepContext) -> None:
    command = inputs.get("command", "").strip().lower()
    registry = registry_of(inputs.get("containerRegistry", ""), step)
    if command == "logout":
        forget(registry, step)
        return
    if command == "login":
        if registry is None:
            raise StepFailed("the command login needs the input containerRegistry")
        step.set_variable("DOCKER_CONFIG", str(logged_in(registry, step)))
        step.set_variable("DockerOutput", "")
        return
    docker = program(step, "docker", _FIX)
    # The folder outlives the step by nothing but the job's temporary folder.
    config = logged_in(registry, step) if registry else None
    environment = {"DOCKER_CONFIG": str(config)} if config else {}
    names = image_names(inputs.get("repository", "").strip(), registry, step)
    try:
        outputs = _do(command, inputs, names, _Docker(docker, environment, step))
    finally:
        if config is not None:
            (config / "config.json").unlink(missing_ok=True)
    step.set_variable("DockerOutput", "\n".join(map(str, outputs)))


class _Docker:
    """The program, with what each call of it shares."""

    def __init__(self, program: str, environment: Mapping[str, str], step: StepContext) -> None:
        self._program = program
        self._environment = environment
        self.step = step

    def __call__(self, name: str, *commands: Sequence[str]) -> Path:
        """Run it once or more; returns the file that holds what it printed.

        :raises StepFailed: when it fails.
        """
        folder = self.step.temporary / "task_outputs"
        folder.mkdir(exist_ok=True)
        output = folder / f"{name}_{time.time_ns()}.txt"
        with output.open("w", encoding="utf-8") as stream:
            for arguments in commands:
                code = self.step.execute(
                    Command(
                        (self._program, *arguments),
                        self.step.folder,
                        environment=self._environment,
                        seen=lambda line: print(line, file=stream),
                    )
                )
                if code != 0:
                    raise StepFailed(f"docker {name} ended with exit code {code}")
        return output


def _do(
    command: str, inputs: Mapping[str, str], names: Sequence[str], docker: _Docker
) -> list[Path]:
    arguments = split_arguments(inputs.get("arguments", "").replace("\n", " "))
    if command == "buildandpush":
        if arguments:
            docker.step.warn("the input arguments means nothing with the command buildAndPush")
        return [_build(inputs, names, (), docker), *_push(inputs, names, (), docker)]
    if command == "build":
        return [_build(inputs, names, arguments, docker)]
    if command == "push":
        return _push(inputs, names, arguments, docker)
    if command in ("start", "stop"):
        container = inputs.get("container", "").strip()
        if not container:
            raise StepFailed(f"the command {command} needs the input container")
        return [docker(command, (command, container, *arguments))]
    return [docker(command.replace("/", "_"), (command, *arguments))]


def _build(
    inputs: Mapping[str, str], names: Sequence[str], arguments: Sequence[str], docker: _Docker
) -> Path:
    step = docker.step
    file = _dockerfile(inputs.get("Dockerfile", ""), step)
    context = inputs.get("buildContext", "").strip()
    folder = file.parent if context in ("", "**") else step.folder / context
    if Path(os.path.normpath(folder)) == Path(os.path.normpath(step.folder / "**")):
        folder = file.parent
    labels: list[str] = []
    for name in _LABELS if flag(inputs, "addPipelineData") else ():
        if value := step.variables.value(name):
            labels += ["--label", f"com.azure.dev.image.{name.lower()}={value}"]
    if flag(inputs, "addBaseImageData") and (base := _base_image(file)):
        labels += ["--label", f"image.base.ref.name={base}"]
    tags = [part for name in _tagged(inputs, names) for part in ("-t", name)]
    return docker("build", ("build", "-f", str(file), *labels, *tags, *arguments, str(folder)))


def _push(
    inputs: Mapping[str, str], names: Sequence[str], arguments: Sequence[str], docker: _Docker
) -> list[Path]:
    if not names:
        docker.step.warn("the input repository is empty: nothing is pushed")
        return []
    tagged = _tagged(inputs, names)
    return [docker("push", *(("push", *arguments, name) for name in tagged))]


def _tagged(inputs: Mapping[str, str], names: Sequence[str]) -> list[str]:
    given = inputs.get("tags", "").replace(",", "\n").splitlines()
    tags = [f":{tag.strip()}" for tag in given if tag.strip()] or [""]
    return [f"{name}{tag}" for name in names for tag in tags]


def _dockerfile(given: str, step: StepContext) -> Path:
    found = [one for one in glob.find_match(step.folder, [given]) if one.is_file()]
    if not found:
        raise StepFailed(f"no Dockerfile is {given}")
    return found[0]


def _base_image(file: Path) -> str:
    """What the last ``FROM`` names; empty where a variable stands there."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    froms = [words for line in lines if (words := line.split())[:1] and words[0].upper() == "FROM"]
    named = [word for word in froms[-1][1:] if not word.startswith("--")] if froms else []
    return named[0] if named and "$" not in named[0] else ""


_BUILDS = "command = build || command = buildAndPush"
_NAMED = "command != login && command != logout && command != start && command != stop"
_WITH_ARGUMENTS = "command != login && command != logout && command != buildAndPush"
_TAGGED = "command = build || command = push || command = buildAndPush"

TASKS = (
    BuiltinTask(
        "Docker",
        "2",
        "e28912f1-0114-4464-802a-a3a35437fd16",
        (
            Input("containerRegistry", "connectedService:dockerregistry"),
            text("repository", visible=_NAMED),
            picklist("command", (), "buildAndPush"),
            path("Dockerfile", "**/Dockerfile", required=True, visible=_BUILDS),
            path("buildContext", "**", visible=_BUILDS),
            several("tags", "$(Build.BuildId)", visible=_TAGGED),
            text("arguments", visible=_WITH_ARGUMENTS),
            boolean("addPipelineData", default=True),
            boolean("addBaseImageData", default=True),
            text("container", visible="command = start || command = stop"),
        ),
        run=_run,
        outputs=frozenset({"dockeroutput"}),
    ),
)
