"""The files of Azure Repos: branches, pushes, and what a branch holds. Objects are git's own, as in
the local GitHub.

Source: Azure DevOps REST reference, "Pushes", "Items" and "Refs", API version 7.1.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.devops.projects import REPOSITORIES
from modelyard.local.cloud.github.history import HEADS
from modelyard.local.cloud.github.objects import FILE, Objects
from modelyard.local.cloud.github.repositories import Shelf
from modelyard.local.cloud.service import Cloud

NOTHING = "0" * 40
"""The commit before a branch's first one."""
Json = dict[str, Any]
Tree = dict[str, tuple[str, str]]
"""path -> (mode, SHA of the blob)"""


class Contents:
    """Of all repositories. Each is named by its id."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def refs(self, repository: str) -> dict[str, str]:
        """Full name -> commit."""
        return {name: one["sha"] for name, one in sorted(self._refs(repository).items())}

    def objects(self, repository: str) -> Objects:
        return Objects(self._shelf(repository, "objects"))

    def resolve(self, repository: str, ref: str) -> str:
        """The commit of a branch, a tag, a full name or a commit. Raises DevOpsError."""
        refs = self.refs(repository)
        for full in (ref, f"{HEADS}{ref}", f"refs/tags/{ref}"):
            if full in refs:
                return refs[full]
        if self.objects(repository).knows(ref, "commit"):
            return ref
        raise exceptions.branch_not_found(ref)

    def tree(self, repository: str, commit: str) -> Tree:
        """The files of a commit."""
        return self.objects(repository).files_of_commit(commit)

    def push(self, repository: str, update: Json, commit: Json, author: str) -> tuple[str, str]:
        """One commit on one branch: its full name and the new commit. Raises DevOpsError.

        :param update: ``{"name", "oldObjectId"}``.
        :param commit: ``{"comment", "changes"}``.
        """
        name, old = str(update.get("name") or ""), str(update.get("oldObjectId") or NOTHING)
        if not name.startswith(HEADS) or name == HEADS:
            raise exceptions.invalid("refUpdates", f"{name or 'Nothing'} is no branch.")
        with self._cloud.store.lock:
            there, objects = self.refs(repository).get(name, NOTHING), self.objects(repository)
            if old != there and (there != NOTHING or not objects.knows(old, "commit")):
                raise exceptions.stale(name)
            files = self.tree(repository, old) if old != NOTHING else {}
            for one in commit.get("changes") or ():
                _change(files, one, objects)
            now = int(self._cloud.clock.time())
            parents = [] if old == NOTHING else [old]
            message = str(commit.get("comment") or "")
            tree = objects.add_tree(files)
            made = objects.add_commit(tree, parents, message, author, now, "")
            self._refs(repository).put(name, {"sha": made})
            return name, made

    def next_push(self) -> int:
        return self._cloud.store.next_number("devops.push")

    def reset(self) -> None:
        """Before the repositories themselves are forgotten."""
        for key, _ in list(self._cloud.store.items(REPOSITORIES)):
            for kind in ("objects", "refs"):
                self._cloud.store.clear(f"devops.repository.{key}.{kind}")

    def _refs(self, repository: str) -> Shelf:
        return self._shelf(repository, "refs")

    def _shelf(self, repository: str, kind: str) -> Shelf:
        return Shelf(self._cloud, f"devops.repository.{repository}.{kind}")


def _change(files: Tree, change: Json, objects: Objects) -> None:
    """Make one change of a push. Raises DevOpsError."""
    kind = str(change.get("changeType") or "").lower()
    path = path_of((change.get("item") or {}).get("path"))
    if kind == "add" and path in files:
        raise exceptions.exists("GitItem", path)
    source = path_of(change["sourceServerItem"]) if kind == "rename" else path
    if kind in ("edit", "delete", "rename") and source not in files:
        raise exceptions.item_not_found(source)
    if kind == "delete":
        del files[path]
    elif kind == "rename":
        files[path] = files.pop(source)
    elif kind in ("add", "edit"):
        mode = files.get(path, (FILE, ""))[0]
        files[path] = (mode, objects.add_blob(_content(change.get("newContent") or {})))
    else:
        raise exceptions.invalid("changeType", f"There is no change {kind or '(none)'}.")


def _content(given: Mapping[str, Any]) -> bytes:
    text = str(given.get("content") or "")
    if str(given.get("contentType") or "rawtext").lower() == "rawtext":
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise exceptions.invalid("newContent", "The content isn't base64.") from None


def path_of(given: Any) -> str:
    """A path from the root of a repository, without a slash before it. Raises DevOpsError."""
    path = str(given or "").strip("/")
    if not path or any(part in ("", ".", "..", ".git") for part in path.split("/")):
        raise exceptions.invalid("path", f"{given or 'Nothing'} is no path of a file.")
    return path


def write_tree(tree: Tree, objects: Objects, folder: Path) -> None:
    """Copy the files of a commit into a folder. Raises DevOpsError for one that lies outside."""
    for path, (_, sha) in tree.items():
        file = folder / path_of(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(objects.content(sha))
