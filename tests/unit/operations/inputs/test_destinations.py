from __future__ import annotations

import pytest

from modelyard.errors import InputError
from modelyard.operations.inputs.destinations import branch_name, expand
from modelyard.run_identity import RunIdentity


def run_of(
    repository: str = "https://ci.example/house/project",
    branch: str = "refs/heads/main",
    commit: str = "0123abc",
) -> RunIdentity:
    return RunIdentity(repository, "p", "1", "1", "j", "s", commit=commit, branch=branch)


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("refs/heads/main", "main"),
        ("refs/heads/feature/new model", "feature-new-model"),
        ("refs/heads/refs/heads/x", "refs-heads-x"),
        ("refs/pull/123/merge", "pr-123"),
        ("refs/pull/7/head", "pr-7"),
        ("refs/tags/v1.2", "tag-v1.2"),
        ("refs/tags/a/b", "tag-a-b"),
        ("refs/heads/größe", "größe"),
        ("refs/heads/../../etc", "-..-etc"),
        ("main", "main"),
        ("", ""),
    ],
)
def test_branch_name(ref: str, expected: str) -> None:
    assert branch_name(ref) == expected


@pytest.mark.parametrize(
    ("repository", "expected"),
    [
        ("https://ci.example/house/project", "project"),
        ("https://ci.example/house/project.git", "project"),
        ("git@ci.example:house/wine.quality.git", "wine.quality"),
        ("git@ci.example:wine", "wine"),
        ("C:\\work\\wine quality\\", "wine-quality"),
    ],
)
def test_repository(repository: str, expected: str) -> None:
    assert expand("/Shared/{repository}", run_of(repository=repository)) == f"/Shared/{expected}"


def test_all_of_them() -> None:
    run = run_of(branch="refs/pull/12/merge")
    assert expand("/S/{repository}/{branch}/{pull-request}/{commit}", run) == (
        "/S/project/pr-12/12/0123abc"
    )
    assert expand("/S/plain", run) == "/S/plain"


@pytest.mark.parametrize(
    ("target", "run", "message"),
    [
        (
            "/S/{brunch}",
            run_of(),
            r"target has the placeholder \{brunch\} \(did you mean branch\?\)",
        ),
        ("/S/{pull-request}", run_of(), "this run has none"),
        ("/S/{branch}", run_of(branch=""), "this run has none"),
        ("/S/{repository}", run_of(repository=""), "this run has none"),
        ("/S/{}", run_of(), r"placeholder \{\}"),
    ],
)
def test_placeholders_without_a_value(target: str, run: RunIdentity, message: str) -> None:
    with pytest.raises(InputError, match=message):
        expand(target, run)
