"""The tags of a release: the printed commands are run against a remote repository."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from release import repository, tags
from release_clone import Clone


@pytest.fixture
def project(tmp_path: Path) -> Clone:
    """A clone with one commit, and where it was cloned from."""
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "remote")], check=True)
    (tmp_path / "clone").mkdir()
    clone = Clone(tmp_path / "clone")
    clone.git("init", "--quiet", "--initial-branch=main")
    clone.git("remote", "add", "origin", str(tmp_path / "remote"))
    change(clone, "first")
    return clone


def change(clone: Clone, text: str) -> str:
    (clone.path / "file").write_text(text)
    return clone.commit(text)


def publish(clone: Clone, version: str) -> str:
    """Type what is printed for a release of what is checked out."""
    commit = repository.commit(clone.path)
    existing, releases = repository.tags(clone.path), repository.releases(clone.path)
    for line in tags.commands(repository.version(version), commit, existing, releases):
        program, *arguments = shlex.split(line)
        assert program == "git"
        clone.git(*arguments)
    return commit


def remote(clone: Clone) -> dict[str, str]:
    return repository.tags(clone.path.parent / "remote")


def test_a_tag_that_stays_and_two_that_move(project: Clone) -> None:
    first = publish(project, "1.2.3")
    assert remote(project) == {"v1": first, "v1.2": first, "v1.2.3": first}
    second = change(project, "second")
    publish(project, "1.2.4")
    assert remote(project) == {"v1": second, "v1.2": second, "v1.2.3": first, "v1.2.4": second}


def test_a_fix_of_an_older_version_leaves_the_major_tag(project: Clone) -> None:
    publish(project, "1.2.3")
    change(project, "second")
    newest = publish(project, "1.3.0")
    fix = change(project, "fix")
    publish(project, "1.2.4")
    assert {one: remote(project)[one] for one in ("v1", "v1.3", "v1.2")} == {
        "v1": newest,
        "v1.3": newest,
        "v1.2": fix,
    }


def test_versions_are_numbers_not_texts(project: Clone) -> None:
    publish(project, "1.9.0")
    newest = change(project, "second")
    publish(project, "1.10.0")
    assert remote(project)["v1"] == newest


def test_a_tag_that_somebody_else_moved_isnt_overwritten(project: Clone) -> None:
    publish(project, "1.2.3")
    theirs = project.another(project.path.parent / "theirs")
    theirs.git("remote", "set-url", "origin", str(project.path.parent / "remote"))
    moved = change(theirs, "theirs")
    publish(theirs, "1.2.4")
    change(project, "ours")
    with pytest.raises(subprocess.CalledProcessError):
        publish(project, "1.2.5")
    assert remote(project)["v1"] == moved


def test_no_older_fix_moves_its_own_tag_back() -> None:
    assert tags.moving((1, 2, 3), [(1, 2, 4), (1, 3, 0), (0, 9, 0)]) == []
    assert tags.moving((2, 0, 0), [(1, 2, 4)]) == ["v2", "v2.0"]
