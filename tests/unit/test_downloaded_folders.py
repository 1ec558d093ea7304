"""Which folders a download may replace: its own, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard import downloaded_folders
from modelyard.errors import FileError


def fill(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def downloaded(tmp_path: Path) -> Path:
    """A folder with the files a and below/b, which a download put there."""
    filled, folder = fill(tmp_path / "scratch", a="1"), tmp_path / "model"
    fill(filled / "below", b="2")
    downloaded_folders.replace(folder, filled)
    return folder


def test_a_download_replaces_what_an_earlier_one_left(downloaded: Path, tmp_path: Path) -> None:
    for number in ("2", "3"):
        downloaded_folders.check(downloaded)
        downloaded_folders.replace(downloaded, fill(tmp_path / "scratch", c=number))
        assert {one.name: one.read_text() for one in downloaded.iterdir()} == {"c": number}
    assert sorted(one.name for one in tmp_path.iterdir()) == [".model.downloaded", "model"]


def test_what_is_gone_of_an_earlier_one_is_no_hindrance(downloaded: Path) -> None:
    (downloaded / "a").unlink()
    downloaded_folders.check(downloaded)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "a").write_text("mine"),
        lambda folder: (folder / "below/c").write_text("mine"),
        lambda folder: (folder / "link").symlink_to("below"),
        lambda folder: ((folder / "a").unlink(), (folder / "a").symlink_to("nowhere")),
        lambda folder: (folder.parent / ".model.downloaded").unlink(),
        lambda folder: (folder.parent / ".model.downloaded").write_text("{"),
        lambda folder: (folder.parent / ".model.downloaded").write_text("[]"),
    ],
)
def test_what_somebody_has_put_there_is_not_overwritten(
    downloaded: Path, change: Callable[[Path], object]
) -> None:
    change(downloaded)
    with pytest.raises(FileError, match="holds what no earlier download left there"):
        downloaded_folders.check(downloaded)


def test_a_folder_that_is_known_needs_no_note(downloaded: Path, tmp_path: Path) -> None:
    filled = fill(tmp_path / "scratch", MLmodel="new")
    downloaded_folders.replace(downloaded, filled, known_by="MLmodel")
    assert [one.name for one in tmp_path.iterdir()] == ["model"]
    (downloaded / "more").write_text("of another tool")
    downloaded_folders.check(downloaded, known_by="MLmodel")
    with pytest.raises(FileError, match="isn't empty"):
        downloaded_folders.check(downloaded)


def test_an_empty_folder_and_none_may_be_filled_and_a_file_may_not(tmp_path: Path) -> None:
    downloaded_folders.check(tmp_path)
    downloaded_folders.check(tmp_path / "none")
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="is a file, not a folder"):
        downloaded_folders.check(tmp_path / "file")


@pytest.mark.parametrize("name", [".", "..", "below/..", "link", "", "../here"])
def test_a_folder_that_is_not_to_go_is_refused_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    here = tmp_path / "here"
    (here / "below").mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    (here / "link").symlink_to(tmp_path / "empty")
    monkeypatch.chdir(here)
    with pytest.raises(FileError, match=r"a link, not a folder|isn't to be replaced"):
        downloaded_folders.check(Path(name))
    downloaded_folders.check(Path("below"))
