"""The databricks command line (databricks-cli 0.18), unmodified, against the local cloud."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelyard.local.cloud.cloud import LocalCloud

CLOUD_SERVICES = ("entra", "arm", "databricks")

CLUSTER = {
    "cluster_name": "ml",
    "spark_version": "15.4.x-cpu-ml-scala2.12",
    "node_type_id": "Standard_DS3_v2",
    "autotermination_minutes": 15,
    "autoscale": {"min_workers": 1, "max_workers": 4},
}
NOTEBOOK = """# Databricks notebook source
dbutils.widgets.text("alpha", "0.5")
alpha = float(dbutils.widgets.get("alpha"))

# COMMAND ----------

if alpha > 1:
    raise ValueError("alpha is too large")
dbutils.notebook.exit(str(alpha))
"""

Command = Callable[..., str]


@pytest.fixture(scope="module")
def databricks(cloud: LocalCloud, cloud_environment: dict[str, str]) -> Command:
    """``databricks("clusters", "list")`` -> what it printed; ``fails=True``: it has to fail."""
    program = Path(sys.executable).parent / "databricks"

    def run(*arguments: str, fails: bool = False, text: str | None = None) -> str:
        done = subprocess.run(
            [str(program), *arguments],
            env=cloud_environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode != 0) == fails, f"{done.stdout}\n{done.stderr}"
        return done.stdout + (done.stderr if fails else "")

    return run


@pytest.fixture(scope="module")
def cluster_id(databricks: Command) -> str:
    made = json.loads(databricks("clusters", "create", "--json", json.dumps(CLUSTER)))
    return str(made["cluster_id"])


def loaded(text: str) -> Any:
    return json.loads(text)


def test_clusters(databricks: Command, cluster_id: str) -> None:
    assert cluster_id in databricks("clusters", "list")
    found = loaded(databricks("clusters", "get", "--cluster-id", cluster_id))
    assert found["cluster_name"] == "ml"
    assert "15.4.x-cpu-ml-scala2.12" in databricks("clusters", "spark-versions")
    assert "Standard_DS3_v2" in databricks("clusters", "list-node-types")
    events = databricks("clusters", "events", "--cluster-id", cluster_id, "--output", "JSON")
    assert "CREATING" in events
    other = loaded(databricks("clusters", "create", "--json", json.dumps(CLUSTER)))["cluster_id"]
    databricks("clusters", "delete", "--cluster-id", other)
    databricks("clusters", "permanent-delete", "--cluster-id", other)
    told = databricks("clusters", "get", "--cluster-id", other, fails=True)
    assert f"Cluster {other} does not exist" in told


def test_a_whole_folder_of_notebooks(databricks: Command, tmp_path: Path) -> None:
    (tmp_path / "notebooks" / "lib").mkdir(parents=True)
    (tmp_path / "notebooks" / "train.py").write_text(NOTEBOOK)
    (tmp_path / "notebooks" / "lib" / "tools.py").write_text("x = 1\n")
    (tmp_path / "notebooks" / "query.sql").write_text("SELECT 1\n")
    (tmp_path / "notebooks" / "README.md").write_text("not a notebook")
    databricks("workspace", "mkdirs", "/Shared/wine")
    folder = str(tmp_path / "notebooks")
    databricks("workspace", "import_dir", "--overwrite", folder, "/Shared/wine")
    databricks("workspace", "import_dir", "--overwrite", folder, "/Shared/wine")
    listed = databricks("workspace", "list", "-l", "/Shared/wine").splitlines()
    assert sorted(line.split()[:2] for line in listed) == [
        ["DIRECTORY", "lib"],
        ["NOTEBOOK", "query"],
        ["NOTEBOOK", "train"],
    ]
    databricks("workspace", "export_dir", "/Shared/wine", str(tmp_path / "out"))
    assert (tmp_path / "out" / "train.py").read_text() == NOTEBOOK
    told = databricks("workspace", "delete", "/Shared/wine", fails=True)
    assert "DIRECTORY_NOT_EMPTY" in told
    databricks("workspace", "delete", "--recursive", "/Shared/wine")
    assert "RESOURCE_DOES_NOT_EXIST" in databricks("workspace", "ls", "/Shared/wine", fails=True)


def test_files(databricks: Command, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(range(256)) * 12_000)  # 3 MB
    databricks("fs", "mkdirs", "dbfs:/models")
    databricks("fs", "cp", str(large), "dbfs:/models/large.bin")
    told = databricks("fs", "cp", str(large), "dbfs:/models/large.bin", fails=True)
    assert "RESOURCE_ALREADY_EXISTS" in told
    databricks("fs", "cp", "--overwrite", str(large), "dbfs:/models/large.bin")
    assert "large.bin" in databricks("fs", "ls", "dbfs:/models")
    databricks("fs", "cp", "dbfs:/models/large.bin", str(tmp_path / "back.bin"))
    assert (tmp_path / "back.bin").read_bytes() == large.read_bytes()
    databricks("fs", "mv", "dbfs:/models/large.bin", "dbfs:/models/moved.bin")
    databricks("fs", "cp", "-r", "dbfs:/models", str(tmp_path / "models"))
    assert (tmp_path / "models" / "moved.bin").stat().st_size == large.stat().st_size
    databricks("fs", "rm", "-r", "dbfs:/models")
    assert "RESOURCE_DOES_NOT_EXIST" in databricks("fs", "ls", "dbfs:/models", fails=True)


def test_secrets(databricks: Command) -> None:
    databricks("secrets", "create-scope", "--scope", "azureml")
    databricks("secrets", "put", "--scope", "azureml", "--key", "id", "--string-value", "geheim")
    assert "azureml" in databricks("secrets", "list-scopes")
    listed = databricks("secrets", "list", "--scope", "azureml")
    assert "id" in listed
    assert "geheim" not in listed
    acl = ("--scope", "azureml", "--principal", "users")
    databricks("secrets", "put-acl", *acl, "--permission", "READ")
    assert "READ" in databricks("secrets", "list-acls", "--scope", "azureml")
    databricks("secrets", "delete", "--scope", "azureml", "--key", "id")
    databricks("secrets", "delete-scope", "--scope", "azureml")
    assert "azureml" not in databricks("secrets", "list-scopes")


def test_libraries(databricks: Command, cluster_id: str) -> None:
    databricks("libraries", "install", "--cluster-id", cluster_id, "--maven-coordinates", "a:b:1.0")
    status = loaded(databricks("libraries", "cluster-status", "--cluster-id", cluster_id))
    assert status["library_statuses"][0]["library"] == {"maven": {"coordinates": "a:b:1.0"}}
    databricks("libraries", "uninstall", "--cluster-id", cluster_id, "--all")
    loaded(databricks("libraries", "all-cluster-statuses"))


def test_pools_policies_and_tokens(databricks: Command) -> None:
    pool = {
        "instance_pool_name": "warm",
        "node_type_id": "Standard_DS3_v2",
        "min_idle_instances": 0,
    }
    made = loaded(databricks("instance-pools", "create", "--json", json.dumps(pool)))
    assert "warm" in databricks("instance-pools", "list")
    databricks("instance-pools", "delete", "--instance-pool-id", made["instance_pool_id"])
    policy = {"name": "small", "definition": "{}"}
    loaded(databricks("cluster-policies", "create", "--json", json.dumps(policy)))
    assert "small" in databricks("cluster-policies", "list")
    token = loaded(databricks("tokens", "create", "--comment", "short", "--lifetime-seconds", "60"))
    assert "short" in databricks("tokens", "list")
    databricks("tokens", "revoke", "--token-id", token["token_info"]["token_id"])


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_jobs(databricks: Command, cluster_id: str, tmp_path: Path, version: str) -> None:
    source = tmp_path / "train.py"
    source.write_text(NOTEBOOK)
    databricks("workspace", "import", "-l", "PYTHON", "-o", str(source), "/Shared/train")
    task = {
        "existing_cluster_id": cluster_id,
        "notebook_task": {"notebook_path": "/Shared/train", "base_parameters": {"alpha": "0.5"}},
    }
    settings: dict[str, Any] = {"name": f"Wine Quality (Train) {version}", "max_concurrent_runs": 3}
    settings |= task if version == "2.0" else {"tasks": [{"task_key": "train", **task}]}
    api = f"--version={version}"
    job_id = loaded(databricks("jobs", "create", api, "--json", json.dumps(settings)))["job_id"]
    assert settings["name"] in databricks("jobs", "list", api)
    shown = loaded(databricks("jobs", "get", api, "--job-id", str(job_id)))
    assert shown["settings"]["name"] == settings["name"]
    parameters = ("--notebook-params", '{"alpha": "0.1"}')
    run = loaded(databricks("jobs", "run-now", api, "--job-id", str(job_id), *parameters))
    assert run["number_in_job"] == 1
    assert str(run["run_id"]) in databricks("runs", "list", api, "--job-id", str(job_id))
    databricks("runs", "cancel", api, "--run-id", str(run["run_id"]))
    databricks("jobs", "delete", api, "--job-id", str(job_id))
    assert "does not exist" in databricks("jobs", "get", api, "--job-id", str(job_id), fails=True)


def submission(cluster_id: str, alpha: str) -> str:
    return json.dumps(
        {
            "run_name": "one",
            "existing_cluster_id": cluster_id,
            "notebook_task": {
                "notebook_path": "/Shared/train",
                "base_parameters": {"alpha": alpha},
            },
        }
    )


def test_a_run_is_submitted_and_awaited(
    databricks: Command, cluster_id: str, tmp_path: Path
) -> None:
    source = tmp_path / "train.py"
    source.write_text(NOTEBOOK)
    databricks("workspace", "import", "-l", "PYTHON", "-o", str(source), "/Shared/train")
    text = databricks("runs", "submit", "--wait", "--json", submission(cluster_id, "0.3"))
    run_id = str(loaded(text[text.index("{") : text.index("}") + 1])["run_id"])
    output = loaded(databricks("runs", "get-output", "--run-id", run_id))
    assert output["notebook_output"] == {"result": "0.3", "truncated": False}
    assert output["metadata"]["state"]["result_state"] == "SUCCESS"
    told = databricks("runs", "submit", "--wait", "--json", submission(cluster_id, "7"), fails=True)
    assert "FAILED" in told


def test_a_wrong_token_is_refused(
    databricks: Command, cloud_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(cloud_environment, "DATABRICKS_TOKEN", "dapi-of-nobody")
    assert "Authorization failed" in databricks("clusters", "list", fails=True)
