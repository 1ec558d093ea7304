"""The files of an asset and their hash."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelyard.azureml.content import gather
from modelyard.errors import FileError


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "model"
    (folder / "data").mkdir(parents=True)
    (folder / "MLmodel").write_text("x")
    (folder / "data/w.bin").write_bytes(b"1")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__/a.pyc").write_bytes(b"2")
    (tmp_path / "scaler.json").write_text("{}")
    return folder


def test_a_folder_keeps_its_name_and_leaves_caches_out(model: Path) -> None:
    found = gather(["model"], what="model")
    assert sorted(found.files) == ["model/MLmodel", "model/data/w.bin"]
    assert (found.root, found.size) == ("model", 2)


def test_a_file_is_itself_and_several_stand_side_by_side(model: Path) -> None:
    assert dict(gather(["scaler.json"], what="model").files) == {"scaler.json": Path("scaler.json")}
    several = gather(["model", "scaler.json"], what="model")
    assert sorted(several.files) == [
        "model/model/MLmodel", "model/model/data/w.bin", "model/scaler.json",
    ]  # fmt: skip


def test_the_hash_is_of_names_and_bytes_alone(model: Path) -> None:
    first = gather(["model"], what="model").hash()
    os.utime(model / "MLmodel", (1, 1))
    assert gather([str(model)], what="model").hash() == first
    (model / "MLmodel").write_text("y")
    changed = gather(["model"], what="model").hash()
    (model / "MLmodel").write_text("x")
    (model / "data/w.bin").rename(model / "data/v.bin")
    renamed = gather(["model"], what="model").hash()
    assert len({first, changed, renamed}) == 3


def test_what_is_not_there_or_there_twice(model: Path) -> None:
    (model.parent / "other").mkdir()
    with pytest.raises(FileError, match="holds no file"):
        gather(["other"], what="model")
    (model.parent / "other/scaler.json").write_text("{}")
    for paths, message in (
        (["nowhere"], "doesn't exist"),
        (["scaler.json", "other/scaler.json"], "two files"),
    ):
        with pytest.raises(FileError, match=message):
            gather(paths, what="model")


def test_a_link_sends_no_file_of_the_machine_away(
    model: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (model / "scaler.json").symlink_to(model.parent / "scaler.json")  # in the working directory
    assert "model/scaler.json" in gather(["model"], what="model").files
    outside = tmp_path_factory.mktemp("elsewhere")
    (outside / "id").write_text("of the machine")
    for target, message in ((outside / "id", "outside of"), (outside / "gone", "leads nowhere")):
        (model / "link").symlink_to(target)
        with pytest.raises(FileError, match=message):
            gather(["model"], what="model")
        (model / "link").unlink()
    (model / "__pycache__" / "link").symlink_to(outside / "id")  # isn't sent
    gather(["model"], what="model")
    (model / "folder").symlink_to(model.parent / "model")
    with pytest.raises(FileError, match="a link to a folder, which isn't sent"):
        gather(["model"], what="model")
    (model / "folder").unlink()


def test_what_a_repository_has_as_a_link_is_not_sent_from_elsewhere(
    model: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("elsewhere")
    (outside / "id").write_text("of the machine")
    for name, target in (("file", outside / "id"), ("folder", outside)):
        (model.parent / name).symlink_to(target)
    for given in (["file"], ["folder"], ["folder/id"], ["model", "file"]):
        with pytest.raises(FileError, match="outside of the source and of the working directory"):
            gather(given, what="model")
    (model.parent / "inside").symlink_to(model)
    assert gather(["inside"], what="model").files
    assert gather([str(model.parent / "file")], what="model").files  # by a whole path: meant so
