"""aml-pipeline with definitions of SDK v1: azureml-core and azureml-pipeline, unmodified."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from local.aml_v1_workplace import MISSING_V1, SDK_V1, SITE_PACKAGES, V1Workplace
from local.aml_workplace import WHEELS, WORKSPACE, Done
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.credentials import RESOURCE_GROUP, SUBSCRIPTION_ID
from modelyard.local.cloud.environment import program_environment

WHERE = {"workspace_name": WORKSPACE, "resource_group": RESOURCE_GROUP}
CLOUD_SERVICES = ("entra", "arm", "storage", "aml", "databricks")
pytestmark = pytest.mark.skipif(MISSING_V1, reason="MODELYARD_AZUREML_V1 names no environment")

DRIVER = """
import os

from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.runconfig import RunConfiguration
from azureml.pipeline.core import PipelineData
from azureml.pipeline.steps import PythonScriptStep

import names  # beside this file


def no_packages():
    found = RunConfiguration()
    conda = CondaDependencies()
    for one in list(conda.pip_packages):
        conda.remove_pip_package(one)
    found.environment.python.conda_dependencies = conda
    return found


def pipeline(workspace, computes, parameters, helper):
    print("environment", helper.environment, "settings", parameters)
    ratio = helper.parameter("train_test_ratio", parameters["ratio"])
    data = PipelineData(names.DATA, datastore=workspace.get_default_datastore())
    shared = dict(
        compute_target=helper.cluster("cpu", "STANDARD_D2_V2", max_nodes=2),
        runconfig=no_packages(), source_directory="steps", allow_reuse=False,
    )
    preprocess = PythonScriptStep(
        name="preprocess", script_name="preprocess.py", outputs=[data],
        arguments=["--out", data, "--rows", parameters["data"]["rows"]], **shared,
    )
    train = PythonScriptStep(
        name="train", script_name="train.py", inputs=[data],
        arguments=["--in", data, "--ratio", ratio], **shared,
    )
    return [preprocess, train]


def first(workspace, computes, parameters, helper):
    return pipeline(workspace, computes, parameters, helper)[:1]


def full(workspace, computes, parameters, helper):
    # As Azure answers when the quota is short: the local cloud has no quota.
    from azureml.core.compute import AmlCompute

    refresh = AmlCompute.refresh_state

    def short(self):
        refresh(self)
        message = "Operation results in exceeding quota limits of Core"
        self.status.errors = [{"error": {"code": "ClusterCoreQuotaReached", "message": message}}]

    AmlCompute.refresh_state = short
    return helper.cluster("big", min_nodes=1)


def other(workspace, computes, parameters, helper):
    return helper.cluster("databricks")


def broken(workspace, computes, parameters, helper):
    return computes["gpu"]


def wrong(workspace, computes, parameters, helper):
    found = {"AZURE_CLIENT_SECRET", "AZURE_SUBSCRIPTION_ID", "DATABRICKS_TOKEN", "GH_TOKEN"}
    print("finds", sorted(found & os.environ.keys()))
    print("signs in", workspace._auth_object.get_authentication_header()["Authorization"])
    return parameters["nothing"]
"""
PREPROCESS = """
import argparse, os
parser = argparse.ArgumentParser()
parser.add_argument("--out")
parser.add_argument("--rows", type=int)
given = parser.parse_args()
os.makedirs(given.out)
with open(os.path.join(given.out, "rows.csv"), "w") as file:
    file.writelines(f"{row}\\n" for row in range(given.rows))
"""
TRAIN = """
import argparse, os, sys
parser = argparse.ArgumentParser()
parser.add_argument("--in", dest="source")
parser.add_argument("--ratio", type=float)
given = parser.parse_args()
rows = open(os.path.join(given.source, "rows.csv")).read().split()
print("trained on", int(len(rows) * given.ratio), "of", len(rows), flush=True)
sys.exit("no model comes of this" if given.ratio > 1 else 0)
"""
NOTEBOOK = """# Databricks notebook source
import os
rows = open(os.path.join(dbutils.widgets.get("training"), "rows.csv")).read().split()
target = dbutils.widgets.get("engineered")
os.makedirs(target)
with open(os.path.join(target, "engineered.csv"), "w") as file:
    file.write("\\n".join(rows[::2]))
