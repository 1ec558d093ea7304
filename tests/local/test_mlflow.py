"""MLflow's own client and databricks-sdk against the workspace's tracking and model registry."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from modelyard.local.cloud.cloud import LocalCloud

CLOUD_SERVICES = ("entra", "databricks", "mlflow")
Json = dict[str, Any]

CLIENT = """
import json
import mlflow
from mlflow import MlflowClient
from databricks.sdk import WorkspaceClient
from sklearn.datasets import load_diabetes
from sklearn.linear_model import ElasticNet

found = {}
def refused(call, *arguments):
    try:
        call(*arguments)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "not refused"

x, y = load_diabetes(return_X_y=True, as_frame=True)
rows = x.head(2)
model = ElasticNet(alpha=0.1).fit(x, y)
found["truth"] = model.predict(rows).tolist()

mlflow.set_registry_uri("databricks")
mlflow.set_experiment("/Shared/wine")
with mlflow.start_run(tags={"modelyard.build": "7"}) as run:
    mlflow.log_params({"alpha": 0.1})
    mlflow.log_metrics({"rmse": 1.5})
    mlflow.log_text("hello", "notes/a.txt")
    logged = mlflow.sklearn.log_model(
        model, name="model", pip_requirements=["mlflow==3.17.2"], registered_model_name="wine",
        signature=mlflow.models.infer_signature(x, y),
    )
client = MlflowClient()
[search] = mlflow.search_runs(
    experiment_names=["/Shared/wine"], output_format="list",
    filter_string="metrics.rmse < 2 and tags.`modelyard.build` = '7'",
)
found["run"] = {
    "same": search.info.run_id == run.info.run_id, "params": search.data.params,
    "metrics": search.data.metrics, "status": search.info.status,
    "artifacts": search.info.artifact_uri,
}
found["files"] = sorted(one.path for one in client.list_artifacts(run.info.run_id, "model"))
found["text"] = mlflow.artifacts.load_text(search.info.artifact_uri + "/notes/a.txt")
found["loaded"] = mlflow.pyfunc.load_model(logged.model_uri).predict(rows).tolist()
found["version"] = mlflow.pyfunc.load_model("models:/wine/1").predict(rows).tolist()
found["relative name"] = refused(mlflow.set_experiment, "wine")

workspace = WorkspaceClient()
registry = workspace.model_registry
registry.create_transition_request("wine", "1", "Staging", comment="please")
[asked] = registry.list_transition_requests("wine", "1")
found["asked"] = [asked.to_stage, asked.comment]
found["twice"] = refused(registry.create_transition_request, "wine", "1", "Staging")
approved = registry.approve_transition_request("wine", "1", "Staging", False)
found["approved"] = [approved.activity.from_stage, approved.activity.to_stage]
found["open"] = len(list(registry.list_transition_requests("wine", "1")))
shown = registry.get_model("wine").registered_model_databricks
found["model"] = [shown.permission_level.value, shown.latest_versions[0].current_stage]
comment = registry.create_comment("wine", "1", "good").comment
found["comment"] = registry.update_comment(comment.id, "better").comment.comment
registry.delete_comment(comment.id)
found["no comment"] = refused(registry.delete_comment, comment.id)

mlflow.set_registry_uri("databricks-uc")
client = MlflowClient()
version = mlflow.register_model(logged.model_uri, "main.default.wine")
client.set_registered_model_alias("main.default.wine", "champion", version.version)
by_alias = client.get_model_version_by_alias("main.default.wine", "champion")
found["unity"] = {
    "status": version.status, "run": by_alias.run_id == run.info.run_id,
    "source": by_alias.source == logged.model_uri,
    "loaded": mlflow.pyfunc.load_model("models:/main.default.wine@champion").predict(rows).tolist(),
    "versions": [one.version for one in client.search_model_versions("name='main.default.wine'")],
    "tags": client.set_model_version_tag("main.default.wine", "1", "a", "b")
            or client.get_model_version("main.default.wine", "1").tags,
}
found["no schema"] = refused(mlflow.register_model, logged.model_uri, "main.nowhere.wine")
catalog = workspace.registered_models.get("main.default.wine")
[alias] = catalog.aliases
found["catalog"] = [catalog.full_name, alias.alias_name, alias.version_num]
workspace.registered_models.set_alias("main.default.wine", "challenger", 1)
challenger = workspace.model_versions.get_by_alias("main.default.wine", "challenger")
found["challenger"] = challenger.version
workspace.registered_models.delete_alias("main.default.wine", "challenger")
found["no alias"] = refused(
    workspace.model_versions.get_by_alias, "main.default.wine", "challenger")
