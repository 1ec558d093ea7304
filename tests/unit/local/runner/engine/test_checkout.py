"""What a job finds in its sources."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from modelyard.local.runner.engine import working_copy


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with something of every kind."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=trunk")
    for name in ("committed", "changed", "deleted"):
        (folder / name).write_text("old\n")
    (folder / ".gitignore").write_text("ignored\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=first words")
    (folder / "changed").write_text("new\n")
    (folder / "deleted").unlink()
    (folder / "ignored").write_text("no\n")
    (folder / "untracked").write_text("yes\n")
    (folder / "link").symlink_to("changed")
    return folder


def test_the_working_tree_is_copied_as_it_is(run: Any, repository: Path) -> None:
    done = run(
        """
        steps:
        - bash: |
            echo "> $(ls -A | tr '\\n' ' ')"
            echo "> $(cat changed link | tr '\\n' ' ')"
            echo "> $(git log --format=%s) $BUILD_SOURCEVERSIONMESSAGE"
            echo "> $(git status --short | tr '\\n' ' ')"
            echo "> $BUILD_SOURCEBRANCH $BUILD_SOURCEBRANCHNAME"
            [ "$(git rev-parse HEAD)" = "$BUILD_SOURCEVERSION" ] && echo '> same commit'
            echo more > changed
        """
    )

    assert done.printed == [
        "> .git .gitignore azure-pipelines.yml changed committed link untracked ",
        "> new new ",
        "> first words first words",
        ">  M changed  D deleted ?? azure-pipelines.yml ?? link ?? untracked ",
        "> refs/heads/trunk trunk",
        "> same commit",
    ]
    assert (repository / "changed").read_text() == "new\n"


def test_in_place_works_in_the_repository_itself(run: Any, repository: Path) -> None:
    done = run("steps: [{bash: 'pwd -P; echo mine > made'}]", in_place=True)

    assert str(repository.resolve()) in done.lines
    assert (repository / "made").read_text() == "mine\n"
    assert (repository / "committed").exists()


def test_another_repository_lies_where_it_was_said(run: Any, tmp_path: Path) -> None:
    other = tmp_path / "templates"
    other.mkdir()
    (other / "file").write_text("theirs\n")
    done = run(
        """
        resources:
          repositories: [{repository: t, type: git, name: project/shared-templates}]
        steps:
        - checkout: self
        - checkout: t
        - bash: echo "> $(cat shared-templates/file) $(ls)" | tr '\\n' ' '; echo
        """,
        repositories={"t": other},
    )

    assert done.printed == ["> theirs repository shared-templates "]


def test_a_path_must_not_lead_out(run: Any) -> None:
    done = run("steps: [{checkout: self, path: ../../out}]")

    assert done.result == "Failed"
    assert any("leads out" in line for line in done.lines)


def test_a_folder_that_is_no_repository_is_copied_too(tmp_path: Path) -> None:
    folder, target = tmp_path / "folder", tmp_path / "target"
    (folder / "sub" / ".modelyard").mkdir(parents=True)
    (folder / "sub" / "file").write_text("x")
    (folder / "sub" / ".modelyard" / "state").write_text("x")

    assert working_copy.copy(folder, target) == 1
    assert [str(one.relative_to(target)) for one in target.rglob("*")] == ["sub", "sub/file"]
    assert working_copy.source(folder).name == "folder"


def test_a_repository_without_commits_is_copied(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "file").write_text("x")

    assert working_copy.copy(folder, tmp_path / "target") == 1
    with pytest.raises(working_copy.CheckoutFailed, match="no folder"):
        working_copy.copy(tmp_path / "nowhere", tmp_path / "target")


def test_a_folder_within_a_repository_stands_for_one_of_its_own(repository: Path) -> None:
    inner = repository / "example"
    inner.mkdir()
    (inner / "file").write_text("x")

    found = working_copy.source(inner)

    # Not the branch and the commit of the repository around it: they are those of other files.
    assert (found.name, found.branch, found.commit) == ("example", "refs/heads/main", "0" * 40)
    assert working_copy.source(repository).branch == "refs/heads/trunk"


def test_no_file_of_a_copy_is_one_of_the_repository(repository: Path, tmp_path: Path) -> None:
    working_copy.copy(repository, tmp_path / "copy")

    theirs = {(one.stat().st_dev, one.stat().st_ino) for one in repository.rglob("*")}
    copies = list((tmp_path / "copy").rglob("*"))
    assert any("objects" in one.parts and one.is_file() for one in copies)
    assert not [one for one in copies if (one.stat().st_dev, one.stat().st_ino) in theirs]
