"""Versions that the real clients registered, promoted; the clients see the new champion."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from local.aml_workplace import MISSING, Done, Workplace
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment

CLOUD_SERVICES = ("entra", "arm", "storage", "aml", "mlflow", "databricks")
UNITY = "main.default.wine"
WORKSPACE = {"workspace_name": "wine", "resource_group": "modelyard-local"}
JUDGED = {"metric": "rmse", "better": "lower", "minimum_gain": "0.05"}
START = f"""
import json, pathlib, tempfile
import mlflow
from mlflow import MlflowClient
own = MlflowClient(registry_uri="databricks")
unity = MlflowClient(registry_uri="databricks-uc")
NAME, UNITY = "wine", {UNITY!r}
"""
# The registries look at a version's run and its file MLmodel: nothing has to be trained.
REGISTER = """
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, Schema

mlflow.set_experiment("/Shared/wine-promote")
folder = pathlib.Path(tempfile.mkdtemp())
columns = Schema([ColSpec("double", "a")])
Model(signature=ModelSignature(columns, columns)).save(folder / "MLmodel")
for registry, name in ((own, NAME), (unity, UNITY)):
    registry.create_registered_model(name)
ids = []
for rmse in (0.5, 0.48, 0.1):
    with mlflow.start_run() as run:
        mlflow.log_param("data", "june")
        mlflow.log_metrics({"rmse": rmse, "mae": 1.0})
        mlflow.log_artifact(folder / "MLmodel", "model")
    ids.append(run.info.run_id)
    own.create_model_version(NAME, run.info.artifact_uri + "/model", run.info.run_id)
    unity.create_model_version(UNITY, str(folder), run.info.run_id)
print(json.dumps(ids))
"""


def client(environment: dict[str, str], script: str) -> Any:
    """What a program with MLflow's client prints last, as JSON."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", START + textwrap.dedent(script)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def runs(cloud: LocalCloud, cloud_environment: dict[str, str]) -> list[str]:
    """Three runs; version N of both registries comes from the Nth."""
    found: list[str] = client(cloud_environment, REGISTER)
    return found


@pytest.fixture
def place(cloud: LocalCloud, tmp_path: Path) -> Workplace:
    return Workplace(cloud, program_environment(cloud.environment), tmp_path)


def promote(place: Workplace, registry: str, name: str, **inputs: str) -> Done:
    return place.run("model-promote", registry=registry, name=name, **{**JUDGED, **inputs})


def test_the_alias_in_unity_catalog_goes_to_the_better_one(
    place: Workplace, runs: list[str]
) -> None:
    first = promote(place, "unity-catalog", UNITY, run_id=runs[0], comparable_on="data")
    assert first.code == 0, first.log
    assert (first.outputs["verdict"], first.outputs["champion-version"]) == ("no-champion", "1")
    little = promote(place, "unity-catalog", UNITY, run_id=runs[1], fail_on="keep")
    assert (little.code, little.outputs["verdict"]) == (48, "keep"), little.log
    assert "better by 0.02, less than 0.05" in little.log
    better = promote(place, "unity-catalog", UNITY, run_id=runs[2], comparable_on="data")
    assert better.code == 0, better.log
    outputs = better.outputs
    assert (outputs["verdict"], outputs["promoted"], outputs["gain"]) == ("promote", "true", "0.4")
    seen = client(
        place.environment,
        "print(json.dumps(unity.get_model_version_by_alias(UNITY, 'champion').version))",
    )
    assert str(seen) == outputs["champion-version"] == "3"


def test_a_stage_of_the_workspaces_registry_and_an_alias_of_a_server_of_ones_own(
    place: Workplace, runs: list[str]
) -> None:
    """MLflow's client knows no alias in the workspace's registry; MLflow's server does."""
    server = place.cloud.status()["services"]["mlflow"]["ui"]
    alias = {"champion_as": "alias", "workspace_url": server}
    for version, code in (("1", 0), ("3", 0), ("2", 48)):
        done = promote(place, "mlflow", "wine", version=version, **alias, fail_on="keep")
        assert done.code == code, done.log
        staged = promote(place, "mlflow", "wine", version=version, fail_on="keep")
        assert staged.code == code, staged.log
    seen = client(
        place.environment,
        f"""
        server = MlflowClient(tracking_uri={server!r}, registry_uri={server!r})
        by_alias = server.get_model_version_by_alias(NAME, "champion").version
        stages = [own.get_model_version(NAME, number).current_stage for number in "123"]
        print(json.dumps([by_alias, *stages]))
        """,
    )
    assert seen == ["3", "Archived", "None", "Production"]


def test_a_run_without_a_version_and_a_missing_metric(place: Workplace, runs: list[str]) -> None:
    none = promote(place, "unity-catalog", UNITY, run_id="0" * 32)
    assert none.code == 14, none.log
    other = promote(place, "unity-catalog", UNITY, run_id=runs[0], metric="rmsle")
    assert other.code == 40, other.log
    assert "it has mae, rmse" in other.log


@pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment")
class TestAzureML:
    @pytest.fixture
    def place(self, cloud: LocalCloud, tmp_path: Path) -> Workplace:
        made = Workplace(cloud, program_environment(cloud.environment), tmp_path)
        assert made.run("aml-workspace", **WORKSPACE).code == 0
        for number, rmse in enumerate((0.5, 0.3, 0.4), 1):
            (tmp_path / "model.txt").write_text(str(number))
            files = {"name": "wine", "model": "model.txt", "run_id": f"run-{number}"}
            done = made.run("model-register", **WORKSPACE, **files, metrics=f"rmse: {rmse}")
            assert done.code == 0, done.log
        return made

    def test_the_sdk_sees_the_tag_move(self, place: Workplace) -> None:
        def run(**inputs: str) -> Done:
            return promote(place, "azure-ml", "wine", **WORKSPACE, **inputs)

        assert run(version="1").outputs["verdict"] == "no-champion"
        done = run(run_id="run-2", comparable_on="created_by")
        assert (done.code, done.outputs["former-version"]) == (0, "1"), done.log
        told = place.sdk("""
            found = {one.version: one for one in ml.models.list(name="wine")}
            tell(**{"v" + number: one.tags for number, one in found.items()})
            three = ml.models.get("wine", "3")
            three.tags["state"] = "champion"  # as a job that died on the way leaves it
            ml.models.create_or_update(three)
        """).told
        assert told["v1"]["state"] == "former-champion"
        assert told["v2"]["state"] == "champion"
        assert (told["v2"]["metric.rmse"], told["v2"]["run"]) == ("0.3", "run-2")
        assert told["v3"]["state"] == "candidate"
        again = run(version="2")
        assert again.outputs["reason"] == "it is the champion already", again.log
        staged = run(version="3", champion_as="stage")
        assert staged.outputs["verdict"] == "no-champion", staged.log
        told = place.sdk("""
            found = [ml.models.get("wine", number) for number in "123"]
            tell(stages=[one.stage for one in found], states=[one.tags["state"] for one in found])
        """).told
        assert told["stages"] == [None, None, "Production"]
        assert told["states"] == ["former-champion", "champion", "former-champion"]
        unknown = run(version="1", metric="mae")
        assert unknown.code == 40, unknown.log
        assert "it has rmse" in unknown.log
        place.sdk("""
            for number in "23":
                ml.models.archive("wine", number)
            tell()
        """)
        refused = run(version="3")
        assert (refused.code, "wine:3 is archived" in refused.log) == (2, True), refused.log
        kept = run(version="1")
        assert (kept.outputs["verdict"], kept.outputs["champion-version"]) == ("keep", "2"), (
            kept.log
        )
