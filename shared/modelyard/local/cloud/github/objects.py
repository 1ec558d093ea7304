"""What git keeps: blobs, trees and commits, each by the SHA-1 that git itself would give it.

Source: git's own format of loose objects (``<type> <size>\\0<content>``).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from modelyard.local.cloud.github import exceptions
from modelyard.local.cloud.github.repositories import Shelf

FILE, FOLDER = "100644", "040000"
MODES = (FILE, "100755", "120000")

Json = dict[str, Any]
Files = Mapping[str, tuple[str, str]]
"""path -> (mode, SHA of the blob)"""


class Objects:
    """The objects of one repository."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def add_blob(self, content: bytes) -> str:
        """Its SHA."""
        sha = _sha("blob", content)
        text = base64.b64encode(content).decode()
        self._shelf.put(sha, {"type": "blob", "content": text, "size": len(content)})
        return sha

    def add_tree(self, files: Files) -> str:
        """The SHA of the tree that holds these files, with the trees of its folders."""
        entries: dict[str, tuple[str, str]] = {}
        below: dict[str, dict[str, tuple[str, str]]] = {}
        for path, (mode, sha) in files.items():
            name, _, rest = path.partition("/")
            if rest:
                below.setdefault(name, {})[rest] = (mode, sha)
            else:
                entries[name] = (mode, sha)
        for name, inside in below.items():
            entries[name] = (FOLDER, self.add_tree(inside))
        # Git sorts a folder as if its name ended with a slash.
        ordered = sorted(entries, key=lambda n: n + "/" if entries[n][0] == FOLDER else n)
        content = b"".join(
            f"{entries[name][0].lstrip('0')} {name}\0".encode() + bytes.fromhex(entries[name][1])
            for name in ordered
        )
        sha = _sha("tree", content)
        listed = [[name, *entries[name]] for name in ordered]
        self._shelf.put(sha, {"type": "tree", "entries": listed})
        return sha

    def add_commit(
        self, tree: str, parents: list[str], message: str, author: str, time: int, date: str
    ) -> str:
        """Its SHA.

        :param time: seconds since the epoch, of which ``date`` is the ISO form.
        """
        who = f"{author} <{author}@users.noreply.github.com> {time} +0000"
        lines = [f"tree {tree}", *(f"parent {one}" for one in parents)]
        lines += [f"author {who}", f"committer {who}", "", message]
        sha = _sha("commit", "\n".join(lines).encode())
        document = {"type": "commit", "tree": tree, "parents": parents, "message": message}
        self._shelf.put(sha, {**document, "author": author, "date": date})
        return sha

    def get(self, sha: str, kind: str) -> Json:
        """Raises GitHubError (404) where there is no such object."""
        found = self._shelf.get(sha)
        if found is None or found["type"] != kind:
            raise exceptions.not_found()
        return found

    def knows(self, sha: str, kind: str) -> bool:
        found = self._shelf.get(sha)
        return found is not None and bool(found["type"] == kind)

    def content(self, sha: str) -> bytes:
        """Of a blob."""
        return base64.b64decode(self.get(sha, "blob")["content"])

    def files(self, tree: str) -> dict[str, tuple[str, str]]:
        """All files of a tree and of the trees in it."""
        found: dict[str, tuple[str, str]] = {}
        for name, mode, sha in self.get(tree, "tree")["entries"]:
            if mode == FOLDER:
                inside = self.files(sha)
                found |= {f"{name}/{path}": entry for path, entry in inside.items()}
            else:
                found[name] = (mode, sha)
        return found

    def files_of_commit(self, commit: str) -> dict[str, tuple[str, str]]:
        return self.files(self.get(commit, "commit")["tree"])

    def ancestors(self, commit: str) -> list[str]:
        """The commit and all before it, nearest first."""
        found, waiting = [], [commit]
        while waiting:
            sha = waiting.pop(0)
            if sha not in found:
                found.append(sha)
                waiting += self.get(sha, "commit")["parents"]
        return found


def _sha(kind: str, content: bytes) -> str:
    whole = f"{kind} {len(content)}\0".encode() + content
    return hashlib.sha1(whole, usedforsecurity=False).hexdigest()
