"""The branches and tags of repositories, and how they move on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.local.cloud.github import exceptions
from modelyard.local.cloud.github.objects import Files, Objects
from modelyard.local.cloud.github.repositories import Repositories
from modelyard.local.cloud.service import Cloud

HEADS = "refs/heads/"
WORKFLOWS = ".github/workflows/"

Json = dict[str, Any]


class History:
    """All state is in the cloud's store."""

    def __init__(self, cloud: Cloud, repositories: Repositories) -> None:
        self._cloud = cloud
        self._repositories = repositories

    def objects(self, repository: Json) -> Objects:
        return Objects(self._repositories.shelf(repository, "objects"))

    def refs(self, repository: Json) -> dict[str, str]:
        """Full name -> SHA, in order of the names."""
        items = self._repositories.shelf(repository, "refs").items()
        return {name: document["sha"] for name, document in sorted(items)}

    def set_ref(self, repository: Json, name: str, sha: str) -> None:
        self._repositories.shelf(repository, "refs").put(name, {"sha": sha})

    def delete_ref(self, repository: Json, name: str) -> bool:
        return self._repositories.shelf(repository, "refs").delete(name)

    def resolve(self, repository: Json, name: str = "") -> str | None:
        """The commit that a branch, a tag, a full name or a SHA means. Empty: the default one."""
        refs = self.refs(repository)
        name = name or repository["default_branch"]
        for full in (f"{HEADS}{name}", f"refs/tags/{name}", f"refs/{name}", name):
            if full in refs:
                return refs[full]
        return name if self.objects(repository).knows(name, "commit") else None

    def commit(
        self, repository: Json, files: Files, parents: list[str], message: str, author: str
    ) -> str:
        """Make a commit of a whole tree; moves no branch."""
        objects = self.objects(repository)
        return self.commit_tree(repository, objects.add_tree(files), parents, message, author)

    def commit_tree(
        self, repository: Json, tree: str, parents: list[str], message: str, author: str
    ) -> str:
        now, date = int(self._cloud.clock.time()), self._repositories.now()
        return self.objects(repository).add_commit(tree, parents, message, author, now, date)

    def write(
        self,
        repository: Json,
        branch: str,
        changes: Mapping[str, bytes | None],
        message: str,
        author: str,
    ) -> str:
        """A commit on a branch: these files are now so (None: gone). Returns its SHA.

        The first commit makes the branch.
        """
        objects = self.objects(repository)
        before = self.refs(repository).get(f"{HEADS}{branch}")
        files = objects.files_of_commit(before) if before else {}
        for path, content in changes.items():
            if content is None:
                files.pop(path, None)
            else:
                mode = files.get(path, ("100644", ""))[0]
                files[path] = (mode, objects.add_blob(content))
        sha = self.commit(repository, files, [before] if before else [], message, author)
        self.set_ref(repository, f"{HEADS}{branch}", sha)
        return sha

    def merge(self, repository: Json, into: str, commit: str, message: str, author: str) -> str:
        """Bring a commit's changes into a branch.

        :raises GitHubError: 405, where both have changed the same file.
        """
        objects = self.objects(repository)
        target = self.refs(repository)[f"{HEADS}{into}"]
        ours, theirs = objects.files_of_commit(target), objects.files_of_commit(commit)
        base = merge_base(objects, target, commit)
        before = objects.files_of_commit(base) if base else {}
        merged = dict(ours)
        for path in {*before, *theirs}:
            wanted = theirs.get(path)
            if wanted == before.get(path) or wanted == ours.get(path):
                continue
            if ours.get(path) != before.get(path):
                raise exceptions.GitHubError(405, "Pull Request is not mergeable")
            if wanted is None:
                del merged[path]
            else:
                merged[path] = wanted
        sha = self.commit(repository, merged, [target, commit], message, author)
        self.set_ref(repository, f"{HEADS}{into}", sha)
        return sha


def merge_base(objects: Objects, one: str, other: str) -> str | None:
    """The nearest commit that both come from."""
    theirs = set(objects.ancestors(other))
    return next((sha for sha in objects.ancestors(one) if sha in theirs), None)


def changed_files(objects: Objects, base: str | None, head: str) -> list[tuple[str, str]]:
    """(path, added | modified | removed) of what a branch changed since it left another."""
    before = objects.files_of_commit(base) if base else {}
    after = objects.files_of_commit(head)
    found = []
    for path in sorted({*before, *after}):
        if before.get(path) != after.get(path):
            states = {(True, False): "removed", (False, True): "added", (True, True): "modified"}
            found.append((path, states[path in before, path in after]))
    return found
