"""A copy of a repository's working tree, as the agent would have it after a checkout.

What git tracks and what it doesn't ignore is copied as it lies there, uncommitted changes too; the
history comes along, so that steps can ask git.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from modelyard.local.runner.engine.git import git

_NOT_COPIED = frozenset({".git", ".modelyard"})


class CheckoutFailed(Exception):
    """A repository can't be copied."""


@dataclass(frozen=True)
class Source:
    """What is known of a repository's state."""

    name: str
    branch: str = "refs/heads/main"
    commit: str = "0" * 40
    message: str = ""
    author: str = ""
    uri: str = ""


def source(folder: Path) -> Source:
    """The state of a folder; with a name alone where it is no git repository, or lies in one: then
    it stands for a repository of its own, whose branch isn't the other's."""
    name = folder.resolve().name
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    if commit is None or not _is_top(folder):
        return Source(name, uri=folder.resolve().as_uri())
    branch = _git(folder, "symbolic-ref", "--quiet", "HEAD")
    return Source(
        name,
        branch or "refs/heads/main",
        commit,
        _git(folder, "log", "-1", "--format=%s") or "",
        _git(folder, "log", "-1", "--format=%an") or "",
        folder.resolve().as_uri(),
    )


def copy(folder: Path, target: Path) -> int:
    """Copy a repository; how many files that were.

    :raises CheckoutFailed: when it can't be read.
    """
    if not folder.is_dir():
        raise CheckoutFailed(f"there is no folder {folder}")
    target.mkdir(parents=True, exist_ok=True)  # git is started in it
    if _git(folder, "rev-parse", "--show-toplevel") is not None:
        _copy_history(folder, target)
    return copy_files(folder, target)


def copy_files(folder: Path, target: Path) -> int:
    """Copy a repository without its history; how many files that were.

    :raises OSError: when one can't be read.
    """
    target.mkdir(parents=True, exist_ok=True)
    count = 0
    for path in files(folder):
        destination = target / path
        destination.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy2(folder / path, destination, follow_symlinks=False)
        except FileNotFoundError:
            continue  # tracked and deleted
        count += 1
    return count


def files(folder: Path) -> Iterator[Path]:
    """The files of a repository, relative to its folder."""
    listed = _git(folder, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    if listed is None:
        yield from _walk(folder)
        return
    for name in dict.fromkeys(filter(None, listed.split("\0"))):
        if Path(name).parts[0] in _NOT_COPIED:
            continue
        path = folder / name
        if path.is_dir() and not path.is_symlink():  # a submodule, or a repository within
            yield from (Path(name) / one for one in files(path))
        else:
            yield Path(name)


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = [one for one in folders if one not in _NOT_COPIED]
        for name in sorted(names):
            yield (Path(root) / name).relative_to(folder)


def _copy_history(folder: Path, target: Path) -> None:
    if _git(folder, "rev-parse", "--verify", "HEAD") is None:
        _git(target, "init", "--quiet")
        return
    if (target / ".git").exists():
        return
    if not _is_top(folder):
        return  # a folder within a repository
    scratch = target / ".git.new"
    # No hard links: whoever writes into an object of the copy would write into the repository's.
    clone = ("clone", "--quiet", "--no-checkout", "--local", "--no-hardlinks", "--dissociate")
    if _git(target, *clone, str(folder.resolve()), str(scratch)) is None:
        raise CheckoutFailed(f"git can't copy the history of {folder}")
    (scratch / ".git").rename(target / ".git")
    scratch.rmdir()
    commit = _git(folder, "rev-parse", "HEAD")
    _git(target, "update-ref", "--no-deref", "HEAD", commit or "HEAD")  # detached, as an agent's
    _git(target, "reset", "--quiet", "--mixed")


def _is_top(folder: Path) -> bool:
    top = _git(folder, "rev-parse", "--show-toplevel")
    return top is not None and Path(top).resolve() == folder.resolve()


def _git(folder: Path, *arguments: str) -> str | None:
    """What git says; None where it fails or isn't there."""
    try:
        done = git(folder, *arguments)
    except FileNotFoundError:
        return None
    if done.returncode:
        return None
    return os.fsdecode(done.stdout).strip("\n")
