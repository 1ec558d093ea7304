from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest

from databricks_service import ApiFailure, Workspace
from modelyard.clock import FakeClock

NOTEBOOK = b"# Databricks notebook source\nprint(1)\n"


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def put(workspace: Workspace, path: str, content: bytes = NOTEBOOK, **fields: Any) -> Any:
    given = {"format": "SOURCE", "language": "PYTHON", **fields}
    return workspace.post("workspace/import", path=path, content=encoded(content), **given)


def status(workspace: Workspace, path: str) -> Any:
    return workspace.get("workspace/get-status", path=path)


def exported(workspace: Workspace, path: str, **fields: Any) -> tuple[bytes, str]:
    answer = workspace.get("workspace/export", path=path, **fields)
    return base64.b64decode(answer["content"]), answer["file_type"]


def test_a_new_workspace_has_its_roots(workspace: Workspace) -> None:
    listed = workspace.get("workspace/list", path="/")["objects"]
    assert [found["path"] for found in listed] == ["/Repos", "/Shared", "/Users"]
    assert status(workspace, "/Users/owner@modelyard.local")["object_type"] == "DIRECTORY"


def test_a_notebook_is_imported_and_exported(workspace: Workspace) -> None:
    put(workspace, "/Shared/train")
    found = status(workspace, "/Shared/train")
    assert (found["object_type"], found["language"]) == ("NOTEBOOK", "PYTHON")
    assert exported(workspace, "/Shared/train") == (NOTEBOOK, "py")
    jupyter, kind = exported(workspace, "/Shared/train", format="JUPYTER")
    assert (kind, json.loads(jupyter)["cells"][0]["source"]) == ("ipynb", ["print(1)"])
    assert b"print(1)" in exported(workspace, "/Shared/train", format="HTML")[0]
    raw = workspace.get("workspace/export", path="/Shared/train", direct_download="true")
    assert raw == NOTEBOOK


def test_an_object_keeps_its_id_and_its_date_of_birth(
    workspace: Workspace, clock: FakeClock
) -> None:
    put(workspace, "/Shared/train")
    before = status(workspace, "/Shared/train")
    clock.advance(10)
    put(workspace, "/Shared/train", b"print(2)", overwrite=True)
    after = status(workspace, "/Shared/train")
    assert after["object_id"] == before["object_id"]
    assert after["created_at"] == before["created_at"]
    assert after["modified_at"] == before["modified_at"] + 10_000
    workspace.post("workspace/delete", path="/Shared/train")
    put(workspace, "/Shared/train")
    assert status(workspace, "/Shared/train")["object_id"] != before["object_id"]


def test_nothing_is_overwritten_unasked(workspace: Workspace) -> None:
    put(workspace, "/Shared/train")
    with pytest.raises(ApiFailure) as failure:
        put(workspace, "/Shared/train", b"print(2)")
    assert (failure.value.status, failure.value.code) == (400, "RESOURCE_ALREADY_EXISTS")
    assert failure.value.message == "Path (/Shared/train) already exists."
    assert exported(workspace, "/Shared/train")[0] == NOTEBOOK


def test_another_type_is_not_overwritten_even_when_asked(workspace: Workspace) -> None:
    put(workspace, "/Shared/train")
    with pytest.raises(ApiFailure, match="it is a NOTEBOOK, not a FILE"):
        put(workspace, "/Shared/train", format="RAW", overwrite=True)
    with pytest.raises(ApiFailure, match="it is a DIRECTORY"):
        put(workspace, "/Shared", overwrite=True)


def test_the_parent_must_exist(workspace: Workspace) -> None:
    with pytest.raises(ApiFailure) as failure:
        put(workspace, "/Shared/new/train")
    assert (failure.value.status, failure.value.code) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert failure.value.message == "The parent folder (/Shared/new) does not exist."
    workspace.post("workspace/mkdirs", path="/Shared/new")
    put(workspace, "/Shared/new/train")


def test_10_mb_are_the_limit(workspace: Workspace) -> None:
    put(workspace, "/Shared/large", b"#" * (10 * 1024 * 1024))
    with pytest.raises(ApiFailure) as failure:
        put(workspace, "/Shared/larger", b"#" * (10 * 1024 * 1024 + 1))
    assert failure.value.code == "MAX_NOTEBOOK_SIZE_EXCEEDED"
    assert "10485761" in failure.value.message


@pytest.mark.parametrize(
    ("name", "content", "path", "kind", "language"),
    [
        ("a.py", NOTEBOOK, "/Shared/a", "NOTEBOOK", "PYTHON"),
        ("a.py", b"import os\n", "/Shared/a.py", "FILE", None),
        ("a.sql", b"-- Databricks notebook source\n", "/Shared/a", "NOTEBOOK", "SQL"),
        ("a.r", b"# Databricks notebook source\n", "/Shared/a", "NOTEBOOK", "R"),
        ("a.ipynb", b'{"cells": [], "nbformat": 4}', "/Shared/a", "NOTEBOOK", "PYTHON"),
        ("a.csv", b"\xff\x00", "/Shared/a.csv", "FILE", None),
    ],
)
def test_auto_looks_at_name_and_content(
    workspace: Workspace, name: str, content: bytes, path: str, kind: str, language: str | None
) -> None:
    put(workspace, f"/Shared/{name}", content, format="AUTO", language=None)
    found = status(workspace, path)
    assert (found["object_type"], found.get("language")) == (kind, language)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"language": None, "content": encoded(b"print(1)")}, "Missing required field: language"),
        ({"language": "COBOL"}, "Unknown language COBOL"),
        ({"format": "DBC"}, "Format DBC can't be imported"),
        ({"content": "%%%"}, "not valid base64"),
        ({"content": ""}, "Missing required field: content"),
        ({"content": encoded(b"\xff\xfe")}, "isn't UTF-8"),
        ({"format": "JUPYTER", "content": encoded(b"{")}, "could not be imported"),
        ({"path": "relative"}, "absolute path"),
        ({"path": "/Shared/../x"}, "must not contain"),
    ],
)
def test_what_is_wrong_with_an_import_is_told(
    workspace: Workspace, fields: dict[str, Any], told: str
) -> None:
    given = {"path": "/Shared/x", "language": "PYTHON", "content": encoded(NOTEBOOK), **fields}
    with pytest.raises(ApiFailure, match=told) as failure:
        workspace.post("workspace/import", **given)
    assert failure.value.status == 400


