"""Workflow files made of the starters, as one pull request.

A file that is there, in the default branch or in the open pull request, is never written again: a
starter is a beginning, and people go on from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from modelyard.errors import InputError, NotFound
from modelyard.project.github import starters
from modelyard.project.github.connection import Connection, refusals
from modelyard.project.github.wanted import Wanted, Workflow
from modelyard.project.plan import CREATE, KEEP, UPDATE, Change, Difference

if TYPE_CHECKING:
    from github.PullRequest import PullRequest

BRANCH = "modelyard-setup"
TITLE = "Add the workflows of Modelyard"
BODY = (
    "Made by `modelyard setup github`. Change what you like here or after the merge: the command "
    "doesn't write a file again that is there.\n"
)


class Starters:
    """The workflow files of one repository.

    :ivar pull_url: of the pull request that they wait in; empty when there is none.
    """

    def __init__(self, connection: Connection, wanted: Wanted) -> None:
        self._connection = connection
        self._wanted = wanted
        self.pull_url = ""

    def changes(self) -> Iterator[Change]:
        """A line for each file that is there, and the pull request with the others.

        :raises InputError: when the repository is empty, so that there is nothing to branch from.
        """
        if not self._wanted.workflows:
            return
        base = self._connection.repository.default_branch
        there = self._paths(base)
        pull = self._open_pull(base)
        waiting = self._paths(pull.head.ref) if pull else set()
        missing = []
        for one in self._wanted.workflows:
            if one.path in there:
                yield Change(KEEP, "workflow", one.path, note="what it says is yours")
            elif pull and one.path in waiting:
                self.pull_url = pull.html_url
                yield Change(KEEP, "workflow", one.path, note=f"in pull request #{pull.number}")
            else:
                missing.append(one)
        if missing:
            files = tuple(Difference("file", "", one.path) for one in missing)
            name = f"#{pull.number}" if pull else f"from {self._free_branch()[0]}"
            action = UPDATE if pull else CREATE
            apply = self._add(missing, pull)
            yield Change(action, "pull request", name, files, apply)

    def _paths(self, branch: str) -> set[str]:
        """All files of a branch."""
        repository = self._connection.repository
        try:
            with refusals(f"{self._connection.repository_url}/branches/{branch}"):
                sha = repository.get_branch(branch).commit.sha
        except NotFound:
            raise InputError(
                f"{self._connection.name} has no branch {branch}, so there is nothing that a pull "
                "request could be made to",
                fix="push a first commit to it",
            ) from None
        return {one.path for one in repository.get_git_tree(sha, recursive=True).tree}

    def _open_pull(self, base: str) -> PullRequest | None:
        """That of an earlier run: its branch has our name, perhaps with a number."""
        owner = self._connection.name.partition("/")[0]
        for one in self._connection.repository.get_pulls("open", base=base):
            is_ours = one.head.ref == BRANCH or one.head.ref.startswith(f"{BRANCH}-")
            if is_ours and one.head.label == f"{owner}:{one.head.ref}":  # not one of a fork
                return one
        return None

    def _free_branch(self) -> tuple[str, bool]:
        """A name for the branch, and whether it is there: left by a run that was stopped before it
        made the pull request. What a closed one left isn't taken, it may hold somebody's work."""
        prefix = "refs/heads/"
        refs = self._connection.repository.get_git_matching_refs(f"heads/{BRANCH}")
        taken = {one.ref.removeprefix(prefix): one.object.sha for one in refs}
        names = (BRANCH, *(f"{BRANCH}-{number}" for number in range(2, len(taken) + 3)))
        name = next(one for one in names if one not in taken or self._left(one, taken[one]))
        return name, name in taken

    def _left(self, branch: str, sha: str) -> bool:
        """Whether a branch is as this command makes one, and no pull request was made of it."""
        repository = self._connection.repository
        head = f"{self._connection.name.partition('/')[0]}:{branch}"
        if any(True for _ in repository.get_pulls("all", head=head)):
            return False
        return repository.get_git_commit(sha).message == TITLE

    def _add(self, missing: list[Workflow], pull: PullRequest | None) -> Callable[[], None]:
        def apply() -> None:
            from github import InputGitTreeElement

            repository = self._connection.repository
            branch = pull.head.ref if pull else repository.default_branch
            parent = repository.get_git_commit(repository.get_branch(branch).commit.sha)
            elements = [
                InputGitTreeElement(one.path, "100644", "blob", content=self._text(one))
                for one in missing
            ]
            tree = repository.create_git_tree(elements, parent.tree)
            commit = repository.create_git_commit(TITLE, tree, [parent])
            if pull is not None:
                repository.get_git_ref(f"heads/{branch}").edit(commit.sha)
                self.pull_url = pull.html_url
                return
            name, is_there = self._free_branch()
            if is_there:
                repository.get_git_ref(f"heads/{name}").edit(commit.sha, force=True)
            else:
                repository.create_git_ref(f"refs/heads/{name}", commit.sha)
            made = repository.create_pull(base=branch, head=name, title=TITLE, body=BODY)
            self.pull_url = made.html_url

        return apply

    def _text(self, workflow: Workflow) -> str:
        return starters.filled(workflow.starter, self._wanted.modelyard, workflow.inputs)
