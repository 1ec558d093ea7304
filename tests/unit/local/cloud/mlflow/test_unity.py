"""Models in Unity Catalog; MLflow's server is pretended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from modelyard.local.cloud.databricks.exceptions import ApiError
from modelyard.local.cloud.databricks.storage import Storage
from modelyard.local.cloud.databricks.unity.models import Unity
from modelyard.local.cloud.mlflow.unity import UnityModels
from modelyard.local.cloud.service import Cloud

NAME = "main.default.wine"


class Mlflow:
    """A registry that takes everything and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Mapping[str, Any]]] = []
        self.names = [NAME, "wine"]

    def call(
        self, method: str, path: str, arguments: Mapping[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        self.asked.append((method, path, arguments))
        name = str(arguments.get("new_name") or arguments.get("name", NAME))
        version = {"name": name, "version": "1", "status": "READY", "aliases": ["champion"],
                   "current_stage": "None", "source": "dbfs:/x"}  # fmt: skip
        return 200, {
            "registered_model": {"name": name, "latest_versions": []},
            "registered_models": [{"name": one} for one in self.names],
            "model_version": version,
        }


@pytest.fixture
def mlflow() -> Mlflow:
    return Mlflow()


@pytest.fixture
def models(cloud: Cloud, mlflow: Mlflow) -> UnityModels:
    Unity(cloud, Storage(cloud.folder / "databricks")).create_defaults("owner")
    return UnityModels(cloud, mlflow)  # type: ignore[arg-type]


def code(error: pytest.ExceptionInfo[ApiError]) -> tuple[int | None, str | int]:
    return error.value.code, error.value.error_code


def test_a_version_waits_for_its_files(models: UnityModels) -> None:
    created = models.create_version(NAME, {"source": "models:/m-1", "run_id": "r"})
    assert created["status"] == "PENDING_REGISTRATION"
    assert created["storage_location"] == "dbfs:/Models/main/default/wine/1"
    with pytest.raises(ApiError) as error:
        models.finalize(NAME, "1")
    assert code(error) == (400, "INVALID_STATE")
    folder = models.folder / "main" / "default" / "wine" / "1"
    folder.mkdir(parents=True)
    (folder / "MLmodel").touch()
    ready = models.finalize(NAME, "1")
    assert (ready["status"], ready["source"]) == ("READY", "models:/m-1")
    assert ready["aliases"] == [{"alias": "champion", "version": "1"}]
    assert "current_stage" not in ready


def test_mlflow_never_gets_a_path_of_the_clients_disk(models: UnityModels, mlflow: Mlflow) -> None:
    models.create_version(NAME, {"source": "/home/me/model"})
    [sent] = [arguments for _, path, arguments in mlflow.asked if path == "model-versions/create"]
    assert sent["source"] == "dbfs:/Models/main/default/wine"


def test_the_schema_has_to_exist(models: UnityModels, mlflow: Mlflow) -> None:
    with pytest.raises(ApiError) as error:
        models.create("main.nowhere.wine", "", [])
    assert code(error) == (404, "SCHEMA_DOES_NOT_EXIST")
    assert mlflow.asked == []
    assert models.create(NAME, "", []) == {"name": NAME}


@pytest.mark.parametrize("name", ["wine", "a.b", "a.b.c.d", "a..c", "a.b.c/../d", "a.b.c'"])
def test_names_have_three_parts(models: UnityModels, mlflow: Mlflow, name: str) -> None:
    for call in (models.get, models.delete, models.versions):
        with pytest.raises(ApiError) as error:
            call(name)
        assert code(error) == (400, "INVALID_PARAMETER_VALUE")
    assert mlflow.asked == []


def test_models_of_the_workspace_are_not_listed(models: UnityModels) -> None:
    found, _ = models.search(10, "")
    assert [one["name"] for one in found] == [NAME]


def test_renaming_takes_files_and_state_along(models: UnityModels) -> None:
    models.create_version(NAME, {"source": "models:/m-1"})
    folder = models.folder / "main" / "default" / "wine" / "1"
    folder.mkdir(parents=True)
    (folder / "MLmodel").touch()
    models.finalize(NAME, "1")
    models.update(NAME, "main.default.red", None)
    assert (models.folder / "main" / "default" / "red" / "1" / "MLmodel").is_file()
    assert models.version("main.default.red", "1")["source"] == "models:/m-1"
    models.delete("main.default.red")
    assert not (models.folder / "main" / "default" / "red").exists()
