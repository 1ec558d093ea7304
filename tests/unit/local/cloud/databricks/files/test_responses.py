from __future__ import annotations

import json
from typing import Any

import pytest

from databricks_service import ApiFailure, Workspace

VOLUME = "Volumes/main/default/data"


def put(workspace: Workspace, path: str, content: bytes = b"text", **query: Any) -> Any:
    return workspace.call("PUT", f"fs/files/{path}", data=content, query_string=query)


def failure_of(workspace: Workspace, method: str, path: str, **arguments: Any) -> ApiFailure:
    with pytest.raises(ApiFailure) as failure:
        workspace.call(method, path, **arguments)
    return failure.value


def test_a_file_is_uploaded_and_downloaded(workspace: Workspace) -> None:
    response = workspace.raw("PUT", f"/api/2.0/fs/files/{VOLUME}/a b.txt", data=b"text")
    assert (response.status_code, response.get_data()) == (204, b"")
    got = workspace.raw("GET", f"/api/2.0/fs/files/{VOLUME}/a b.txt")
    assert got.get_data() == b"text"
    assert got.headers["Content-Length"] == "4"
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert got.headers["Last-Modified"].endswith("GMT")
    head = workspace.raw("HEAD", f"/api/2.0/fs/files/{VOLUME}/a b.txt")
    assert (head.get_data(), head.headers["Content-Length"]) == (b"", "4")
    assert workspace.call("DELETE", f"fs/files/{VOLUME}/a b.txt") == b""
    assert failure_of(workspace, "GET", f"fs/files/{VOLUME}/a b.txt").code == "NOT_FOUND"


def test_existing_files_are_replaced_unless_forbidden(workspace: Workspace) -> None:
    put(workspace, f"{VOLUME}/a", b"old")
    put(workspace, f"{VOLUME}/a", b"new")
    failure = failure_of(
        workspace, "PUT", f"fs/files/{VOLUME}/a", data=b"x", query_string={"overwrite": "false"}
    )
    assert (failure.status, failure.code) == (409, "ALREADY_EXISTS")
    assert workspace.call("GET", f"fs/files/{VOLUME}/a") == b"new"
    folder = workspace.model.storage.volumes / "main/default/data"
    assert [path.name for path in folder.iterdir()] == ["a"]


def test_the_folder_of_a_file_must_exist(workspace: Workspace) -> None:
    failure = failure_of(workspace, "PUT", f"fs/files/{VOLUME}/sub/a", data=b"x")
    assert (failure.status, failure.code) == (404, "NOT_FOUND")
    workspace.call("PUT", f"fs/directories/{VOLUME}/sub/deep")
    put(workspace, f"{VOLUME}/sub/a")


def test_the_volume_must_exist_except_in_main_default(workspace: Workspace) -> None:
    failure = failure_of(workspace, "PUT", "fs/files/Volumes/prod/ml/data/a", data=b"x")
    assert (failure.status, failure.message) == (404, "Volume 'prod.ml.data' does not exist.")
    # Reading makes no volume, not even there.
    assert failure_of(workspace, "GET", f"fs/files/{VOLUME}/a").status == 404
    listed = workspace.get("2.1/unity-catalog/volumes", catalog_name="main", schema_name="default")
    assert listed["volumes"] == []
    workspace.post("2.1/unity-catalog/catalogs", name="prod")
    workspace.post("2.1/unity-catalog/schemas", name="ml", catalog_name="prod")
    workspace.post(
        "2.1/unity-catalog/volumes",
        name="data",
        catalog_name="prod",
        schema_name="ml",
        volume_type="MANAGED",
    )
    put(workspace, "Volumes/prod/ml/data/a")
    put(workspace, f"{VOLUME}/a")
    listed = workspace.get("2.1/unity-catalog/volumes", catalog_name="main", schema_name="default")
    assert [volume["full_name"] for volume in listed["volumes"]] == ["main.default.data"]


@pytest.mark.parametrize("path", ["dbfs/x", "Volumes/main/x", "Volumes"])
def test_other_paths_are_refused(workspace: Workspace, path: str) -> None:
    failure = failure_of(workspace, "PUT", f"fs/files/{path}", data=b"x")
    assert failure.code == "INVALID_PARAMETER_VALUE"
    assert "Invalid path" in failure.message


def test_parts_of_a_file(workspace: Workspace) -> None:
    put(workspace, f"{VOLUME}/a", b"0123456789")
    path = f"/api/2.0/fs/files/{VOLUME}/a"
    part = workspace.raw("GET", path, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.get_data()) == (206, b"234")
    assert part.headers["Content-Range"] == "bytes 2-4/10"
    rest = workspace.raw("GET", path, headers={"Range": "bytes=8-"})
    assert rest.get_data() == b"89"
    assert workspace.raw("GET", path, headers={"Range": "bytes=20-"}).status_code == 416


