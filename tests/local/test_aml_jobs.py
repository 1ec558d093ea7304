"""Pipelines of Azure ML, by the real azure-ai-ml and by aml-pipeline: the example really trains."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator

import pytest
import requests

from local.aml_workplace import MISSING, Done, Workplace, pip_settings
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment
from modelyard.manifest import ROOT

CLOUD_SERVICES = ("entra", "arm", "storage", "aml", "mlflow", "databricks")
WORKSPACE = {"workspace_name": "wine", "resource_group": "modelyard-local"}
DEFINITION = "azureml/pipeline.yml"
BARE = """
type: pipeline
inputs: {code: 0, seconds: 0}
jobs:
  only:
    type: command
    environment: {image: mcr.microsoft.com/azureml/any}
    command: >-
      echo "::set-output name=a::b" && echo started && sleep ${{inputs.seconds}}
      && exit ${{inputs.code}}
    inputs: {code: "${{parent.inputs.code}}", seconds: "${{parent.inputs.seconds}}"}
"""
SWEEP = """
type: pipeline
experiment_name: sweep
jobs:
"""
ONE_OF_THE_SWEEP = """
  {name}:
    type: command
    environment:
      image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04
      conda_file: azureml/conda.yml
    command: >-
      python -c "import mlflow; mlflow.log_metric('rmse', {rmse}); mlflow.log_param('seed', 7)" &&
      mkdir -p outputs/model/data && echo 1 > outputs/model/data/one &&
      echo {name} > outputs/model/MLmodel
"""
PLAIN = """
type: pipeline
inputs: {name: none}
outputs: {table: {type: uri_folder}}
jobs:
  only:
    type: command
    environment: {image: mcr.microsoft.com/azureml/any}
    command: echo 1 > ${{outputs.table}}/${{inputs.name}}.csv
    inputs: {name: "${{parent.inputs.name}}"}
    outputs: {table: "${{parent.outputs.table}}"}
"""
ALONE = """
type: command
command: cp ${{inputs.table}} ${{outputs.kept}}/kept.csv && echo copied
inputs: {table: {type: uri_file, path: table.csv}}
outputs: {kept: {type: uri_folder}}
environment: {image: mcr.microsoft.com/azureml/any}
compute: azureml:cpu
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
    for name, text in (("bare.yml", BARE), ("alone.yml", ALONE), ("table.csv", "a;b\n1;2\n")):
        (folder / name).write_text(text)
    made = Workplace(cloud, program_environment(cloud.environment), folder)
    assert made.run("aml-workspace", **WORKSPACE).code == 0
    return made


@pytest.fixture(scope="module")
def trained(place: Workplace) -> Done:
    """The example, as the operation ran it."""
    done = place.run("aml-pipeline", **WORKSPACE, definition=DEFINITION, parameters="alpha=0.3")
    assert done.code == 0, done.log
    return done


def test_the_operation_trains(place: Workplace, trained: Done) -> None:
    assert trained.outputs["status"] == "Completed"
    assert trained.outputs["experiment-name"] == "wine-quality"
    assert "train: {'rmse': " in trained.log
    steps = json.loads(trained.outputs["steps"])
    assert [(one["name"], one["status"]) for one in steps] == [
        ("split", "Completed"),
        ("train", "Completed"),
    ]


def test_the_sdk_sees_what_the_operation_ran(place: Workplace, trained: Done) -> None:
    name = trained.outputs["run-id"]
    told = place.sdk(f"""
        found = ml.jobs.get("{name}")
        ml.jobs.download("{name}", output_name="model", download_path="got")
        children = list(ml.jobs.list(parent_job_name="{name}"))
        for child in children:
            ml.jobs.download(child.name, download_path="got-" + child.display_name)
        tell(status=found.status, url=found.studio_url, alpha=found.inputs["alpha"]._data,
             children={{one.display_name: one.status for one in children}})
    """).told
    assert (told["status"], told["alpha"]) == ("Completed", "0.3")
    assert told["children"] == {"split": "Completed", "train": "Completed"}
    assert told["url"].startswith(f"{trained.outputs['run-url']}&tid=")
    assert list((place.folder / "got").rglob("MLmodel"))
    assert "rmse" in (place.folder / "got-train/artifacts/user_logs/std_log.txt").read_text()
    assert list((place.folder / "got-train/artifacts").rglob("note.txt")), "MLflow's artifact"


