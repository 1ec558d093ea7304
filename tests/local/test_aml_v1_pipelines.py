"""Pipelines of SDK v1, unmodified, that really run: on this machine and on a cluster."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import pytest

from local.aml_v1_workplace import MISSING_V1, SITE_PACKAGES, V1Workplace
from local.aml_workplace import WHEELS, WORKSPACE, Done
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment

CLOUD_SERVICES = ("entra", "arm", "storage", "aml", "databricks")
pytestmark = pytest.mark.skipif(MISSING_V1, reason="MODELYARD_AZUREML_V1 names no environment")

PIP = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(WHEELS), "PIP_CONFIG_FILE": "/dev/null"}
PREPARE = """
import argparse, os
import rows  # another file of the source folder

parser = argparse.ArgumentParser()
for name in ("--raw", "--out", "--ratio"):
    parser.add_argument(name)
given = parser.parse_args()
lines = open(os.path.join(given.raw, "rows.csv")).read().split()
os.makedirs(given.out)
with open(os.path.join(given.out, "part.csv"), "w") as file:
    file.write("\\n".join(lines[: rows.count(lines, given.ratio)]))
print("prepared with", given.ratio, os.environ["AML_PARAMETER_ratio"])
"""
# As the scripts of old projects have it: strict about arguments, among them those of the service.
REGISTER = """
import argparse, os, tempfile
parser = argparse.ArgumentParser()
for name in (
    "RUN_TOKEN", "RUN_ID", "ARM_SUBSCRIPTION", "ARM_RESOURCEGROUP", "ARM_WORKSPACE_NAME",
    "ARM_PROJECT_NAME", "SCRIPT_DIRECTORY_NAME", "RUN_TOKEN_EXPIRY", "SERVICE_ENDPOINT",
):
    parser.add_argument(f"--AZUREML_{name}", required=True)
parser.add_argument("--MODEL_NAME")
given = vars(parser.parse_args())
os.environ.update({name: one for name, one in given.items() if name.startswith("AZUREML_")})

from azureml.core import Run
from azureml.core.model import Model

run = Run.get_context(allow_offline=False)
os.chdir(tempfile.mkdtemp())  # Model.register takes nothing from outside of it
with open("weights.txt", "w") as file:
    file.write("weights of a cluster")
run.log("weights", 3)
run.flush()  # on a cluster nothing does it for the script
run.upload_file("outputs/weights.txt", "weights.txt")
workspace = run.experiment.workspace
model = Model.register(workspace, model_path="weights.txt", model_name=given["MODEL_NAME"])
print("registered", model.id, "in", workspace.name)
"""
# The marker of a whole environment is written when everything is in it.
TABLE = """
import importlib.metadata, os, sys
import cachetools
print("found", importlib.metadata.version("cachetools"), cachetools.__file__)
print("made at", os.stat(os.path.join(sys.prefix, ".complete")).st_mtime_ns)
"""
# In a step on this machine they are variables.
TRACK = """
from azureml.core import Run
run = Run.get_context(allow_offline=False)
run.log("accuracy", 0.75)
run.parent.tag("tracked", run.get_status())
print("tracked in", run.experiment.name)
"""
TRAIN = """# Databricks notebook source
import os
values = [int(one) for one in open(os.path.join(dbutils.widgets.get("prepared"), "part.csv"))]
target = dbutils.widgets.get("model")
os.makedirs(target)
with open(os.path.join(target, "model.txt"), "w") as file:
    file.write(f"{sum(values)} {dbutils.widgets.get('alpha')}")
dbutils.notebook.exit("trained")
"""
PIPELINE = """
import base64, requests
from azureml.core.compute import AmlCompute, ComputeTarget, DatabricksCompute
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.runconfig import RunConfiguration
from azureml.data.data_reference import DataReference
from azureml.pipeline.core import *
from azureml.pipeline.steps import DatabricksStep, PythonScriptStep

def databricks(what, **body):
    answer = requests.post(
        f"{os.environ['DATABRICKS_HOST']}/api/2.0/{what}", json=body,
        headers={"Authorization": f"Bearer {os.environ['DATABRICKS_TOKEN']}"},
    )
    answer.raise_for_status()
    return answer.json()

def cluster():
    made = ComputeTarget.create(
        ws, "cpu", AmlCompute.provisioning_configuration(vm_size="STANDARD_D2_V2", max_nodes=2)
    )
    made.wait_for_completion(show_output=False)
    return made

