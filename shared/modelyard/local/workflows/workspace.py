"""The folders that act works in: a copy of the repository, and of the others that it names.

Nothing of the user's own is written to, nor within reach of a step: the copies are files of their
own. They hold what git has, or would take.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from modelyard.local.runner.engine import working_copy
from modelyard.local.runner.engine.git import git
from modelyard.local.runner.engine.working_copy import Source as State
from modelyard.local.workflows.adaption import REF, Names, adapted
from modelyard.local.workflows.model import Plan
from modelyard.runner_errors import PipelineError

OWNER = "local"
"""Of a repository that has no place on GitHub."""
_GITHUB = re.compile(r"(?:https://|git@|ssh://git@)github\.com[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?")
_IDENTITY = ("-c", "user.name=Modelyard", "-c", "user.email=modelyard@localhost")


@dataclass(frozen=True)
class Workspace:
    """What act is started with."""

    folder: Path
    """The copy of the repository."""
    workflow: Path
    """The workflow's own copy."""
    state: State
    name: str
    """``OWNER/NAME`` of the repository."""
    repositories: dict[str, Path]
    """Folders by ``OWNER/NAME@REF``."""


def prepare(plan: Plan, scratch: Path) -> Workspace:
    """Make the copies.

    :raises PipelineError: when a repository can't be read, or git isn't there.
    """
    state = working_copy.source(plan.root)
    name = _name(plan.root)
    folders = _folders(plan, name)
    names = Names.of(plan, name)
    try:
        folder = _copy(plan.root, scratch / "repository", state, name)
        repositories = _others(plan, folders, scratch, names)
    except (working_copy.CheckoutFailed, OSError, subprocess.CalledProcessError) as error:
        raise PipelineError(
            f"the repository can't be copied: {error}", fix="look whether git runs here"
        ) from None
    workflow = scratch / "workflow.yml"
    workflow.write_text(adapted(plan.workflow.source, names), encoding="utf-8")
    return Workspace(folder, workflow, working_copy.source(folder), name, repositories)


def _copy(root: Path, folder: Path, state: State, name: str) -> Path:
    working_copy.copy(root, folder)
    if not (folder / ".git").exists():
        _git(folder, "init", "--quiet")
    if working_copy.source(folder).commit.strip("0") == "":
        _git(folder, "add", "--all")
        _git(folder, *_IDENTITY, "commit", "--quiet", "--allow-empty", "-m", state.message or "-")
    commit = working_copy.source(folder).commit
    _git(folder, "update-ref", state.branch, commit)
    _git(folder, "symbolic-ref", "HEAD", state.branch)
    if "origin" in _git(folder, "remote").split():
        _git(folder, "remote", "remove", "origin")
    _git(folder, "remote", "add", "origin", f"https://github.com/{name}")
    return folder


def _folders(plan: Plan, own: str) -> dict[str, Path]:
    """Those that files of the plan are in, by ``OWNER/NAME``."""
    used = sorted({one.repository for one in plan.sources if one.repository})
    folders = {name: plan.repositories[name.lower()] for name in used}
    if any(not one.repository for one in plan.sources[1:]):
        folders[own] = plan.root  # called within the repository, or its actions by $/
    return folders


def _others(plan: Plan, folders: dict[str, Path], scratch: Path, names: Names) -> dict[str, Path]:
    """What act is to take for them: copies, with the files of the plan adapted."""
    found: dict[str, Path] = {}
    for number, (name, folder) in enumerate(folders.items(), 1):
        copy = scratch / "copies" / str(number)
        working_copy.copy_files(folder, copy)  # no links: an action may write beside itself
        for source in plan.sources:
            if (source.repository or names.own).lower() == name.lower():
                target = copy / source.path
                target.unlink(missing_ok=True)  # it may be a link to another
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(adapted(source, names), encoding="utf-8")
        found[f"{name}@{REF}"] = _pointing(copy, scratch / "others" / str(number))
    return found


def _pointing(copy: Path, folder: Path) -> Path:
    """A folder with links to what is in a copy. For each step act copies the folder whole: a link
    costs nothing, 1,300 files more than most steps. Programs find their real place through it."""
    folder.mkdir(parents=True)
    for one in copy.iterdir():
        (folder / one.name).symlink_to(one, target_is_directory=one.is_dir())
    return folder


def _name(root: Path) -> str:
    """What the repository is called on GitHub, as its ``origin`` has it; a folder within a
    repository hasn't that one's name."""
    try:
        origin = _git(root, "remote", "get-url", "origin") if (root / ".git").exists() else ""
    except (OSError, subprocess.CalledProcessError):
        origin = ""
    found = _GITHUB.fullmatch(origin.strip())
    return found[1] if found else f"{OWNER}/{re.sub(r'[^A-Za-z0-9_.-]+', '-', root.name)}"


def _git(folder: Path, *arguments: str) -> str:
    done = git(folder, *arguments)
    done.check_returncode()
    return os.fsdecode(done.stdout)