client.rename_registered_model("main.default.wine", "main.default.red")
found["renamed"] = mlflow.pyfunc.load_model("models:/main.default.red/1").predict(rows).tolist()
found["listed"] = [one.full_name for one in workspace.registered_models.list()]
client.delete_registered_model("main.default.red")
found["left"] = [one.full_name for one in workspace.registered_models.list()]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(cloud: LocalCloud, cloud_environment: dict[str, str]) -> Json:
    """What the clients saw; they run once, in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CLIENT],
        env=cloud_environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert cloud.failures == []
    parsed: Json = json.loads(done.stdout.splitlines()[-1])
    return parsed


@pytest.fixture(scope="module")
def http(cloud: LocalCloud) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {cloud.environment['DATABRICKS_TOKEN']}"
        yield session


def test_a_run_is_found_with_all_that_was_logged(found: Json) -> None:
    assert found["run"].pop("artifacts").startswith("dbfs:/databricks/mlflow-tracking/")
    assert found["run"] == {
        "same": True,
        "params": {"alpha": "0.1"},
        "metrics": {"rmse": 1.5},
        "status": "FINISHED",
    }
    assert found["text"] == "hello"
    assert "model/MLmodel" in found["files"]


def test_a_logged_model_predicts_when_it_is_loaded_back(found: Json) -> None:
    for name in ("loaded", "version"):
        assert found[name] == pytest.approx(found["truth"])


def test_names_of_experiments_are_absolute_paths(found: Json) -> None:
    assert "INVALID_PARAMETER_VALUE" in found["relative name"]
    assert "absolute path" in found["relative name"]


def test_a_transition_is_asked_for_and_approved(found: Json) -> None:
    assert found["asked"] == ["Staging", "please"]
    assert "is open" in found["twice"]
    assert found["approved"] == ["None", "Staging"]
    assert found["open"] == 0
    assert found["model"] == ["CAN_MANAGE", "Staging"]


def test_comments_are_kept_until_they_are_deleted(found: Json) -> None:
    assert found["comment"] == "better"
    assert "does not exist" in found["no comment"]


def test_a_model_in_unity_catalog_is_registered_aliased_and_loaded(found: Json) -> None:
    unity = found["unity"]
    assert unity.pop("loaded") == pytest.approx(found["truth"])
    assert unity == {
        "status": "READY",
        "run": True,
        "source": True,
        "versions": ["1"],
        "tags": {"a": "b"},
    }
    assert "SCHEMA_DOES_NOT_EXIST" in found["no schema"]


def test_the_catalogs_own_interface_shows_the_same(found: Json) -> None:
    assert found["catalog"] == ["main.default.wine", "champion", 1]
    assert found["challenger"] == 1
    assert "challenger" in found["no alias"]
    assert found["renamed"] == pytest.approx(found["truth"])
    assert found["listed"] == ["main.default.red"]
    assert found["left"] == []


def test_a_token_is_needed(cloud: LocalCloud, found: Json) -> None:
    for path in ("2.0/mlflow/runs/search", "2.0/mlflow/unity-catalog/model-versions/get",
                 "2.0/mlflow/experiments/create", "2.0/preview/mlflow/runs/search"):  # fmt: skip
        with requests.Session() as stranger:
            stranger.trust_env = False
            answer = stranger.post(f"{cloud.url}/api/{path}", json={}, timeout=30)
        assert answer.status_code == 401, path
        assert answer.json()["error_code"] == "UNAUTHENTICATED"


def test_the_old_preview_path_is_the_same(
    cloud: LocalCloud, found: Json, http: requests.Session
) -> None:
    name = {"experiment_name": "/Shared/wine"}
    for path in ("mlflow", "preview/mlflow"):
        url = f"{cloud.url}/api/2.0/{path}/experiments/get-by-name"
        answer = http.get(url, params=name, timeout=30)
        assert answer.json()["experiment"]["name"] == "/Shared/wine"
        assert answer.headers["x-databricks-org-id"] == "1000000000000001"


def test_errors_are_mlflows_own(cloud: LocalCloud, found: Json, http: requests.Session) -> None:
    url = f"{cloud.url}/api/2.0/mlflow/runs/get"
    answer = http.get(url, params={"run_id": "0" * 32}, timeout=30)
    assert (answer.status_code, answer.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_its_pages_show_runs_and_their_files_to_a_browser(cloud: LocalCloud, found: Json) -> None:
    status = cloud.status()["services"]["mlflow"]
    assert status["state"] == "ready"
    with requests.Session() as browser:
        browser.trust_env = False
        assert "<html" in browser.get(status["ui"], timeout=30).text
        api = f"{status['ui']}/ajax-api/2.0/mlflow"
        body = {"experiment_ids": ["1"]}
        [run] = browser.post(f"{api}/runs/search", json=body, timeout=30).json()["runs"]
        wanted = {"run_uuid": run["info"]["run_id"], "path": "notes/a.txt"}
        shown = browser.get(f"{status['ui']}/get-artifact", params=wanted, timeout=60)
    assert shown.text == "hello"


def test_the_server_comes_back_when_it_dies_and_the_state_outlives_the_cloud(
    cloud: LocalCloud, found: Json, http: requests.Session
) -> None:
    url = f"{cloud.url}/api/2.0/mlflow/experiments/get-by-name"
    name = {"experiment_name": "/Shared/wine"}
    server = cloud.services["mlflow"]._server  # type: ignore[attr-defined]
    port = server.port()
    server._child.kill()
    server._child.wait()
    assert cloud.status()["services"]["mlflow"]["state"] == "stopped"
    answer = http.get(url, params=name, timeout=180)
    assert answer.json()["experiment"]["name"] == "/Shared/wine"
    assert server.port() == port
    started = time.monotonic()
    cloud.stop()
    assert time.monotonic() - started < 15
    with LocalCloud(cloud.folder, services=CLOUD_SERVICES) as again:
        url = f"{again.url}/api/2.0/mlflow/experiments/get-by-name"
        assert http.get(url, params=name, timeout=180).status_code == 200
        again.reset()
        assert http.get(url, params=name, timeout=180).status_code == 404
        assert again.failures == []
