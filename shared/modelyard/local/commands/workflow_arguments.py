"""What the commands take for a workflow, and refuse for one."""

from __future__ import annotations

import argparse
from pathlib import Path

from modelyard.errors import InputError
from modelyard.local.commands.arguments import file_of, root_of
from modelyard.local.commands.notices import shown
from modelyard.local.workflows.model import Plan
from modelyard.local.workflows.planning import plan
from modelyard.local.workflows.references import FOLDER

_PIPELINES = ("task", "group", "in_place", "resources")
"""Options that mean nothing for a workflow."""


def plan_of(options: argparse.Namespace) -> Plan:
    """The plan of the file.

    :raises InputError: when there is no such file, or an option is for pipelines alone.
    :raises PipelineError: with everything that is wrong in it.
    """
    file = file_of(options)
    for name in _PIPELINES:
        if getattr(options, name, None):
            option = name.replace("_", "-")
            raise InputError(
                f"--{option} is for pipelines of Azure Pipelines; {file} is a workflow"
            )
    root = _root(options)
    folders = {}
    for name, folder in options.repository:
        if name.count("/") != 1:
            raise InputError(
                f"--repository {name}: a workflow names repositories as OWNER/NAME",
                fix=f"--repository OWNER/{name}={folder}",
            )
        if not Path(folder).is_dir():
            raise InputError(f"--repository {name}: there is no folder {folder}")
        folders[name] = Path(folder).resolve()
    return plan(file, folders, root)


def _root(options: argparse.Namespace) -> Path:
    """The folder that counts as the repository, which has to have the file where GitHub looks."""
    root, own = root_of(options), options.file.resolve().parents[2]
    if options.root is None and not (root / ".git").exists():
        where = shown(own)
        raise InputError(
            f"there is no git repository that {options.file} is in",
            fix=f"git init{'' if where == '.' else f' {where}'}, or --root {where}: this folder "
            "then counts as the repository",
        )
    if root.resolve() != own:
        raise InputError(
            f"{options.file} isn't in {'/'.join(FOLDER)} of the repository {shown(root)}, where "
            "GitHub looks for workflows",
            fix=f"--root {shown(own)}: this folder then counts as the repository",
        )
    return root