def environment():
    found = RunConfiguration()
    conda = CondaDependencies()
    for one in list(conda.pip_packages):
        conda.remove_pip_package(one)
    found.environment.python.conda_dependencies = conda
    return found
"""


@pytest.fixture(scope="module", autouse=True)
def pip() -> Iterator[None]:
    """What a step's environment is made of comes from a folder: the cloud takes these with it."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in PIP.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def place(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> V1Workplace:
    """A cloud with one workspace, and the files of a project."""
    folder = tmp_path_factory.mktemp("repository")
    found = V1Workplace(cloud, {**program_environment(cloud.environment), **PIP}, folder)
    for name, text in (
        ("steps/prepare.py", PREPARE),
        ("steps/rows.py", "def count(lines, ratio):\n    return int(len(lines) * float(ratio))\n"),
        ("steps/report.py", "import sys\nprint('reported', sys.argv[1:3])\n"),
        ("steps/register.py", REGISTER),
        ("steps/track.py", TRACK),
        ("steps/table.py", TABLE),
        ("steps/fail.py", "print('all was well until here')\nraise SystemExit(3)\n"),
        ("steps/wait.py", "import time\nprint('waiting', flush=True)\ntime.sleep(600)\n"),
        ("train.py", TRAIN),
        ("rows.csv", "1\n2\n3\n4\n"),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    made = found.run("aml-workspace", workspace_name=WORKSPACE, resource_group="modelyard-local")
    assert made.code == 0, made.log
    return found


def test_a_pipeline_is_published_triggered_and_its_model_registered(place: V1Workplace) -> None:
    told = place.sdk(
        PIPELINE
        + textwrap.dedent("""
        databricks("workspace/mkdirs", path="/Shared")
        databricks(
            "workspace/import", path="/Shared/train", format="SOURCE", language="PYTHON",
            content=base64.b64encode(open("train.py", "rb").read()).decode(), overwrite=True,
        )
        pool = databricks(
            "instance-pools/create", instance_pool_name="pool", node_type_id="Standard_DS3_v2"
        )["instance_pool_id"]
        attached = ComputeTarget.attach(ws, "databricks", DatabricksCompute.attach_configuration(
            resource_group=ws.resource_group, workspace_name="modelyard-local",
            access_token=os.environ["DATABRICKS_TOKEN"],
        ))
        attached.wait_for_completion(show_output=False)
        store = ws.get_default_datastore()
        store.upload_files(["rows.csv"], target_path="raw", show_progress=False)

        ratio = PipelineParameter("ratio", 0.5)
        raw = DataReference(store, data_reference_name="raw", path_on_datastore="raw")
        prepared, model = PipelineData("prepared", store), PipelineData("model", store)
        prepare = PythonScriptStep(
            name="prepare", script_name="prepare.py", source_directory="steps",
            arguments=["--raw", raw, "--out", prepared, "--ratio", ratio],
            inputs=[raw], outputs=[prepared], compute_target=cluster(), runconfig=environment(),
        )
        train = DatabricksStep(
            name="train", run_name="train", notebook_path="/Shared/train",
            notebook_params={"alpha": ratio}, inputs=[prepared], outputs=[model],
            compute_target=attached, instance_pool_id=pool, num_workers=1,
            spark_version="13.3.x-scala2.12", allow_reuse=False,
        )
        report = DatabricksStep(
            name="report", run_name="report", python_script_name="report.py",
            source_directory="steps", python_script_params=["--for", "me"],
            compute_target=attached, instance_pool_id=pool, num_workers=1,
            spark_version="13.3.x-scala2.12", allow_reuse=False,
        )
        report.run_after(train)
        pipeline = Pipeline(ws, steps=[report])
        tell(problems=pipeline.validate())
        published = pipeline.publish("train", "Trains", version="2026.1")

        def trigger(**parameters):
            answer = requests.post(
                published.endpoint, headers=ws._auth.get_authentication_header(),
                json={"ExperimentName": "triggered", "ParameterAssignments": parameters},
            )
            if not answer.ok:
                return answer.json()["error"]["message"]
            run = PipelineRun(Experiment(ws, "triggered"), answer.json()["Id"])
            tell(ended=run.wait_for_completion(show_output=False, raise_on_error=False))
            return run

        first, second = trigger(ratio="0.75"), trigger(ratio="0.75")
        steps = {one.name: one for one in first.get_steps()}
        tell(
            version=published.version,
            unnamed=requests.post(published.endpoint, json={}).status_code,
            wrong=trigger(ration="1"),
            statuses={name: one.get_status() for name, one in steps.items()},
            kinds={name: one.properties["StepType"] for name, one in steps.items()},
            order=sorted(steps, key=lambda name: steps[name].get_details()["startTimeUtc"]),
            reused={
                one.name: one.properties.get("azureml.isreused") for one in second.get_steps()
            },
            logs={
                name: requests.get(one.get_details()["logFiles"]["user_logs/std_log.txt"]).text
                for name, one in steps.items()
            },
        )
        where = f"azureml/{steps['train'].id}/model"
        store.download("down", prefix=where, show_progress=False)
        Model.register(ws, model_path=f"down/{where}", model_name="sums")
        Model(ws, "sums").download("registered")
        published.disable()
        tell(
            disabled=trigger(), active=[one.id for one in PublishedPipeline.list(ws)],
        )
        """)
    ).told
    assert told["problems"] == []
    assert told["ended"] == "Finished"
    assert told["version"] == "2026.1"
    assert told["unnamed"] == 401
    assert told["wrong"] == "The pipeline has no parameter ration. It has: ratio."
    assert told["statuses"] == {"prepare": "Finished", "train": "Finished", "report": "Finished"}
    assert told["kinds"]["train"] == "DatabricksStep"
    assert told["order"] == ["prepare", "train", "report"]
    assert told["reused"] == {"prepare": "true", "train": None, "report": None}
    assert "prepared with 0.75 0.75" in told["logs"]["prepare"]
    assert "trained" in told["logs"]["train"]
    assert "reported ['--for', 'me']" in told["logs"]["report"]
    model = next((place.folder / "registered").rglob("model.txt"))
    assert model.read_text() == "6 0.75"
    assert told["disabled"].endswith("is disabled, and can't be run.")
    assert told["active"] == []


def test_a_steps_own_program_tracks_its_run_and_registers_a_model(place: V1Workplace) -> None:
    """The SDK is in the environment of the step, and of the cluster, by PYTHONPATH."""
    told = place.sdk(
        PIPELINE
        + textwrap.dedent(f"""
        attached = ComputeTarget.attach(ws, "bricks", DatabricksCompute.attach_configuration(
            resource_group=ws.resource_group, workspace_name="modelyard-local",
            access_token=os.environ["DATABRICKS_TOKEN"],
        ))
        attached.wait_for_completion(show_output=False)
        with_sdk = {{"PYTHONPATH": {str(SITE_PACKAGES)!r}}}
        runconfig = environment()
        runconfig.environment_variables = with_sdk
        track = PythonScriptStep(
            name="track", script_name="track.py", source_directory="steps",
            compute_target=cluster(), runconfig=runconfig, allow_reuse=False,
        )
        register = DatabricksStep(
            name="register", run_name="register", python_script_name="register.py",
            source_directory="steps", python_script_params=["--MODEL_NAME", "weights"],
            compute_target=attached, node_type="Standard_DS3_v2", num_workers=1,
            spark_version="13.3.x-scala2.12", spark_env_variables=with_sdk, allow_reuse=False,
        )
        register.run_after(track)
        run = Pipeline(ws, steps=[register]).submit("contexts")
        ended = run.wait_for_completion(show_output=False, raise_on_error=False)
        steps = {{one.name: one for one in run.get_steps()}}
        tell(
            ended=ended, tags=run.get_tags(),
            error=run.get_details().get("error"),
            metrics={{name: one.get_metrics() for name, one in steps.items()}},
            files=steps["register"].get_file_names(),
            log=requests.get(
                steps["register"].get_details()["logFiles"]["user_logs/std_log.txt"]
            ).text,
        )
        Model(ws, "weights").download("weights")
        """)
    ).told
    assert told["ended"] == "Finished", told["error"]
    assert told["tags"]["tracked"] == "Running"
    assert told["metrics"] == {"track": {"accuracy": 0.75}, "register": {"weights": 3}}
    assert "outputs/weights.txt" in told["files"]
    assert f"registered weights:1 in {WORKSPACE}" in told["log"]
    assert (place.folder / "weights" / "weights.txt").read_text() == "weights of a cluster"


def test_packages_of_a_step_are_installed_once(place: V1Workplace) -> None:
    wheel = next(WHEELS.glob("cachetools-*.whl"))
    version = wheel.name.split("-")[1]
    told = place.sdk(
        PIPELINE
        + textwrap.dedent(f"""
        def ran(*packages):
            runconfig = environment()
            for one in packages:
                runconfig.environment.python.conda_dependencies.add_pip_package(one)
            step = PythonScriptStep(
                name="table", script_name="table.py", source_directory="steps",
                compute_target=cpu, runconfig=runconfig, allow_reuse=False,
            )
            run = Pipeline(ws, steps=[step]).submit("packages")
            status = run.wait_for_completion(show_output=False, raise_on_error=False)
            (step,) = run.get_steps()
            logs = step.get_details()["logFiles"]
            text = requests.get(logs["user_logs/std_log.txt"]).text if logs else ""
            return status, text, str(run.get_details().get("error"))

        cpu = cluster()
        tell(
            first=ran("cachetools=={version}"), second=ran("cachetools=={version}"),
            without=ran(), missing=ran("no-such-package==1"),
        )
        """)
    ).told
    first, second = told["first"], told["second"]
    assert first[0] == "Finished", first
    assert f"found {version} " in first[1]
    assert str(place.cloud.folder) in first[1]  # not this process's own
    assert second == first  # with the moment at which the environment was made
    assert (told["without"][0], told["missing"][0]) == ("Failed", "Failed")
    assert "No module named 'cachetools'" in told["without"][1]
    assert "no-such-package" in told["missing"][2]


def test_a_run_that_fails_or_is_canceled_is_not_finished(place: V1Workplace) -> None:
    told = place.sdk(
        PIPELINE
        + textwrap.dedent("""
        import time

        def pipeline(script, *arguments):
            step = PythonScriptStep(
                name="only", script_name=script, source_directory="steps",
                arguments=list(arguments), compute_target=cpu, runconfig=environment(),
                allow_reuse=False,
            )
            return Pipeline(ws, steps=[step])

        cpu = cluster()
        word = PipelineParameter("word", "nothing")
        tell(
            good=pipeline("report.py", word).publish("good", "Ends well", version="7").id,
            bad=pipeline("fail.py").publish("bad", "Ends badly", version="7").id,
        )
        failing = pipeline("fail.py").submit("ends")
        failed = failing.wait_for_completion(show_output=False, raise_on_error=False)
        error = failing.get_details()["error"]["error"]["message"]
        waiting = pipeline("wait.py").submit("ends")
        while not any(one.get_status() == "Running" for one in waiting.get_steps()):
            time.sleep(0.2)
        waiting.cancel()
        tell(
            failed=failed, error=error,
            canceled=waiting.wait_for_completion(show_output=False, raise_on_error=False),
            steps=[one.get_status() for one in waiting.get_steps()],
            experiment=sorted(one.status for one in Experiment(ws, "ends").get_runs()),
        )
        """)
    ).told
    assert told["failed"] == "Failed"
    assert "exit code 3" in told["error"]
    assert "all was well until here" in told["error"]
    assert told["canceled"] == "Canceled"
    assert told["steps"] == ["Canceled"]
    assert told["experiment"] == ["Canceled", "Failed"]

    def trigger(pipeline: str, **more: str) -> Done:
        where = {"workspace_name": WORKSPACE, "resource_group": "modelyard-local"}
        return place.run(
            "aml-pipeline", action="trigger", pipeline_id=told[pipeline], **where, **more
        )

    done = trigger("good", parameters="word=hello")
    assert done.code == 0, done.log
    assert "its support ended on 2026-06-30" in done.log
    assert "only: reported ['hello']" in done.log
    assert done.outputs["status"] == "Completed"
    again = trigger("good", parameters="word=hello")
    assert "was started before by this attempt" in again.log
    assert again.outputs["run-id"] == done.outputs["run-id"]
    wrong = trigger("good", parameters="wrod=hello")
    assert wrong.code == 2
    assert "no parameter wrod" in wrong.log
    failed = trigger("bad")
    assert failed.code == 31
    assert "all was well until here" in failed.log
    assert failed.outputs["status"] == "Failed"
