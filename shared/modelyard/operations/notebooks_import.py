"""notebooks-import: notebooks of the repository into a folder of the workspace."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from modelyard.context import Context
from modelyard.databricks.files import remote_paths, workspace_tree
from modelyard.databricks.files.local_files import LEFT_OUT
from modelyard.databricks.files.remote_tree import below
from modelyard.databricks.notebooks import notebook_choice, notebooks
from modelyard.databricks.notebooks.notebook_choice import Choice, Notebook
from modelyard.errors import FileError, InputError
from modelyard.names import counted, listed, shown
from modelyard.operation import Operation, given, result
from modelyard.operations.inputs import destinations
from modelyard.operations.inputs.workspace_inputs import WorkspaceInputs, connect
from modelyard.parallel import MOST


@dataclass(frozen=True, kw_only=True)
class Inputs(WorkspaceInputs):
    source: str = given(
        "Folder with the notebooks, or one notebook. A folder is imported with all its folders: "
        ".py, .ipynb, .scala, .sql, .r and .html, by extension.",
        file=True,
    )
    target: str = given(
        "Folder of the workspace that they go into, such as /Shared/{repository}/{branch}. It is "
        "made when it doesn't exist. " + destinations.HELP
    )
    include: tuple[str, ...] = given(
        "Patterns of the files to import, one a line, as in a .gitignore: *.py, etl/**. "
        "Upper and lower case don't matter. Default: every notebook.",
        default=(),
    )
    exclude: tuple[str, ...] = given(
        "Patterns of files and folders to leave out; prune leaves such ones alone too.",
        default=LEFT_OUT,
    )
    plain_python: str = given(
        "What becomes of a .py file that doesn't begin with '# Databricks notebook source': a "
        "notebook, or a file that notebooks can import as a module.",
        default="notebook",
        choices=("notebook", "file"),
    )
    content_hash_path: bool = given(
        "Import into a folder of the target named by the SHA-1 of the content: what a published "
        "pipeline refers to then never changes under it.",
        default=False,
    )
    skip_unchanged: bool = given(
        "Leave notebooks alone that are the same in the workspace, so that their history and "
        "running jobs stay undisturbed. HTML can't be compared and is always imported.",
        default=True,
    )
    prune: bool = given(
        "Afterwards remove the notebooks below target that the source no longer has. The target "
        "must be a folder of its own.",
        default=False,
    )
    allow_empty: bool = given(
        "A source without any notebook isn't an error: the target folder is made, and with prune "
        "emptied.",
        default=False,
    )
    parallel: int = given(f"How many to import at once, 1 to {MOST}.", default=8)


@dataclass(frozen=True)
class Outputs:
    target: str | None = result(
        "The folder, with everything filled in. Set before the first notebook is imported."
    )
    imported: int | None = result(
        "How many were imported (in a dry run: would be). Set when all is done."
    )
    unchanged: int | None = result("How many were the same and left alone. Set when all is done.")
    removed: int | None = result(
        "How many were removed by prune (in a dry run: would be). Set when all is done."
    )
    paths: dict[str, str] | None = result(
        "JSON object: the path in the workspace of each file of the source. Set with target."
    )
    error: str | None = result("What went wrong; set when it failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    choice = Choice(inputs.include, inputs.exclude, inputs.plain_python == "file")
    target = _target(inputs, context)
    chosen = notebook_choice.choose(inputs.source, choice)
    if not chosen and not inputs.allow_empty:
        raise FileError(
            f"the source {inputs.source} holds no notebook to import",
            cause="the path is wrong, or include and exclude leave nothing",
            fix="correct them; or set allow-empty, if nothing is what you mean",
        )
    if inputs.content_hash_path and chosen:
        target = below(target, notebook_choice.content_hash(chosen))
    session = connect(inputs, context)
    context.publish(target=target, paths=_paths(target, chosen))
    plan = notebooks.plan(
        session,
        target,
        chosen,
        parallel=inputs.parallel,
        compare=inputs.skip_unchanged,
        prune=choice if inputs.prune else None,
    )
    if session.read_only:
        _report(plan, context, dry=True)
    else:
        notebooks.carry_out(session, plan, parallel=inputs.parallel)
        _report(plan, context)
    return Outputs(
        imported=len(plan.changed),
        unchanged=len(plan.unchanged),
        removed=len(plan.superfluous),
    )


def _target(inputs: Inputs, context: Context) -> str:
    """The target folder; everything about the inputs is checked on the way."""
    if not 1 <= inputs.parallel <= MOST:
        raise InputError(f"parallel is {inputs.parallel}, not 1 to {MOST}")
    target = destinations.expand(inputs.target, context.ci.identity())
    if re.match(r"dbfs:|/Volumes(/|$)", target):
        raise InputError(
            f"target is {target!r}, which is no folder of the workspace",
            fix="name one such as /Shared/NAME; files-upload sends files to DBFS and to volumes",
        )
    target = remote_paths.checked("target", target)
    path = workspace_tree.api_path(target)
    if path == "/":
        raise InputError("target is the root of the workspace; name a folder in it")
    if inputs.prune and inputs.content_hash_path:
        raise InputError(
            "prune and content-hash-path exclude each other",
            cause="each content has a folder of its own there, which nothing else is in",
        )
    if inputs.prune and remote_paths.is_shared_root("workspace", path):
        raise InputError(
            f"prune would remove what others have in {target}",
            fix=f"name a folder of its own, such as {target}/{{repository}}",
        )
    if inputs.prune and Path(inputs.source).is_file():
        raise InputError(
            "prune needs a folder as source: a single notebook says nothing about the others"
        )
    return target


def _paths(target: str, chosen: list[Notebook]) -> dict[str, str]:
    return {notebook.file.name: below(target, notebook.name) for notebook in chosen}


def _report(plan: notebooks.Plan, context: Context, *, dry: bool = False) -> None:
    would = "would be " if dry else ""
    listed(f"{would}imported", (below(plan.target, one.name) for one in plan.changed))
    listed(f"{would}removed", (below(plan.target, name) for name in plan.superfluous))
    counts = counted(
        imported=len(plan.changed), unchanged=len(plan.unchanged), removed=len(plan.superfluous)
    )
    context.log.info("%s: %s%s", shown(plan.target), "dry run, " if dry else "", counts)


OPERATION = Operation(
    name="notebooks-import",
    title="Import notebooks into the workspace",
    description="Imports a folder of notebooks, or a single one, into a folder of the workspace. "
    "All of it is checked before the first write: the files, their sizes, and what stands at their "
    "places. Only what changed is imported, in parallel, byte for byte; with prune the workspace "
    "folder follows the repository.",
    group="Databricks",
    task_id="8c20dd86-9694-464a-835a-7bf22b07193d",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    example="source: examples/wine-quality/notebooks\n"
    "target: /Shared/{repository}/{branch}\nprune: true",
)