def test_a_download_in_parts_does_not_mix_versions(workspace: Workspace) -> None:
    put(workspace, f"{VOLUME}/a")
    path = f"/api/2.0/fs/files/{VOLUME}/a"
    modified = workspace.raw("GET", path).headers["Last-Modified"]
    same = workspace.raw("GET", path, headers={"If-Unmodified-Since": modified})
    assert same.status_code == 200
    old = {"If-Unmodified-Since": "Mon, 01 Jan 2024 00:00:00 GMT"}
    assert workspace.raw("GET", path, headers=old).status_code == 412


def test_folders(workspace: Workspace) -> None:
    for name in ("b", "a", "c"):
        put(workspace, f"{VOLUME}/{name}", name.encode())
    workspace.call("PUT", f"fs/directories/{VOLUME}/folder/deep")
    workspace.call("PUT", f"fs/directories/{VOLUME}/folder")
    first = workspace.get(f"fs/directories/{VOLUME}/", page_size=3)
    rest = workspace.get(
        f"fs/directories/{VOLUME}/", page_size=3, page_token=first["next_page_token"]
    )
    shown = [(e["name"], e["is_directory"], e.get("file_size")) for e in first["contents"]]
    assert shown == [("a", False, 1), ("b", False, 1), ("c", False, 1)]
    assert [e["path"] for e in rest["contents"]] == [f"/{VOLUME}/folder"]
    assert "next_page_token" not in rest
    assert workspace.raw("HEAD", f"/api/2.0/fs/directories/{VOLUME}/folder").status_code == 200
    assert workspace.raw("HEAD", f"/api/2.0/fs/directories/{VOLUME}/a").status_code == 404
    assert workspace.raw("HEAD", f"/api/2.0/fs/directories/{VOLUME}/nothing").status_code == 404


def test_only_empty_folders_are_deleted(workspace: Workspace) -> None:
    workspace.call("PUT", f"fs/directories/{VOLUME}/folder/deep")
    failure = failure_of(workspace, "DELETE", f"fs/directories/{VOLUME}/folder")
    assert failure.status == 400
    assert failure.details[0]["reason"] == "FILES_API_DIRECTORY_IS_NOT_EMPTY"
    workspace.call("DELETE", f"fs/directories/{VOLUME}/folder/deep")
    workspace.call("DELETE", f"fs/directories/{VOLUME}/folder")
    assert failure_of(workspace, "DELETE", f"fs/directories/{VOLUME}/folder").status == 404
    assert failure_of(workspace, "DELETE", f"fs/directories/{VOLUME}").status == 400


def test_a_file_in_the_way(workspace: Workspace) -> None:
    put(workspace, f"{VOLUME}/a")
    assert failure_of(workspace, "PUT", f"fs/directories/{VOLUME}/a/b").status == 409
    workspace.call("PUT", f"fs/directories/{VOLUME}/folder")
    assert failure_of(workspace, "PUT", f"fs/files/{VOLUME}/folder", data=b"x").status == 409


def test_mlflow_s_artifacts_need_no_folders(workspace: Workspace) -> None:
    path = "WorkspaceInternal/Mlflow/Artifacts/12/Runs/abc/artifacts/model/MLmodel"
    put(workspace, path, b"flavors")
    assert workspace.call("GET", f"fs/files/{path}") == b"flavors"
    listed = workspace.get(f"fs/directories/{path.rpartition('/')[0]}")["contents"]
    assert [entry["name"] for entry in listed] == ["MLmodel"]
    assert listed[0]["path"] == f"/{path}"


def test_there_are_no_presigned_urls(workspace: Workspace) -> None:
    """Clients then send the file itself."""
    for name in ("create-download-url", "create-upload-part-urls", "create-abort-upload-url"):
        assert failure_of(workspace, "POST", f"fs/{name}").code == "ENDPOINT_NOT_FOUND"
    started = workspace.raw(
        "POST", f"/api/2.0/fs/files/{VOLUME}/a", query_string={"action": "initiate-upload"}
    )
    assert json.loads(started.get_data())["multipart_upload"]["session_token"]


def test_an_upload_that_breaks_off_leaves_nothing(workspace: Workspace) -> None:
    class Broken:
        def read(self, *_: int) -> bytes:
            raise ConnectionError("gone")

    put(workspace, f"{VOLUME}/a", b"old")
    with pytest.raises(ConnectionError):
        workspace.model.files.put(f"/{VOLUME}/a", Broken(), "somebody", True)  # type: ignore[arg-type]
    folder = workspace.model.storage.volumes / "main/default/data"
    assert [(p.name, p.read_bytes()) for p in folder.iterdir()] == [("a", b"old")]
