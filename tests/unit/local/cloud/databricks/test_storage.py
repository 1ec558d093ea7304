from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.local.cloud.databricks.exceptions import ApiError
from modelyard.local.cloud.databricks.storage import (
    Storage,
    draft_of,
    inside,
    is_draft,
    normal,
    write_atomically,
)


def test_paths_are_made_normal() -> None:
    assert normal("/a//b/./c/") == "/a/b/c"
    assert normal("//a") == "/a"
    assert normal("/") == "/"
    assert normal("/.hidden") == "/.hidden"


@pytest.mark.parametrize("path", ["a", "", "/a/../b", "/..", "/a\0b"])
def test_paths_that_lead_elsewhere_are_refused(path: str) -> None:
    with pytest.raises(ApiError):
        normal(path)


@given(st.text(alphabet="a./\\~%\0", max_size=20))
def test_no_path_leads_out_of_its_root(text: str) -> None:
    root = Path("/root/of/it")
    try:
        target = inside(root, normal(f"/{text}"))
    except ApiError:
        return
    assert target.is_relative_to(root)
    assert ".." not in target.parts


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "out").symlink_to(tmp_path)
    with pytest.raises(ApiError, match="leads out"):
        inside(root, "/out/secret")


def test_libraries_and_tasks_name_files_in_all_file_systems(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    assert storage.resolve("dbfs:/libs/a.whl") == storage.dbfs / "libs/a.whl"
    assert storage.resolve("/dbfs/libs/a.whl") == storage.dbfs / "libs/a.whl"
    assert storage.resolve("/Volumes/m/d/v/a.whl") == storage.volumes / "m/d/v/a.whl"
    assert storage.resolve("dbfs:/Volumes/m/d/v/a.whl") == storage.volumes / "m/d/v/a.whl"
    assert storage.resolve("/Workspace/Shared/a.whl") == storage.workspace_files / "Shared/a.whl"


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    target = tmp_path / "folder" / "file"
    write_atomically(target, b"old")
    write_atomically(target, b"new")
    assert target.read_bytes() == b"new"
    assert [path.name for path in target.parent.iterdir()] == ["file"]
    assert is_draft(draft_of(target).name)
    assert not is_draft("report.uploading")


def test_clearing_keeps_the_built_environments(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    storage.create()
    (storage.dbfs / "x").write_text("x")
    storage.environments.mkdir()
    (storage.environments / "kept").write_text("x")
    storage.clear()
    assert not (storage.dbfs / "x").exists()
    assert storage.dbfs.is_dir()
    assert (storage.environments / "kept").exists()
