from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelyard.databricks.files.local_files import LEFT_OUT, find
from modelyard.errors import FileError


def write(path: Path, content: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def names(root: Path, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> list[str]:
    return [file.name for file in find(str(root), include, exclude)]


def test_a_folder_gives_its_files_sorted_with_sizes(tmp_path: Path) -> None:
    write(tmp_path / "b.py", "12345")
    write(tmp_path / "a/c.py")
    write(tmp_path / ".git/config")
    write(tmp_path / "a/.ipynb_checkpoints/c-checkpoint.ipynb")
    found = find(str(tmp_path), exclude=LEFT_OUT)
    assert [(file.name, file.size) for file in found] == [("a/c.py", 1), ("b.py", 5)]


def test_a_single_file_is_named_after_itself(tmp_path: Path) -> None:
    assert [file.name for file in find(str(write(tmp_path / "deep/model.bin")))] == ["model.bin"]


def test_a_missing_source_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"nowhere doesn't exist in "):
        find(str(tmp_path / "nowhere"))


def test_include_and_exclude(tmp_path: Path) -> None:
    for name in ("a.py", "b.sql", "old/c.py", "new/d.py"):
        write(tmp_path / name)
    assert names(tmp_path, ("*.py",), ("old",)) == ["a.py", "new/d.py"]


def test_a_link_to_a_folder_above_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path / "a/train.py")
    (tmp_path / "a/again").symlink_to(tmp_path, target_is_directory=True)
    assert names(tmp_path) == ["a/train.py"]
    assert "a link to a folder above it" in caplog.text


def test_links_inside_are_followed(tmp_path: Path) -> None:
    write(tmp_path / "shared/common.py", "common")
    (tmp_path / "one").mkdir()
    (tmp_path / "one/common.py").symlink_to("../shared/common.py")
    (tmp_path / "two").symlink_to("shared", target_is_directory=True)
    assert names(tmp_path) == ["one/common.py", "shared/common.py", "two/common.py"]


def test_a_link_into_the_working_directory_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "src/common.py")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks/src").symlink_to("../src", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    assert names(Path("notebooks")) == ["src/common.py"]


@pytest.mark.parametrize("folder", [True, False])
def test_a_link_to_the_outside_is_refused(tmp_path: Path, folder: bool) -> None:
    write(tmp_path / "home/token.py")
    target = tmp_path / "home" if folder else tmp_path / "home/token.py"
    (tmp_path / "source").mkdir()
    (tmp_path / "source/link.py").symlink_to(target, target_is_directory=folder)
    with pytest.raises(FileError, match="outside of the source"):
        names(tmp_path / "source")
    assert names(tmp_path / "source", exclude=("link.py",)) == []


def test_a_link_to_nothing_is_an_error_only_where_it_is_chosen(tmp_path: Path) -> None:
    write(tmp_path / "a.py")
    (tmp_path / "gone.csv").symlink_to("nowhere.csv")
    (tmp_path / "self.csv").symlink_to("self.csv")
    assert names(tmp_path, ("*.py",)) == ["a.py"]
    with pytest.raises(FileError, match=r"gone\.csv is a link that leads nowhere"):
        names(tmp_path)


def test_a_pipe_is_no_ordinary_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match="pipe isn't an ordinary file"):
        names(tmp_path)


def test_names_that_no_service_takes(tmp_path: Path) -> None:
    write(tmp_path / "a\n##vso[task.complete].py")
    with pytest.raises(FileError, match="control character"):
        names(tmp_path)


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.py"))).write_text("x")
    with pytest.raises(FileError, match=r"caf\\xe9\.py isn't UTF-8"):
        names(tmp_path)


def test_reading_notices_a_change(tmp_path: Path) -> None:
    path = write(tmp_path / "a.py", "one")
    (file,) = find(str(tmp_path))
    assert file.read() == b"one"
    path.write_text("longer")
    with pytest.raises(FileError, match="changed while it was sent"):
        file.read()
