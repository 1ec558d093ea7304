from __future__ import annotations

import base64
import io
from typing import Any

import pytest

from databricks_service import ApiFailure, Workspace

MEGABYTE = 1024 * 1024


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def put(workspace: Workspace, path: str, content: bytes = b"text", **fields: Any) -> Any:
    return workspace.post("dbfs/put", path=path, contents=encoded(content), **fields)


def read(workspace: Workspace, path: str, **fields: Any) -> bytes:
    answer = workspace.get("dbfs/read", path=path, **fields)
    content = base64.b64decode(answer["data"])
    assert answer["bytes_read"] == len(content)
    return content


def test_files_are_put_and_read_with_and_without_the_scheme(workspace: Workspace) -> None:
    put(workspace, "dbfs:/models/a.txt")
    assert read(workspace, "/models/a.txt") == b"text"
    assert read(workspace, "/models/a.txt", offset=1, length=2) == b"ex"
    assert read(workspace, "/models/a.txt", offset=100) == b""
    found = workspace.get("dbfs/get-status", path="dbfs:/models/a.txt")
    assert (found["path"], found["is_dir"], found["file_size"]) == ("/models/a.txt", False, 4)
    assert (workspace.model.storage.dbfs / "models/a.txt").read_bytes() == b"text"


def test_a_file_that_is_not_there(workspace: Workspace) -> None:
    for verb in ("get-status", "read", "list"):
        with pytest.raises(ApiFailure) as failure:
            workspace.get(f"dbfs/{verb}", path="dbfs:/nothing")
        assert (failure.value.status, failure.value.code) == (404, "RESOURCE_DOES_NOT_EXIST")
        assert failure.value.message == "No file or directory exists on path dbfs:/nothing."


def test_nothing_is_overwritten_unasked(workspace: Workspace) -> None:
    put(workspace, "/a")
    with pytest.raises(ApiFailure) as failure:
        put(workspace, "/a", b"new")
    assert failure.value.code == "RESOURCE_ALREADY_EXISTS"
    put(workspace, "/a", b"new", overwrite=True)
    assert read(workspace, "/a") == b"new"
    workspace.post("dbfs/mkdirs", path="/folder")
    with pytest.raises(ApiFailure, match="already exists"):
        put(workspace, "/folder", overwrite=True)


def test_limits_of_json_requests(workspace: Workspace) -> None:
    put(workspace, "/largest", b"x" * MEGABYTE)
    with pytest.raises(ApiFailure) as failure:
        put(workspace, "/larger", b"x" * (MEGABYTE + 1))
    assert failure.value.code == "MAX_BLOCK_SIZE_EXCEEDED"
    assert len(read(workspace, "/largest", length=MEGABYTE)) == MEGABYTE
    assert len(read(workspace, "/largest")) == MEGABYTE // 2
    with pytest.raises(ApiFailure) as failure:
        read(workspace, "/largest", length=MEGABYTE + 1)
    assert failure.value.code == "MAX_READ_SIZE_EXCEEDED"


def test_a_form_has_no_limit(workspace: Workspace) -> None:
    content = b"y" * (3 * MEGABYTE)
    form = {"path": "dbfs:/form", "overwrite": "True", "file": (io.BytesIO(content), "x")}
    workspace.call("POST", "dbfs/put", data=form)
    assert (workspace.model.storage.dbfs / "form").read_bytes() == content


def test_block_by_block(workspace: Workspace) -> None:
    handle = workspace.post("dbfs/create", path="/blocks", overwrite=False)["handle"]
    for part in (b"a" * MEGABYTE, b"b"):
        workspace.post("dbfs/add-block", handle=handle, data=encoded(part))
    with pytest.raises(ApiFailure):  # it appears when it is complete
        read(workspace, "/blocks")
    workspace.post("dbfs/close", handle=handle)
    assert workspace.get("dbfs/get-status", path="/blocks")["file_size"] == MEGABYTE + 1
    with pytest.raises(ApiFailure) as failure:
        workspace.post("dbfs/add-block", handle=handle, data="")
    assert failure.value.code == "RESOURCE_DOES_NOT_EXIST"


def test_limits_of_blocks(workspace: Workspace) -> None:
    put(workspace, "/there")
    with pytest.raises(ApiFailure) as failure:
        workspace.post("dbfs/create", path="/there")
    assert failure.value.code == "RESOURCE_ALREADY_EXISTS"
    handle = workspace.post("dbfs/create", path="/there", overwrite=True)["handle"]
    with pytest.raises(ApiFailure) as failure:
        workspace.post("dbfs/add-block", handle=handle, data=encoded(b"x" * (MEGABYTE + 1)))
    assert failure.value.code == "MAX_BLOCK_SIZE_EXCEEDED"
    with pytest.raises(ApiFailure, match="base64"):
        workspace.post("dbfs/add-block", handle=handle, data="%%%")
    workspace.post("dbfs/close", handle=handle)
    assert read(workspace, "/there") == b""


def test_folders(workspace: Workspace) -> None:
    workspace.post("dbfs/mkdirs", path="/a/b")
    workspace.post("dbfs/mkdirs", path="/a/b")
    assert workspace.get("dbfs/list", path="/a/b") == {}
    put(workspace, "/a/x")
    listed = workspace.get("dbfs/list", path="dbfs:/a")["files"]
    assert [(f["path"], f["is_dir"]) for f in listed] == [("/a/b", True), ("/a/x", False)]
    with pytest.raises(ApiFailure) as failure:
        workspace.post("dbfs/mkdirs", path="/a/x/y")
    assert failure.value.code == "RESOURCE_ALREADY_EXISTS"
    with pytest.raises(ApiFailure, match="is a directory"):
        read(workspace, "/a")


def test_deleting(workspace: Workspace) -> None:
    put(workspace, "/a/b/c")
    with pytest.raises(ApiFailure) as failure:
        workspace.post("dbfs/delete", path="/a")
    assert failure.value.code == "IO_ERROR"
    workspace.post("dbfs/delete", path="dbfs:/a", recursive=True)
    assert workspace.get("dbfs/list", path="/") == {}
    assert workspace.post("dbfs/delete", path="/a", recursive=True) == {}
    with pytest.raises(ApiFailure, match="can't be deleted"):
        workspace.post("dbfs/delete", path="/", recursive=True)


def test_moving(workspace: Workspace) -> None:
    put(workspace, "/a/x")
    workspace.post("dbfs/move", source_path="/a", destination_path="/new/b")
    assert read(workspace, "/new/b/x") == b"text"
    for source, destination, code in (
        ("/a", "/c", "RESOURCE_DOES_NOT_EXIST"),
        ("/new", "/new/b", "RESOURCE_ALREADY_EXISTS"),
        ("/new", "/new/inside", "INVALID_PARAMETER_VALUE"),
    ):
        with pytest.raises(ApiFailure) as failure:
            workspace.post("dbfs/move", source_path=source, destination_path=destination)
        assert failure.value.code == code


def test_volumes_are_seen_in_dbfs(workspace: Workspace) -> None:
    workspace.call("PUT", "fs/files/Volumes/main/default/data/x.txt", data=b"x")
    assert read(workspace, "dbfs:/Volumes/main/default/data/x.txt") == b"x"
    assert workspace.get("dbfs/list", path="/")["files"][0]["path"] == "/Volumes"


def test_no_path_leads_out(workspace: Workspace) -> None:
    for path in ("dbfs:/../secret", "relative", "dbfs:relative"):
        with pytest.raises(ApiFailure) as failure:
            put(workspace, path)
        assert failure.value.code == "INVALID_PARAMETER_VALUE"
