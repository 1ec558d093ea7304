"""Options that both commands have, and what they say."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from modelyard.errors import InputError
from modelyard.local.runner.engine import facts
from modelyard.local.runner.engine.run import build_of
from modelyard.local.runner.engine.tasks import Tasks, available
from modelyard.local.runner.pipeline import plan as make_plan
from modelyard.local.runner.pipeline.plan import Plan
from modelyard.local.runner.pipeline.planning import repository_root
from modelyard.reading import nearest_path
from modelyard.runner_errors import TaskError

PAIRS = {
    "parameter": ("NAME=VALUE", "a parameter of the pipeline; YAML where it isn't a text"),
    "variable": ("NAME=VALUE", "a variable of the run"),
    "repository": (
        "ALIAS=PATH",
        "where a repository of resources.repositories lies, or OWNER/NAME that a workflow names",
    ),
    "task": ("NAME=FOLDER", "the folder of a task, with its task.json"),
}


def add_plan_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, and what its plan is made with."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="the pipeline's YAML, or .github/workflows/NAME.yml"
    )
    parser.add_argument(
        "--root",
        type=Path,
        metavar="FOLDER",
        help="the folder that counts as the repository, such as an example within one "
        "(default: the repository that holds FILE, else its folder)",
    )
    for name, (shape, meaning) in PAIRS.items():
        add_pair(parser, name, shape, meaning, *(("--input",) if name == "parameter" else ()))


def add_pair(
    parser: argparse.ArgumentParser, name: str, shape: str, meaning: str, *others: str
) -> None:
    """An option ``--name key=value`` that may be given several times.

    :param others: the same option by other names.
    """
    parser.add_argument(
        f"--{name}", *others, action="append", default=[], type=_pair, metavar=shape, help=meaning
    )


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} isn't NAME=VALUE")
    return name.strip(), value


def tasks_of(options: argparse.Namespace) -> Tasks:
    """The tasks that a pipeline may use.

    :raises TaskError: when a folder holds no task.
    """
    try:
        return available({name: Path(folder) for name, folder in options.task})
    except TaskError as error:
        error.fix = "give a folder with a task.json: --task NAME=FOLDER"
        raise


def file_of(options: argparse.Namespace) -> Path:
    """The file that is named.

    :raises InputError: when there is no such file.
    """
    file: Path = options.file
    if file.is_dir():
        raise InputError(f"{file} is a folder", fix="name the pipeline's or workflow's file in it")
    if not file.is_file():
        raise InputError(f"there is no file {file}{nearest_path(file)}")
    return file


def plan_of(
    options: argparse.Namespace, tasks: Tasks, variables: Mapping[str, str] | None = None
) -> Plan:
    """The plan of the file.

    :param variables: more than the options have.
    :raises InputError: when there is no such file.
    :raises PipelineError: with everything that is wrong in it.
    """
    file = file_of(options)
    root = root_of(options)
    for alias, folder in options.repository:
        if not Path(folder).is_dir():
            raise InputError(f"--repository {alias}: there is no folder {folder}")
    return make_plan(
        file,
        parameters=dict(options.parameter),
        variables={**dict(options.variable), **(variables or {})},
        repositories={alias: Path(folder).resolve() for alias, folder in options.repository},
        tasks=tasks.known,
        predefined=_predefined(file, root),
        root=root,
    )


def root_of(options: argparse.Namespace) -> Path:
    """The folder that counts as the repository.

    :raises InputError: when there is no such folder, or the file isn't in it.
    """
    file: Path = options.file
    root: Path | None = options.root
    if root is None:
        return repository_root(file)
    if not root.is_dir():
        raise InputError(f"--root: there is no folder {root}")
    if not file.resolve().is_relative_to(root.resolve()):
        raise InputError(f"--root: {file} isn't in {root}")
    return root.resolve()


def name_of(file: Path, root: Path) -> str:
    """What the pipeline is called: the folder that its file is in."""
    folder = file.resolve().parent
    return folder.name if file.stem == "azure-pipelines" else file.stem or root.name


def _predefined(file: Path, root: Path) -> dict[str, str]:
    return facts.before_run(build_of(root, name_of(file, root)))


def lowered(names: Sequence[str]) -> frozenset[str]:
    """Names that are compared without regard to case."""
    return frozenset(name.strip().lower() for name in names)
