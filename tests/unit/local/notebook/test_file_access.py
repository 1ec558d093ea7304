"""Python's file access under /dbfs, /Volumes and /Workspace."""
# What notebooks write is what is tested here:
# ruff: noqa: PTH103, PTH104, PTH107, PTH110, PTH112, PTH116, PTH123, PTH202, PTH207, PTH208, PTH211
# ruff: noqa: SIM115

from __future__ import annotations

import builtins
import glob
import importlib
import io
import json
import os
import pathlib
import pickle
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.local.notebook.file_access import install
from modelyard.local.notebook.paths import PathMap


@pytest.fixture
def roots(tmp_path: Path) -> Iterator[Path]:
    """Folders with the functions of this process wrapped."""
    for name in ("dbfs", "volumes", "files"):
        (tmp_path / name).mkdir()
    uninstall = install(
        PathMap(
            {
                "MODELYARD_DBFS_ROOT": str(tmp_path / "dbfs"),
                "MODELYARD_VOLUMES_ROOT": str(tmp_path / "volumes"),
                "MODELYARD_WORKSPACE_FILES_ROOT": str(tmp_path / "files"),
            }
        )
    )
    yield tmp_path
    uninstall()


def test_open_in_every_way(roots: Path) -> None:
    with open("/dbfs/a.txt", "w") as stream:
        stream.write("one")
    assert (roots / "dbfs/a.txt").read_text() == "one"
    assert Path("/dbfs/a.txt").read_text() == "one"
    for opened in (
        io.open("/dbfs/a.txt", "rb"),  # noqa: UP020
        open(b"/dbfs/a.txt", "rb"),
        open(file="/dbfs/a.txt", mode="rb"),
        Path("/dbfs/a.txt").open("rb"),
    ):
        with opened:
            assert opened.read() == b"one"
    descriptor = os.open("/dbfs/a.txt", os.O_RDONLY)
    assert os.read(descriptor, 9) == b"one"
    os.close(descriptor)
    with open("/Volumes/x.json", "w") as stream:
        json.dump({"a": 1}, stream)
    assert json.loads((roots / "volumes/x.json").read_text()) == {"a": 1}


def test_folders_and_questions(roots: Path) -> None:
    os.makedirs("/dbfs/a/b")
    Path("/dbfs/a/b/c.txt").write_text("x")
    Path("/dbfs/a/d").mkdir()
    assert os.path.exists("/dbfs/a/b/c.txt")
    assert os.path.isdir("/dbfs/a")
    assert Path("/dbfs/a/b/c.txt").is_file()
    assert not Path("/dbfs/nothing").exists()
    assert os.path.getsize("/dbfs/a/b/c.txt") == 1
    assert sorted(os.listdir("/dbfs/a")) == ["b", "d"]
    assert sorted(p.as_posix() for p in Path("/dbfs/a").iterdir()) == ["/dbfs/a/b", "/dbfs/a/d"]
    assert [p.as_posix() for p in Path("/dbfs").rglob("*.txt")] == ["/dbfs/a/b/c.txt"]
    assert glob.glob("/dbfs/a/*/*.txt") == ["/dbfs/a/b/c.txt"]
    assert glob.glob("/dbfs/**/c.*", recursive=True) == ["/dbfs/a/b/c.txt"]
    walked = [(top, sorted(folders), files) for top, folders, files in os.walk("/dbfs")]
    assert walked[0] == ("/dbfs", ["a"], [])
    assert ("/dbfs/a/b", [], ["c.txt"]) in walked
    with os.scandir("/dbfs/a") as entries:
        assert {(entry.name, entry.path, entry.is_dir()) for entry in entries} == {
            ("b", "/dbfs/a/b", True),
            ("d", "/dbfs/a/d", True),
        }
    assert Path("/dbfs/a/../a/b").resolve() == Path("/dbfs/a/b")


def test_shutil_moves_copies_and_removes(roots: Path) -> None:
    (roots / "local").mkdir()
    (roots / "local/x.txt").write_text("x")
    shutil.copy(roots / "local/x.txt", "/dbfs/x.txt")
    shutil.copytree(roots / "local", "/dbfs/tree")
    shutil.copytree("/dbfs/tree", "/Volumes/tree")
    shutil.move("/dbfs/x.txt", "/Volumes/y.txt")
    assert (roots / "volumes/tree/x.txt").read_text() == "x"
    assert (roots / "volumes/y.txt").exists()
    assert not (roots / "dbfs/x.txt").exists()
    shutil.rmtree("/dbfs/tree")
    assert not (roots / "dbfs/tree").exists()
    os.rename("/Volumes/y.txt", "/Volumes/z.txt")
    Path("/Volumes/z.txt").replace("/Volumes/w.txt")
    os.symlink("/Volumes/w.txt", "/Volumes/link")
    assert Path("/Volumes/link").read_text() == "x"
    os.remove("/Volumes/w.txt")
    assert os.listdir("/Volumes/tree") == ["x.txt"]


def test_pickle_tempfile_and_current_folder(roots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(roots)  # restores it
    with open("/dbfs/model.pkl", "wb") as stream:
        pickle.dump([1, 2], stream)
    assert pickle.loads((roots / "dbfs/model.pkl").read_bytes()) == [1, 2]  # noqa: S301
    assert Path(tempfile.mkdtemp(dir="/dbfs")).is_dir()
    os.chdir("/dbfs")
    assert Path("model.pkl").exists()


def test_imports_from_mapped_folders(roots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (roots / "files/Shared").mkdir()
    (roots / "files/Shared/mapped_module.py").write_text("VALUE = 42\n")
    monkeypatch.syspath_prepend("/Workspace/Shared")
    module = importlib.import_module("mapped_module")
    del sys.modules["mapped_module"]
    assert module.VALUE == 42


def test_errors_name_the_path_as_written(roots: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        open("/dbfs/no/such.csv")
    assert str(caught.value) == "[Errno 2] No such file or directory: '/dbfs/no/such.csv'"
    assert str(roots) not in str(caught.value)
    with pytest.raises(FileNotFoundError, match=r"/dbfs/a.*/Volumes/b"):
        os.rename("/dbfs/a", "/Volumes/b")
    with pytest.raises(FileNotFoundError, match=r"'/nothing'$"):
        os.stat("/nothing")


def test_everything_else_is_untouched(roots: Path) -> None:
    (roots / "plain.txt").write_text("plain")
    assert (roots / "plain.txt").read_text() == "plain"
    assert os.listdir() == os.listdir(".")
    with pytest.raises(TypeError):
        open(1.5)  # type: ignore[call-overload]


def test_uninstall_leaves_no_trace(tmp_path: Path) -> None:
    before = (builtins.open, io.open, os.stat, os.scandir, list(sys.path_hooks))
    captured = dict(vars(getattr(pathlib, "_NormalAccessor", object)))
    uninstall = install(PathMap({"MODELYARD_DBFS_ROOT": str(tmp_path)}))
    assert builtins.open is not before[0]
    uninstall()
    assert (builtins.open, io.open, os.stat, os.scandir, list(sys.path_hooks)) == before
    assert dict(vars(getattr(pathlib, "_NormalAccessor", object))) == captured


def test_without_folders_nothing_is_wrapped() -> None:
    before = builtins.open
    install(PathMap({}))
    assert builtins.open is before
