"""Paths of a workspace on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.local.notebook.paths import PathError, PathMap

VARIABLES = {
    "MODELYARD_DBFS_ROOT": "/srv/dbfs/",
    "MODELYARD_VOLUMES_ROOT": "/srv/volumes",
    "MODELYARD_WORKSPACE_FILES_ROOT": "/srv/files",
    "MODELYARD_STORAGE_ROOT": "/srv/storage",
}


@pytest.fixture
def paths() -> PathMap:
    return PathMap(VARIABLES)


@pytest.mark.parametrize(
    ("path", "local"),
    [
        ("/dbfs", "/srv/dbfs"),
        ("/dbfs/", "/srv/dbfs"),
        ("/dbfs/a/../b.csv", "/srv/dbfs/b.csv"),
        ("/dbfs//a", "/srv/dbfs/a"),
        ("/Volumes/main/d/v/x", "/srv/volumes/main/d/v/x"),
        ("/Workspace/Shared/lib.py", "/srv/files/Shared/lib.py"),
        ("/dbfs2/x", None),
        ("/dbfs/../etc/passwd", None),
        ("/tmp/x", None),
        ("dbfs/x", None),
        ("", None),
    ],
)
def test_paths_of_files(paths: PathMap, path: str, local: str | None) -> None:
    assert paths.file(path) == local


@pytest.mark.parametrize(
    ("path", "local"),
    [
        ("/a/b", "/srv/dbfs/a/b"),
        ("dbfs:/a/b", "/srv/dbfs/a/b"),
        ("dbfs:///a", "/srv/dbfs/a"),
        ("dbfs:/", "/srv/dbfs"),
        ("/", "/srv/dbfs"),
        ("dbfs:/../../etc/passwd", "/srv/dbfs/etc/passwd"),
        ("/dbfs/a", "/srv/dbfs/dbfs/a"),  # the classic mistake is one here too
        ("/Volumes/main/d", "/srv/volumes/main/d"),
        ("dbfs:/Volumes/main/d", "/srv/volumes/main/d"),
        ("file:/tmp/x", "/tmp/x"),
        ("file:///tmp/x", "/tmp/x"),
        ("file:/dbfs/x", "/srv/dbfs/x"),
        ("abfss://lake@acc.dfs.core.windows.net/a/b", "/srv/storage/acc/lake/a/b"),
        ("wasbs://lake@acc.blob.core.windows.net", "/srv/storage/acc/lake/"),
    ],
)
def test_paths_of_dbutils(paths: PathMap, path: str, local: str) -> None:
    assert paths.url(path).rstrip("/") == local.rstrip("/")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("a/b", "must be absolute"),
        ("", "must be absolute"),
        ("s3://bucket/x", "No FileSystem for scheme 's3'"),
        ("abfss://lake/x", "CONTAINER@ACCOUNT"),
    ],
)
def test_paths_that_mean_nothing(paths: PathMap, path: str, says: str) -> None:
    with pytest.raises(PathError, match=says):
        paths.url(path)


def test_missing_folder_is_named() -> None:
    with pytest.raises(PathError, match="MODELYARD_VOLUMES_ROOT isn't set"):
        PathMap({}).url("/Volumes/x")


def test_prefix_that_exists_for_real_is_not_mapped(
    paths: PathMap, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = str(tmp_path)
    monkeypatch.setattr("modelyard.local.notebook.paths.VARIABLES", {real: "MODELYARD_DBFS_ROOT"})
    assert PathMap(VARIABLES).prefixes == {}


def test_shell_scripts_are_translated_as_text(paths: PathMap) -> None:
    script = "cp /dbfs/a '/dbfs/b c' && ls /dbfs; X=/Volumes/v ls ./x/dbfs /dbfs2 ~/dbfs"
    assert paths.text(script) == (
        "cp /srv/dbfs/a '/srv/dbfs/b c' && ls /srv/dbfs; X=/srv/volumes/v ls ./x/dbfs /dbfs2 ~/dbfs"
    )


def test_folder_that_would_need_quotes_is_left_out_of_scripts() -> None:
    paths = PathMap({"MODELYARD_DBFS_ROOT": "/my files/dbfs"})
    assert paths.text("ls /dbfs") == "ls /dbfs"
    assert paths.file("/dbfs/x") == "/my files/dbfs/x"
