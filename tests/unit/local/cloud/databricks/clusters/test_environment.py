from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from databricks_service import CLUSTER, Workspace
from fake_drivers import Stage
from modelyard.local.cloud.databricks.clusters.environment import driver_environment
from modelyard.local.cloud.databricks.storage import Storage


def environment(**fields: Any) -> dict[str, str]:
    document = {"cluster_id": "c", "specification": {**CLUSTER, **fields}}
    cloud = {
        "HTTPS_PROXY": "http://127.0.0.1:1",
        "DATABRICKS_TOKEN": "dapi-x",
        "DATABRICKS_HOST": "https://x",
        "AZURE_CLIENT_SECRET": "y",
        "HOME": "/home/of/the/user",
        "MLFLOW_TRACKING_URI": "databricks",
    }
    return driver_environment(document, cloud, Storage(Path("/state")), lambda s, k: f"<{s}.{k}>")


def test_a_driver_knows_the_folders_and_the_runtime() -> None:
    found = environment()
    assert found["MODELYARD_DBFS_ROOT"] == "/state/dbfs"
    assert found["MODELYARD_VOLUMES_ROOT"] == "/state/volumes"
    assert found["MODELYARD_WORKSPACE_FILES_ROOT"] == "/state/workspace-files"
    assert found["DATABRICKS_RUNTIME_VERSION"] == "15.4"
    assert found["HTTPS_PROXY"] == "http://127.0.0.1:1"
    assert found["MLFLOW_TRACKING_URI"] == "databricks"


def test_a_driver_has_none_of_the_user_s_credentials() -> None:
    found = environment()
    assert not {"DATABRICKS_TOKEN", "AZURE_CLIENT_SECRET", "HOME", "DATABRICKS_HOST"} & set(found)


def test_the_cluster_s_own_variables_may_name_secrets() -> None:
    found = environment(spark_env_vars={"KEY": "{{secrets/scope/key}}", "PLAIN": 1})
    assert found["KEY"] == "<scope.key>"
    assert found["PLAIN"] == "1"


def test_a_secret_that_is_missing_keeps_the_cluster_from_starting(workspace: Workspace) -> None:
    variables = {"KEY": "{{secrets/nowhere/key}}"}
    cluster_id = workspace.post("clusters/create", **CLUSTER, spark_env_vars=variables)[
        "cluster_id"
    ]
    found = workspace.cluster_reaches(cluster_id, "TERMINATED")
    assert "Scope nowhere does not exist!" in found["state_message"]


@pytest.mark.parametrize("value", ["s3cret"])
def test_secrets_reach_the_driver(workspace: Workspace, stage: Stage, value: str) -> None:
    workspace.post("secrets/scopes/create", scope="ml")
    workspace.post("secrets/put", scope="ml", key="key", string_value=value)
    workspace.cluster(spark_env_vars={"KEY": "{{secrets/ml/key}}"})
    assert stage.drivers[0].environment["KEY"] == value
