from __future__ import annotations

import pytest

from databricks_service import ApiFailure, Workspace


def test_a_new_workspace_has_main_default(workspace: Workspace) -> None:
    catalogs = workspace.get("2.1/unity-catalog/catalogs")["catalogs"]
    assert [found["name"] for found in catalogs] == ["main"]
    schemas = workspace.get("2.1/unity-catalog/schemas", catalog_name="main")["schemas"]
    assert [found["full_name"] for found in schemas] == ["main.default"]


def test_what_belongs_to_nothing_is_refused(workspace: Workspace) -> None:
    for path, fields, code in (
        ("schemas", {"name": "s", "catalog_name": "no"}, "CATALOG_DOES_NOT_EXIST"),
        (
            "volumes",
            {"name": "v", "catalog_name": "main", "schema_name": "no"},
            "SCHEMA_DOES_NOT_EXIST",
        ),
    ):
        with pytest.raises(ApiFailure) as failure:
            workspace.post(f"2.1/unity-catalog/{path}", **fields)
        assert (failure.value.status, failure.value.code) == (404, code)
    with pytest.raises(ApiFailure, match="'main' already exists"):
        workspace.post("2.1/unity-catalog/catalogs", name="main")
    with pytest.raises(ApiFailure, match="is not a valid name"):
        workspace.post("2.1/unity-catalog/schemas", name="a/b", catalog_name="main")


def test_a_volume_goes_with_its_files(workspace: Workspace) -> None:
    volume = {"name": "v", "catalog_name": "main", "schema_name": "default"}
    made = workspace.post("2.1/unity-catalog/volumes", **volume, comment="data")
    assert made["full_name"] == "main.default.v"
    assert made["volume_type"] == "MANAGED"
    workspace.call("PUT", "fs/files/Volumes/main/default/v/a", data=b"x")
    found = workspace.get("2.1/unity-catalog/volumes/main.default.v")
    assert found["comment"] == "data"
    with pytest.raises(ApiFailure, match="not empty"):
        workspace.call("DELETE", "2.1/unity-catalog/schemas/main.default")
    workspace.call("DELETE", "2.1/unity-catalog/volumes/main.default.v")
    assert not (workspace.model.storage.volumes / "main/default/v").exists()
    with pytest.raises(ApiFailure, match="does not exist"):
        workspace.get("2.1/unity-catalog/volumes/main.default.v")


def test_external_volumes_are_not_pretended(workspace: Workspace) -> None:
    with pytest.raises(ApiFailure, match="MANAGED volumes only"):
        workspace.post(
            "2.1/unity-catalog/volumes",
            name="v",
            catalog_name="main",
            schema_name="default",
            volume_type="EXTERNAL",
        )