def test_a_form_is_an_import_too(workspace: Workspace) -> None:
    form = {
        "path": "/Shared/form",
        "format": "SOURCE",
        "language": "PYTHON",
        "content": (io.BytesIO(NOTEBOOK), "x.py"),
    }
    workspace.call("POST", "workspace/import", data=form)
    assert exported(workspace, "/Shared/form") == (NOTEBOOK, "py")


def test_files_are_exported_as_they_are(workspace: Workspace) -> None:
    put(workspace, "/Shared/data.csv", b"\xff\x00", format="AUTO")
    assert exported(workspace, "/Shared/data.csv", format="AUTO") == (b"\xff\x00", "csv")
    with pytest.raises(ApiFailure, match="has no JUPYTER format"):
        exported(workspace, "/Shared/data.csv", format="JUPYTER")
    with pytest.raises(ApiFailure, match="is a folder"):
        exported(workspace, "/Shared")


def test_folders_are_listed_sorted(workspace: Workspace) -> None:
    workspace.post("workspace/mkdirs", path="/Shared/b/c")
    put(workspace, "/Shared/a")
    put(workspace, "/Shared/c.txt", format="RAW")
    listed = workspace.get("workspace/list", path="/Shared")["objects"]
    assert [(found["path"], found["object_type"]) for found in listed] == [
        ("/Shared/a", "NOTEBOOK"),
        ("/Shared/b", "DIRECTORY"),
        ("/Shared/c.txt", "FILE"),
    ]
    assert workspace.get("workspace/list", path="/Shared/b/c") == {}
    only = workspace.get("workspace/list", path="/Shared/a")["objects"]
    assert [found["path"] for found in only] == ["/Shared/a"]


def test_unknown_paths(workspace: Workspace) -> None:
    for verb in ("get-status", "list", "export"):
        with pytest.raises(ApiFailure) as failure:
            workspace.get(f"workspace/{verb}", path="/Shared/nothing")
        assert (failure.value.status, failure.value.code) == (404, "RESOURCE_DOES_NOT_EXIST")
        assert failure.value.message == "Path (/Shared/nothing) doesn't exist."


def test_folders_are_deleted_with_what_they_hold_only_when_asked(workspace: Workspace) -> None:
    workspace.post("workspace/mkdirs", path="/Shared/a/b")
    put(workspace, "/Shared/a/b/train")
    put(workspace, "/Shared/abc")
    with pytest.raises(ApiFailure) as failure:
        workspace.post("workspace/delete", path="/Shared/a")
    assert failure.value.code == "DIRECTORY_NOT_EMPTY"
    workspace.post("workspace/delete", path="/Shared/a", recursive=True)
    listed = workspace.get("workspace/list", path="/Shared")["objects"]
    assert [found["path"] for found in listed] == ["/Shared/abc"]
    with pytest.raises(ApiFailure, match="protected"):
        workspace.post("workspace/delete", path="/Shared", recursive=True)


def test_a_file_in_the_way_of_a_folder(workspace: Workspace) -> None:
    put(workspace, "/Shared/a")
    with pytest.raises(ApiFailure) as failure:
        workspace.post("workspace/mkdirs", path="/Shared/a/b")
    assert failure.value.code == "RESOURCE_ALREADY_EXISTS"
    workspace.post("workspace/mkdirs", path="/Shared")  # what is there stays


def test_the_prefix_workspace_is_the_same_tree(workspace: Workspace) -> None:
    put(workspace, "/Workspace/Shared/train")
    assert status(workspace, "/Shared/train")["path"] == "/Shared/train"


def test_files_that_notebooks_write_and_delete_are_seen(workspace: Workspace) -> None:
    folder = workspace.model.storage.workspace_files / "Shared" / "out"
    folder.mkdir()
    (folder / "result.json").write_text("{}")
    listed = workspace.get("workspace/list", path="/Shared/out")["objects"]
    assert [(f["path"], f["object_type"], f["size"]) for f in listed] == [
        ("/Shared/out/result.json", "FILE", 2)
    ]
    assert exported(workspace, "/Shared/out/result.json", format="AUTO") == (b"{}", "json")
    (folder / "result.json").unlink()
    assert workspace.get("workspace/list", path="/Shared/out") == {}


def test_workspace_files(workspace: Workspace) -> None:
    path = "workspace-files/import-file/Shared/data.bin"
    workspace.call("POST", path, data=b"\x00" * 11_000_000)
    assert status(workspace, "/Shared/data.bin")["size"] == 11_000_000
    with pytest.raises(ApiFailure) as failure:
        workspace.call("POST", path, data=b"x")
    assert failure.value.code == "RESOURCE_ALREADY_EXISTS"
    workspace.call("POST", path, data=b"x", query_string={"overwrite": "true"})
    assert workspace.call("GET", "workspace-files/Shared/data.bin") == b"x"