def test_the_sdk_runs_a_pipeline_and_a_command(place: Workplace) -> None:
    told = place.sdk("""
        from azure.ai.ml import load_job
        ml.compute.begin_create_or_update(AmlCompute(name="cpu", size="STANDARD_DS3_V2")).result()
        job = ml.jobs.create_or_update(load_job("bare.yml"), compute="cpu")
        ml.jobs.stream(job.name)
        alone = ml.jobs.create_or_update(load_job("alone.yml"))
        ml.jobs.stream(alone.name)
        ml.jobs.download(alone.name, output_name="kept", download_path="alone")
        tell(pipeline=ml.jobs.get(job.name).status, command=ml.jobs.get(alone.name).status,
             computes=[one.name for one in ml.compute.list()])
    """)
    assert told.told["pipeline"] == told.told["command"] == "Completed"
    assert "cpu" in told.told["computes"]
    assert "only: Completed." in told.log
    assert "Streaming user_logs/std_log.txt" in told.log
    assert next((place.folder / "alone").rglob("kept.csv")).read_text() == "a;b\n1;2\n"


@pytest.mark.usefixtures("trained")
def test_metrics_are_those_of_the_jobs_run_in_mlflow(place: Workplace) -> None:
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


def test_the_best_step_of_this_build_and_its_model(place: Workplace) -> None:
    trials = {"high": 3.0, "low": 2.0}
    steps = (ONE_OF_THE_SWEEP.format(name=name, rmse=rmse) for name, rmse in trials.items())
    (place.folder / "trials.yml").write_text(SWEEP + "".join(steps))
    done = place.run("aml-pipeline", **WORKSPACE, definition="trials.yml")
    assert done.code == 0, done.log
    asked = {**WORKSPACE, "source": "azure-ml", "experiment": "sweep", "better": "lower"}
    found = place.run("model-select", **asked, metric="rmse", download_to="best")
    assert found.code == 0, found.log
    ids = {one["name"]: one["run-id"] for one in json.loads(done.outputs["steps"])}
    assert found.outputs["best-run-id"] == ids["low"]
    assert found.outputs["model-uri"] == f"runs:/{ids['low']}/outputs/model"
    assert json.loads(found.outputs["best-parameters"]) == {"seed": "7"}
    assert (place.folder / "best/MLmodel").read_text() == "low\n"
    assert (place.folder / "best/data/one").is_file()
    none = place.run("model-select", **asked, metric="mae", build="of-nobody")
    assert none.code == 40
    assert "no run of this build was found" in none.log


def test_an_output_is_downloaded_again_into_its_own_folder_and_into_no_other(
    place: Workplace,
) -> None:
    (place.folder / "plain.yml").write_text(PLAIN)
    wanted = {"definition": "plain.yml", "download_output": "table", "download_to": "table"}
    for name in ("first", "second"):
        done = place.run("aml-pipeline", **WORKSPACE, **wanted, parameters=f"name={name}")
        assert done.code == 0, done.log
        assert [one.name for one in (place.folder / "table").iterdir()] == [f"{name}.csv"]
    (place.folder / "table/mine.csv").write_text("1")
    refused = place.run("aml-pipeline", **WORKSPACE, **wanted)
    assert refused.code == 3, refused.log
    assert "run-id" not in refused.outputs  # nothing was started


def test_the_same_again_takes_the_results(place: Workplace) -> None:
    first = place.run("aml-pipeline", **WORKSPACE, definition="bare.yml")
    (place.folder / "again.yml").write_text(BARE)
    second = place.run("aml-pipeline", **WORKSPACE, definition="again.yml")
    [one], [two] = (json.loads(done.outputs["steps"]) for done in (first, second))
    original = one.get("reused", one["run-id"])  # the SDK may have run the same before
    assert two["reused"] == original, second.log


def test_the_same_attempt_finds_its_run_again(place: Workplace) -> None:
    done = place.run("aml-pipeline", **WORKSPACE, definition="bare.yml")
    assert "was submitted before by this attempt" in done.log
    assert done.code == 0, done.log


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