dbutils.notebook.exit(f"kept {len(rows[::2])}")
"""
BUILD = """
from azureml.core import Datastore
from azureml.data.data_reference import DataReference
from azureml.pipeline.core import PipelineData
from azureml.pipeline.steps import DatabricksStep


def pipeline(workspace, computes, parameters, helper):
    raw = Datastore.get(workspace, "trainingdata")
    training = DataReference(raw, data_reference_name="training", path_on_datastore="raw")
    engineered = PipelineData("engineered", workspace.get_default_datastore())
    return DatabricksStep(
        name="FeatureEngineering", run_name="features", notebook_path=parameters["notebook"],
        instance_pool_id=parameters["pool"], num_workers=1, spark_version="13.3.x-scala2.12",
        inputs=[training], outputs=[engineered], compute_target=helper.databricks("databricks"),
        allow_reuse=True,
    )
"""
# The first system's job: train on the cluster, then register, without data between the two steps.
FIT = """
import argparse, json, os
parser = argparse.ArgumentParser()
parser.add_argument("--model-folder")
parser.add_argument("--rows", type=int)
given, _of_the_service = parser.parse_known_args()
if given.rows < 2:
    raise SystemExit("a line needs two rows")
rows = [(x, 3 * x + 2) for x in range(given.rows)]
mean_x, mean_y = (sum(column) / len(rows) for column in zip(*rows))
slope = sum((x - mean_x) * (y - mean_y) for x, y in rows) / sum((x - mean_x) ** 2 for x, _ in rows)
os.makedirs(given.model_folder, exist_ok=True)
with open(os.path.join(given.model_folder, "line.json"), "w") as file:
    json.dump({"slope": slope, "intercept": mean_y - slope * mean_x}, file)
print("fitted", len(rows), "rows", flush=True)
"""
KEEP = """
import argparse, os, shutil, tempfile
parser = argparse.ArgumentParser()
parser.add_argument("--model-folder")
parser.add_argument("--model-name")
given, of_the_service = parser.parse_known_args()
pairs = zip(of_the_service[::2], of_the_service[1::2])
os.environ.update({name[2:]: value for name, value in pairs if name.startswith("--AZUREML_")})

from azureml.core import Run
from azureml.core.model import Model

os.chdir(tempfile.mkdtemp())
shutil.copytree(given.model_folder, "model")
workspace = Run.get_context(allow_offline=False).experiment.workspace
model = Model.register(workspace, model_path="model", model_name=given.model_name)
print("registered", model.id, flush=True)
"""
CLUSTER = """
from azureml.pipeline.steps import DatabricksStep


def pipeline(workspace, computes, parameters, helper):
    name, folder = parameters["name"], f"/dbfs/models/{parameters['name']}"
    shared = dict(
        source_directory="steps", compute_target=helper.databricks("databricks"), num_workers=1,
        node_type="Standard_DS3_v2", spark_version="13.3.x-scala2.12", allow_reuse=False,
    )
    fit = DatabricksStep(
        name="train", run_name="train", python_script_name="fit.py",
        python_script_params=["--model-folder", folder, "--rows", str(parameters["rows"])],
        **shared,
    )
    keep = DatabricksStep(
        name="register", run_name="register", python_script_name="keep.py",
        python_script_params=["--model-folder", folder, "--model-name", name],
        spark_env_variables={"PYTHONPATH": parameters["sdk"]}, **shared,
    )
    keep.run_after(fit)
    return [keep]
