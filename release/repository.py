"""What git knows about the clone. Everything here only reads."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from release.refusal import Refused

RELEASE_TAG = re.compile(r"v(\d+)\.(\d+)\.(\d+)")
Version = tuple[int, int, int]


def git(root: Path, *arguments: str) -> str:
    """What a git command prints.

    :raises Refused: it failed, or there is no git.
    """
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], check=False, capture_output=True, text=True
        )
    except FileNotFoundError as error:
        raise Refused("git isn't on PATH", fix="install git") from error
    if done.returncode:
        raise Refused(
            f"git {' '.join(arguments)}: {done.stderr.strip()}", fix="run this in a clone"
        )
    return done.stdout


def commit(root: Path) -> str:
    """The full hash of what is checked out."""
    return git(root, "rev-parse", "HEAD").strip()


def seconds(root: Path) -> int:
    """The time that packages carry, in seconds since 1970: the commit's, so it never differs.

    ``SOURCE_DATE_EPOCH`` overrides it (reproducible-builds.org, "SOURCE_DATE_EPOCH").
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not given:
        return int(git(root, "log", "-1", "--format=%ct"))
    if not given.isdecimal():
        raise Refused(f"SOURCE_DATE_EPOCH is {given!r}, not a number of seconds")
    return int(given)


def changes(root: Path) -> list[str]:
    """What differs from the commit, as ``git status --short`` says it. Ignored files don't."""
    return git(root, "status", "--short", "--untracked-files=all").splitlines()


def sources(root: Path, *paths: str) -> list[str]:
    """The files under the paths that git tracks or would track, and that exist, sorted."""
    listed = git(root, "ls-files", "-z", "-co", "--exclude-standard", "--", *paths)
    return sorted({one for one in listed.split("\0") if one and (root / one).is_file()})


def tags(root: Path) -> dict[str, str]:
    """Every tag with the commit that it stands for."""
    listed = git(root, "for-each-ref", "refs/tags", "--format=%(refname:strip=2) %(objectname)")
    return {
        name: git(root, "rev-parse", f"{target}^{{commit}}").strip()
        for name, target in (line.split() for line in listed.splitlines())
    }


def releases(root: Path) -> list[Version]:
    """The versions that have a tag ``vX.Y.Z``, lowest first."""
    return sorted(version(name) for name in tags(root) if RELEASE_TAG.fullmatch(name))


def version(text: str) -> Version:
    """``v1.2.3`` or ``1.2.3`` as numbers.

    :raises Refused: it isn't three numbers.
    """
    found = RELEASE_TAG.fullmatch("v" + text.removeprefix("v"))
    if not found:
        raise Refused(f"{text!r} isn't a version of three numbers", fix="write it as 1.2.3")
    major, minor, patch = map(int, found.groups())
    return major, minor, patch


def at(root: Path, tag: str, folder: str, name: str) -> Iterator[str]:
    """The contents of the files ``folder/*/name`` as they were at a tag."""
    for path in git(root, "ls-tree", "-r", "--name-only", tag, "--", folder).splitlines():
        if path.endswith(f"/{name}"):
            yield git(root, "show", f"{tag}:{path}")
