"""Pipelines of Azure ML, by the real azure-ai-ml and by aml-pipeline: the example really trains."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator

import pytest
import requests

from local.aml_workplace import MISSING, Workplace, pip_settings
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment
from modelyard.manifest import ROOT

CLOUD_SERVICES = ("entra", "arm", "storage", "aml", "mlflow", "databricks")
WORKSPACE = {"workspace_name": "wine", "resource_group": "modelyard-local"}
DEFINITION = "azureml/pipeline.yml"
BARE = """
type: pipeline
inputs: {code: "", seconds: 0}
jobs:
  only:
    type: command
    environment: {image: mcr.microsoft.com/azureml/any}
    command: >-
      echo "::set-output name=a::b" && echo started && sleep ${{inputs.seconds}}
      && exit ${{inputs.code}}
    inputs: {code: "${{parent.inputs.code}}", seconds: "${{parent.inputs.seconds}}"}
"""
pytestmark = pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment")


@pytest.fixture(scope="module", autouse=True)
def pip() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in pip_settings().items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def place(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A workspace with a cluster, and a project: the example."""
    folder = tmp_path_factory.mktemp("project") / "wine"
    shutil.copytree(ROOT / "examples/wine-quality", folder)
    (folder / "bare.yml").write_text(BARE)
    made = Workplace(cloud, program_environment(cloud.environment), folder)
    assert made.run("aml-workspace", **WORKSPACE).code == 0
    return made


@pytest.fixture(scope="module")
def trained(place: Workplace) -> str:
    """Name of the example's job, as the SDK ran it."""
    done = place.sdk(f"""
        from azure.ai.ml import load_job
        job = ml.jobs.create_or_update(load_job("{DEFINITION}"))
        ml.jobs.stream(job.name)
        tell(name=job.name)
    """)
    assert "train: Completed." in done.log
    return str(done.told["name"])


def test_the_sdk_sees_how_it_ended(place: Workplace, trained: str) -> None:
    told = place.sdk(f"""
        ended = ml.jobs.get("{trained}")
        ml.jobs.download("{trained}", output_name="model", download_path="got")
        children = list(ml.jobs.list(parent_job_name="{trained}"))
        for child in children:
            ml.jobs.download(child.name, download_path="got-" + child.display_name)
        tell(status=ended.status, url=ended.studio_url, experiment=ended.experiment_name,
             children={{one.display_name: [one.status, one.name] for one in children}})
    """).told
    assert (told["status"], told["experiment"]) == ("Completed", "wine-quality")
    assert {name: one[0] for name, one in told["children"].items()} == {
        "split": "Completed",
        "train": "Completed",
    }
    assert told["url"].startswith("https://ml.azure.com/runs/")
    assert list((place.folder / "got").rglob("model.joblib"))
    assert (place.folder / "got-train/artifacts/user_logs/std_log.txt").read_text().count("rmse")
    assert list((place.folder / "got-train/artifacts").rglob("note.txt")), "MLflow's artifact"


def test_metrics_are_those_of_the_jobs_run_in_mlflow(place: Workplace, trained: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {place.environment['DATABRICKS_TOKEN']}"
        api = f"{place.cloud.url}/api/2.0/mlflow"
        found = session.get(
            f"{api}/experiments/get-by-name",
            params={"experiment_name": "/azureml/wine/wine-quality"},
            timeout=60,
        ).json()
        runs = session.post(
            f"{api}/runs/search",
            json={"experiment_ids": [found["experiment"]["experiment_id"]]},
            timeout=60,
        ).json()["runs"]
    metrics = {one["key"]: one["value"] for run in runs for one in run["data"].get("metrics", ())}
    assert 50 < metrics["rmse"] < 75
    assert {run["info"]["status"] for run in runs} == {"FINISHED"}


def test_the_operation_runs_the_same_definition(place: Workplace, trained: str) -> None:
    done = place.run("aml-pipeline", **WORKSPACE, definition=DEFINITION, parameters="alpha=0.3")
    assert done.code == 0, done.log
    assert done.outputs["status"] == "Completed"
    assert done.outputs["experiment-name"] == "wine-quality"
    assert "train: {'rmse': " in done.log
    steps = json.loads(done.outputs["steps"])
    assert [(one["name"], one["status"]) for one in steps] == [
        ("split", "Completed"),
        ("train", "Completed"),
    ]
    told = place.sdk(f"""
        found = ml.jobs.get("{done.outputs["run-id"]}")
        tell(status=found.status, alpha=found.inputs["alpha"]._data)
    """).told
    assert told == {"status": "Completed", "alpha": "0.3"}


def test_the_same_again_takes_the_results(place: Workplace) -> None:
    first = place.run("aml-pipeline", **WORKSPACE, definition="bare.yml")
    second = place.run("aml-pipeline", **WORKSPACE, definition="bare.yml", tags="again: yes")
    [one], [two] = (json.loads(done.outputs["steps"]) for done in (first, second))
    assert two["reused"] == one["run-id"], second.log


def test_a_step_that_fails(place: Workplace) -> None:
    done = place.run("aml-pipeline", **WORKSPACE, definition="bare.yml", parameters="code=7")
    assert done.code == 31, done.log
    assert done.outputs["status"] == "Failed"
    assert "only Failed" in done.outputs["error"]
    assert "exit code 7" in done.outputs["error"]
    assert "::set-output" not in done.log.replace(": :", "")


def test_a_step_that_is_cancelled_cancels_its_pipeline(place: Workplace) -> None:
    inputs = {**WORKSPACE, "definition": "bare.yml", "parameters": "seconds=600"}
    log = []
    with place.start("aml-pipeline", **inputs) as running:
        assert running.stdout is not None
        for line in running.stdout:
            log.append(line)
            if "only: started" in line:
                running.send_signal(signal.SIGINT)
    assert running.returncode == 130, log
    name = next(line.partition("=")[2].strip() for line in log if line.startswith("run-id="))
    told = place.sdk(f'tell(status=ml.jobs.get("{name}").status)').told
    assert told == {"status": "Canceled"}


def test_what_is_not_there_is_named_before_anything_is_sent(place: Workplace) -> None:
    (place.folder / "other.yml").write_text(BARE + "settings: {default_compute: azureml:nothing}\n")
    done = place.run("aml-pipeline", **WORKSPACE, definition="other.yml", action="validate")
    assert done.code == 14
    assert "has no compute nothing" in done.log