"""
CONFIG = '{"ratio": 0.5, "location": "West US", "data": {"rows": 4}}'


@pytest.fixture(scope="module")
def place(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> V1Workplace:
    """A cloud with one workspace, and the files of a project."""
    folder = tmp_path_factory.mktemp("wine")
    variables = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(WHEELS), "PIP_CONFIG_FILE": "/dev/null"}
    found = V1Workplace(cloud, {**program_environment(cloud.environment), **variables}, folder)
    for name, text in (
        ("ml/driver.py", DRIVER),
        ("ml/names.py", "DATA = 'rows'\n"),
        ("ml/build.py", BUILD),
        ("ml/cluster.py", CLUSTER),
        ("steps/fit.py", FIT),
        ("steps/keep.py", KEEP),
        ("steps/preprocess.py", PREPROCESS),
        ("steps/train.py", TRAIN),
        ("notebooks/features.py", NOTEBOOK),
        ("config.json", CONFIG),
        ("rows.csv", "1\n2\n3\n4\n"),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    made = found.run("aml-workspace", **WHERE)
    assert made.code == 0, made.log
    attached = found.run(
        "aml-compute",
        **WHERE,
        compute_name="databricks",
        compute_type="databricks",
        attach=f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{RESOURCE_GROUP}/providers"
        "/Microsoft.Databricks/workspaces/modelyard-local",
        revoke_at_end="false",
    )
    assert attached.code == 0, attached.log
    return found


def pipeline(place: V1Workplace, action: str, **more: str) -> Done:
    return place.run("aml-pipeline", action=action, **WHERE, **more)


def test_a_model_is_trained_on_the_cluster_and_then_registered(place: V1Workplace) -> None:
    other = {"compute_type": "amlcompute", "vm_size": "STANDARD_D2_V2"}
    wrong = place.run("aml-compute", **WHERE, compute_name="databricks", **other)
    assert wrong.code == 15, wrong.log
    assert "databricks" in wrong.log.lower()
    definition = {"definition": "ml/cluster.py:pipeline"}
    config = f"--name line --sdk {SITE_PACKAGES}"
    checked = pipeline(place, "validate", **definition, config=f"{config} --rows 10")
    assert checked.code == 0, checked.log
    failed = pipeline(place, "submit", **definition, config=f"{config} --rows 1")
    assert failed.code == 31, failed.log
    assert "a line needs two rows" in failed.log
    assert "register: " not in failed.log  # it comes after the training, and that has failed

    done = pipeline(
        place, "submit", **definition, config=f"{config} --rows 10", experiment_name="ten"
    )
    assert done.code == 0, done.log
    assert done.log.index("train: fitted 10 rows") < done.log.index("register: registered line:1")
    assert done.outputs["status"] == "Completed"
    assert done.outputs["run-id"] in done.outputs["run-url"]
    place.sdk('Model(ws, "line").download("downloaded")')
    (model,) = (place.folder / "downloaded").rglob("line.json")
    line = json.loads(model.read_text())
    assert line["slope"] * 100 + line["intercept"] == pytest.approx(302)


def test_one_definition_is_validated_submitted_and_published(place: V1Workplace) -> None:
    driver = {"definition": "ml/driver.py:pipeline"}
    config = "config.json --location='North Europe' --data.rows 10"
    early = pipeline(place, "validate", **driver, config=config)
    assert early.code == 3, early.log
    assert "the workspace has no cluster cpu, and validating makes none" in early.log

    done = pipeline(
        place, "submit-experiment", **driver, config=config, parameters="train_test_ratio=0.75"
    )
    assert done.code == 0, done.log
    assert done.log.count("its support ended on 2026-06-30") == 1
    assert "'location': 'North Europe'" in done.log
    assert "environment local" in done.log
    assert "2 steps (preprocess, train)" in done.log
    assert "train: trained on 7 of 10" in done.log
    assert done.outputs["status"] == "Completed"
    assert done.outputs["experiment-name"] == f"{WORKSPACE}-local"
    assert done.outputs["run-id"] in done.outputs["run-url"]
    again = pipeline(
        place, "submit-experiment", **driver, config=config, parameters="train_test_ratio=0.75"
    )
    assert "was started before by this attempt" in again.log
    assert again.outputs["run-id"] == done.outputs["run-id"]
    failed = pipeline(
        place, "submit-experiment", **driver, config=config, parameters="train_test_ratio=1.5"
    )
    assert failed.code == 31, failed.log
    assert "no model comes of this" in failed.log

    place.fault(action="status", method="PATCH", path="*/runs/*", status=403)
    untagged = pipeline(place, "submit-experiment", **driver, config=config)
    assert untagged.code not in (0, 31), untagged.log
    ending = place.command("aml-pipeline", action="submit", **WHERE, **driver)
    released = subprocess.run(
        [*ending[:3], "release", *ending[3:]],
        cwd=place.folder,
        env=place.own_environment("aml-pipeline"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.search("pipeline [0-9a-f-]{36} ", released.stdout), released.stdout

    def publish(**more: str) -> Done:
        return pipeline(place, "publish-pipeline", **driver, config=config, **more)

    first = publish(marker_path="cdml/markers", pipeline_version="41")
    assert first.code == 0, first.log
    looked = publish(marker_path="cdml/markers", dry_run="true")
    assert looked.code == 0, looked.log
    assert "published pipeline" not in looked.log
    away = {"marker_path": "markers", "disable_older": "true"}
    for dry_run in ("true", "false"):
        lost = publish(**away, marker_datastore="nowhere", dry_run=dry_run)
        assert lost.code == 14, lost.log
        assert "no datastore nowhere" in lost.log
        assert "published pipeline" not in lost.log
    outside = publish(marker_path="markers/../../other")
    assert outside.code == 2, outside.log
    of_others = publish(pipeline_name="other")
    assert of_others.code == 0, of_others.log
    place.fault(action="status", method="PUT", path="*/markers/*", status=403)
    lost = publish(**away)
    assert lost.code == 11, lost.log
    assert "marker" not in lost.outputs
    second = publish(marker_path="cdml/markers", disable_older="true", pipeline_version="42")
    assert second.code == 0, second.log
    wrong = pipeline(
        place,
        "trigger",
        pipeline_id=second.outputs["pipeline-id"],
        parameters="train_test_ratio=much",
        dry_run="true",
    )
    assert wrong.code == 2, wrong.log
    assert "takes a number" in wrong.log
    told = place.sdk("""
        from azureml.pipeline.core import PublishedPipeline
        every = PublishedPipeline.list(ws, active_only=False)
        ws.get_default_datastore().download("down", prefix="cdml/markers", show_progress=False)
        tell(
            active=[one.id for one in every if one.status == "Active"],
            versions=sorted(one.version for one in every if one.version in ("41", "42")),
            count=len(every),
        )
        """).told
    active = [one.outputs["pipeline-id"] for one in (of_others, second)]
    assert sorted(told.pop("active")) == sorted(active)
    assert told == {"versions": ["41", "42"], "count": 4}
    marker = place.folder / "down" / "cdml" / "markers" / f"{WORKSPACE}-local.csv"
    assert marker.read_text() == f"id\n{second.outputs['pipeline-id']}\n"
    assert second.outputs["marker"] == f"workspaceblobstore/cdml/markers/{WORKSPACE}-local.csv"


def test_local_takes_the_workspace_of_the_repository_and_the_environment_of_the_branch(
    place: V1Workplace, tmp_path: Path
) -> None:
    checkout = dataclasses.replace(place, folder=tmp_path / "grapes")
    for folder in ("ml", "steps"):
        shutil.copytree(place.folder / folder, checkout.folder / folder)
    for words in (["init", "-q"], ["symbolic-ref", "HEAD", "refs/pull/123/merge"]):
        subprocess.run(["git", *words], cwd=checkout.folder, check=True)
    done = checkout.run(
        "aml-pipeline",
        local="true",
        action="submit-experiment",
        definition="ml/driver.py:first",
        config="--ratio=0.5 --data.rows=10",
    )
    assert done.code == 0, done.log
    assert "environment pr-123" in done.log
    assert done.outputs["experiment-name"] == "grapes-pr-123"
    assert done.outputs["status"] == "Completed"
    assert "/workspaces/grapes" in done.outputs["run-url"]


def test_a_definition_that_is_wrong_is_told_with_its_line(place: V1Workplace) -> None:
    missing = pipeline(place, "validate", definition="ml/driver.py:broken")
    assert missing.code == 3, missing.log
    assert "the workspace has no compute gpu" in missing.log
    other = pipeline(place, "validate", definition="ml/driver.py:other")
    assert other.code == 3, other.log
    assert "databricks is of the type Databricks, not AmlCompute" in other.log
    full = pipeline(place, "submit", definition="ml/driver.py:full")
    assert full.code == 17, full.log
    assert "the cluster big gets no machines: Operation results in exceeding" in full.log
    assert "quota of cores doesn't allow it" in full.log
    assert "cluster big: created" not in full.log
    wrong = pipeline(place, "validate", definition="ml/driver.py:wrong")
    assert wrong.code == 3, wrong.log
    line = DRIVER.splitlines().index('    return parameters["nothing"]') + 1
    assert f"ml/driver.py:{line}: KeyError: 'nothing'" in wrong.log
    assert "Traceback" not in wrong.log
    assert "signs in Bearer ***" in wrong.log
    assert "finds ['AZURE_SUBSCRIPTION_ID']" in wrong.log
    unnamed = pipeline(place, "validate", definition="ml/driver.py:pipelin")
    assert unnamed.code == 2, unnamed.log
    assert "it has: broken, first, full, no_packages, other, pipeline, wrong" in unnamed.log


def test_a_notebooks_pipeline_is_published_with_the_builds_id_and_triggered(
    place: V1Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported = place.run(
        "notebooks-import",
        source="notebooks",
        target="/Shared/AzureMLDeployed",
        content_hash_path="true",
    )
    assert imported.code == 0, imported.log
    pool = place.run("instance-pool", pool_name="azureml_training", node_type="Standard_DS3_v2")
    assert pool.code == 0, pool.log
    told = place.sdk("""
        default = ws.get_default_datastore()
        default.upload_files(["rows.csv"], target_path="raw", show_progress=False)
        account, container = default.account_name, default.container_name
        tell(account=account, container=container, key=default.account_key)
        """).told
    monkeypatch.setitem(place.environment, "AZUREML_DATASTORE_ACCOUNT_KEY", told["key"])
    store = place.run(
        "aml-datastore",
        **WHERE,
        datastore_name="trainingdata",
        datastore_type="blob",
        account=told["account"],
        container=told["container"],
    )
    assert store.code == 0, store.log
    assert told["key"] not in store.log
    folder = imported.outputs["target"]
    assert re.fullmatch(r"/Shared/AzureMLDeployed/[0-9a-f]+", folder), imported.outputs
    published = pipeline(
        place,
        "publish",
        definition="ml/build.py:pipeline",
        config=f"--notebook {folder}/features --pool={pool.outputs['pool-id']}",
        pipeline_name="Feature Engineering",
    )
    assert published.code == 0, published.log
    number = place.sdk(f"""
        from azureml.pipeline.core import PublishedPipeline
        tell(version=PublishedPipeline.get(ws, {published.outputs["pipeline-id"]!r}).version)
        """).told["version"]
    assert f"published pipeline Feature Engineering {number}: " in published.log
    done = pipeline(
        place, "trigger", pipeline_id=published.outputs["pipeline-id"], experiment_name="features"
    )
    assert done.code == 0, done.log
    assert "kept 2" in done.log
    assert done.outputs["status"] == "Completed"


def test_without_an_environment_the_error_says_how_to_make_one(place: V1Workplace) -> None:
    done = pipeline(
        place, "validate", definition="ml/driver.py:pipeline", sdk_environment="/nowhere"
    )
    assert done.code == 4, done.log
    assert "python3.11 -m venv" in done.log
    assert str(SDK_V1) not in done.log
