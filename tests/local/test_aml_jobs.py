"""Jobs of the real azure-ai-ml really run: commands, pipelines, logs, outputs, MLflow, cancel."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.aml_workplace import MISSING, Workplace, pip_settings
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment

WORKSPACE = {"workspace_name": "wine", "resource_group": "modelyard-local"}
pytestmark = pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment")

TRAIN = """
import argparse, os, mlflow
from pathlib import Path
given = argparse.ArgumentParser()
for name in ("--data", "--rate", "--note", "--model"):
    given.add_argument(name)
given = given.parse_args()
rows = Path(given.data, "clean.csv").read_text().split()
mlflow.log_metric("rows", len(rows))
mlflow.log_param("rate", given.rate)
mlflow.log_text("hello", "note.txt")
told = (len(rows), given.rate, given.note, os.environ["A"])
Path(given.model, "model.txt").write_text(" ".join(map(str, told)))
print("trained on", len(rows))
"""
PREPARE = """
import sys
from pathlib import Path
lines = Path(sys.argv[1]).read_text().splitlines()
Path(sys.argv[2], "clean.csv").write_text("\\n".join(line for line in lines if line))
print("cleaned")
"""
CLOUD_SERVICES = ("entra", "arm", "storage", "aml", "mlflow", "databricks")
CONDA = """
dependencies:
  - python=3.11
  - pip:
      - mlflow-skinny
"""
PIPELINE = """
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
experiment_name: wine
inputs:
  rate: 0.1
  data: {type: uri_file, path: data.csv}
outputs:
  model: {type: uri_folder}
settings:
  default_compute: azureml:cpu
jobs:
  prepare:
    type: command
    code: src
    environment:
      image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04
    command: python prepare.py ${{inputs.data}} ${{outputs.clean}}
    inputs:
      data: ${{parent.inputs.data}}
    outputs:
      clean: {type: uri_folder}
  train:
    type: command
    component: train.yml
    inputs:
      data: ${{parent.jobs.prepare.outputs.clean}}
      rate: ${{parent.inputs.rate}}
    outputs:
      model: ${{parent.outputs.model}}
    environment_variables: {A: given}
"""
TRAIN_COMPONENT = """
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
name: train
version: 1
type: command
inputs:
  data: {type: uri_folder}
  rate: {type: number}
  note: {type: string, optional: true}
  seed: {type: integer, default: 4}
outputs:
  model: {type: uri_folder}
code: src
environment:
  image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04
  conda_file: conda.yml
command: >-
  python train.py --data ${{inputs.data}} --rate ${{inputs.rate}} $[[--note ${{inputs.note}}]]
  --model ${{outputs.model}}
"""


@pytest.fixture(scope="module")
def place(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A workspace with a cluster, and a project."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "src").mkdir()
    files = {
        "src/train.py": TRAIN,
        "src/prepare.py": PREPARE,
        "conda.yml": CONDA,
        "pipeline.yml": PIPELINE,
        "train.yml": TRAIN_COMPONENT,
        "data.csv": "a\n\nb\n\nc\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    made = Workplace(cloud, program_environment(cloud.environment), folder)
    assert made.run("aml-workspace", **WORKSPACE).code == 0
    made.sdk("""
        ml.compute.begin_create_or_update(AmlCompute(name="cpu", size="STANDARD_DS3_V2")).result()
        assert ml.compute.get("cpu").size == "STANDARD_DS3_V2"
    """)
    return made


@pytest.fixture(scope="module", autouse=True)
def pip() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in pip_settings().items():
            patch.setenv(name, value)
        yield


def test_a_pipeline(place: Workplace) -> None:
    done = place.sdk(
        """
        from azure.ai.ml import load_job
        job = ml.jobs.create_or_update(load_job("pipeline.yml"))
        ml.jobs.stream(job.name)
        ended = ml.jobs.get(job.name)
        ml.jobs.download(job.name, output_name="model", download_path="got")
        children = list(ml.jobs.list(parent_job_name=job.name))
        for child in children:
            ml.jobs.download(child.name, download_path="got-" + child.display_name)
        tell(status=ended.status, url=ended.studio_url, name=job.name,
             children={one.display_name: one.status for one in children})
        """
    )
    assert done.told["status"] == "Completed", done.log
    assert done.told["children"] == {"prepare": "Completed", "train": "Completed"}
    assert done.told["url"].startswith("https://ml.azure.com/runs/")
    got = next((place.folder / "got").rglob("model.txt"))
    assert got.read_text() == "3 0.1 None given"
    log = next((place.folder / "got-train").rglob("std_log.txt"))
    assert "trained on 3" in log.read_text()
    assert next((place.folder / "got-train").rglob("note.txt")).read_text() == "hello"
    assert "train: Completed." in done.log
