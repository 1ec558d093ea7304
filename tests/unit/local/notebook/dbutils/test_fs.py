"""dbutils.fs and mounts"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from modelyard.local.notebook.dbutils.fs import FileSystem
from modelyard.local.notebook.dbutils.mounts import ExecutionError, MountInfo
from modelyard.local.notebook.paths import PathMap


@pytest.fixture
def fs(tmp_path: Path) -> FileSystem:
    for name in ("dbfs", "volumes", "storage/acc/lake"):
        (tmp_path / name).mkdir(parents=True)
    return FileSystem(
        PathMap(
            {
                "MODELYARD_DBFS_ROOT": str(tmp_path / "dbfs"),
                "MODELYARD_VOLUMES_ROOT": str(tmp_path / "volumes"),
                "MODELYARD_STORAGE_ROOT": str(tmp_path / "storage"),
            }
        )
    )


def test_put_head_and_ls(fs: FileSystem, capsys: pytest.CaptureFixture[str]) -> None:
    assert fs.put("/data/a.txt", "grüße")
    assert capsys.readouterr().out == "Wrote 7 bytes.\n"
    fs.mkdirs("dbfs:/data/b")
    folder, file = sorted(fs.ls("/data"), key=lambda info: info.size)
    assert (folder.path, folder.name, folder.isDir()) == ("dbfs:/data/b/", "b/", True)
    assert (file.path, file.name, file.size, file.isFile()) == (
        "dbfs:/data/a.txt", "a.txt", 7, True,
    )  # fmt: skip
    assert file.modificationTime > 1_600_000_000_000
    assert fs.ls("dbfs:/data/a.txt") == [file]
    assert fs.head("/data/a.txt") == "grüße"
    assert fs.head("/data/a.txt", 2) == "gr"
    assert fs.head("/data/a.txt", maxBytes=2) == "gr"
    assert "[Truncated to first 2 bytes]" in capsys.readouterr().out
    with pytest.raises(ExecutionError, match="overwrite"):
        fs.put("/data/a.txt", "x")
    assert fs.put("/data/a.txt", "x", True)


def test_copy_move_and_remove(fs: FileSystem, tmp_path: Path) -> None:
    (tmp_path / "local.csv").write_text("1")
    fs.cp(f"file:{tmp_path}/local.csv", "/in/x.csv")
    fs.cp("/in/x.csv", "/Volumes/v")
    assert (tmp_path / "volumes/v").read_text() == "1"
    with pytest.raises(ExecutionError, match="recurse"):
        fs.cp("/in", "/out")
    fs.cp("/in", "/out", recurse=True)
    fs.mv("/out/x.csv", "/moved.csv")
    assert [info.name for info in fs.ls("/")] == ["in/", "moved.csv", "out/"]
    with pytest.raises(ExecutionError, match="non-empty"):
        fs.rm("/in")
    assert fs.rm("/in", True)
    assert fs.rm("/moved.csv")
    assert not fs.rm("/moved.csv")
    assert fs.rm("/out")
    assert fs.ls("/") == []


def test_missing_file_is_named(fs: FileSystem) -> None:
    with pytest.raises(FileNotFoundError, match="No such file or directory dbfs:/no"):
        fs.ls("/no")
    with pytest.raises(FileNotFoundError, match="dbfs:/Volumes/no"):
        fs.head("/Volumes/no")


def test_mounts(fs: FileSystem, tmp_path: Path) -> None:
    source = "abfss://lake@acc.dfs.core.windows.net/"
    fs.mount(source=source, mount_point="/mnt/lake", extra_configs={"fs.azure": "x"})
    fs.put("/mnt/lake/x.csv", "1")
    assert (tmp_path / "storage/acc/lake/x.csv").read_text() == "1"
    assert fs.mounts() == [MountInfo("/", "DatabricksRoot", ""), MountInfo("/mnt/lake", source, "")]
    with pytest.raises(ExecutionError, match="Directory already mounted: /mnt/lake"):
        fs.mount(source, "/mnt/lake")
    with pytest.raises(ExecutionError, match="is a mount point"):
        fs.rm("/mnt/lake", True)
    (tmp_path / "other").mkdir()
    fs.updateMount(f"file:{tmp_path}/other", "/mnt/lake/")
    assert fs.ls("/mnt/lake") == []
    assert fs.refreshMounts()
    fs.unmount("/mnt/lake")
    assert fs.ls("/mnt") == []
    assert (tmp_path / "storage/acc/lake/x.csv").exists()
    with pytest.raises(ExecutionError, match="Directory not mounted: /mnt/lake"):
        fs.unmount("/mnt/lake")
    with pytest.raises(ExecutionError, match="Mount point not found"):
        fs.updateMount(source, "/mnt/lake")


def test_mounts_go_with_the_whole_dbfs(fs: FileSystem, tmp_path: Path) -> None:
    fs.mount("wasbs://lake@acc.blob.core.windows.net", "/mnt/lake")
    shutil.rmtree(tmp_path / "dbfs")
    (tmp_path / "dbfs").mkdir()
    assert [mount.mountPoint for mount in fs.mounts()] == ["/"]
    assert fs.mount("wasbs://lake@acc.blob.core.windows.net", "/mnt/lake")


@pytest.mark.parametrize(
    ("source", "point", "says"),
    [
        ("abfss://none@acc.dfs.core.windows.net/", "/mnt/x", "doesn't exist on this machine"),
        ("s3a://bucket", "/mnt/x", "No FileSystem for scheme"),
        ("abfss://lake@acc.dfs.core.windows.net/", "/", "can't be a mount point"),
        ("abfss://lake@acc.dfs.core.windows.net/", "/full", "isn't an empty folder"),
    ],
)
def test_mounts_that_cannot_be(fs: FileSystem, source: str, point: str, says: str) -> None:
    fs.put("/full/x", "1")
    with pytest.raises(ExecutionError, match=says):
        fs.mount(source, point)
