"""A job that uses every operation once, and the project that it belongs to."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import requests

from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.credentials import SUBSCRIPTION_ID, WORKSPACE_HOST
from modelyard.local.cloud.keyvault.vaults import FIRST
from parity.ways import Step

WORKSPACE = {
    "workspace-url": f"https://{WORKSPACE_HOST}",
    "token": "$(databricks-token)",
}
AZURE = {
    "subscription-id": SUBSCRIPTION_ID,
    "workspace-name": "parity",
    "azure-tenant-id": "$(azure-tenant-id)",
    "azure-client-id": "$(azure-client-id)",
    "azure-client-secret": "$(azure-client-secret)",
}
LOCAL = {"local-cloud-token": "$(databricks-token)"}
CLUSTER = "${{ steps.cluster-start.outputs.cluster-id }}"
DEADLINE = 900
"""Seconds for a call: the first one starts the MLflow server, three of them at a time."""
SECRET = "a secret: 'with' \"everything\" %0A;]\\"
TRAIN = """\
# Databricks notebook source
import json

dbutils.widgets.text("mlflow_run", "")

# COMMAND ----------

run_id = dbutils.widgets.get("mlflow_run")
dbutils.notebook.exit(json.dumps({"mlflow_run_id": run_id, "metrics": {"rmse": 0.5}}))
"""
COMMANDS = (
    "##vso[task.setvariable variable=stolen;isOutput=true]1",
    "##[error]not an error",
    "::set-output name=stolen::1",
    "::add-mask::show",
    "::stop-commands::token",
    "\u200b::set-output name=stolen::1",
    "text ##vso[task.complete result=Failed]",
    "%AZP25 %25 %0A %0D ; ] , : = \\ end",
)
"""What a notebook may print to make an agent do something."""
SHOW = f"""\
# Databricks notebook source
dbutils.notebook.exit("\\n".join({COMMANDS!r}))
"""
LONG = "ü" * 100_000
"""More than a variable takes, and more than a process can be started with."""
RETURN_LONG = f"""\
# Databricks notebook source
dbutils.notebook.exit({LONG[0]!r} * {len(LONG)})
"""
RAISE = f"""\
# Databricks notebook source
raise ValueError("\\n".join({COMMANDS!r}))
"""
WAIT = """\
# Databricks notebook source
import os
import time

dbutils.widgets.text("gate", "")
while not os.path.exists(dbutils.widgets.get("gate")):
    time.sleep(0.02)
"""
PIPELINE = """\
type: pipeline
inputs:
  text: none
  table: { type: uri_file, path: table/table.csv }
jobs:
  only:
    type: command
    environment: { image: mcr.microsoft.com/azureml/any }
    command: echo "${{inputs.text}}" && cp ${{inputs.table}} ${{outputs.copy}}
    inputs:
      text: ${{parent.inputs.text}}
      table: ${{parent.inputs.table}}
    outputs:
      copy: { type: uri_folder }
"""
PIPELINE_V1 = """\
from azureml.core.runconfig import RunConfiguration
from azureml.pipeline.steps import PythonScriptStep


def pipeline(workspace, computes, parameters, helper):
    print("made for", helper.action, "with", parameters)
    own = RunConfiguration()
    own.environment.python.user_managed_dependencies = True  # no package is needed
    return PythonScriptStep(
        name="only",
        script_name="only.py",
        source_directory="steps",
        arguments=["--text", helper.parameter("text", "none")],
        compute_target=helper.cluster("cpu", "STANDARD_DS3_V2"),
        runconfig=own,
        allow_reuse=False,
    )
"""
STEP_V1 = """\
import sys

print("of v1:", sys.argv[2])
"""
MODEL = """\
import mlflow


class Sum(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return (model_input["a"] + model_input["b"]).tolist()


mlflow.models.set_model(Sum())
"""
# In a process of its own: what the tests have imported would become requirements of the model.
LOG = """
import importlib.metadata, sys
import mlflow.pyfunc

pins = [name + "==" + importlib.metadata.version(name) for name in ("mlflow", "numpy", "pandas")]
mlflow.pyfunc.save_model(sys.argv[1], python_model=sys.argv[2], pip_requirements=pins)
"""


@dataclass(frozen=True)
class Project:
    """What the scenario starts from."""

    files: Path
    """The repository: notebooks, a table, rows."""
    model: Path
    """A model as MLflow saves it."""
    wheels: Path


def write_files(folder: Path) -> Path:
    """The files of the project, in a folder of that one."""
    files = folder / "files"
    for name, text in (
        ("notebooks/train.py", TRAIN),
        ("notebooks/show.py", SHOW),
        ("notebooks/raise.py", RAISE),
        ("notebooks/long.py", RETURN_LONG),
        ("notebooks/wait.py", WAIT),
        ("table/table.csv", "a,b\n1,2\n"),
        ("cluster.yml", "spark_version: 16.4.x-cpu-ml-scala2.12\nnode_type_id: Standard_DS3_v2\n"),
        ("pipeline.yml", PIPELINE),
        ("ml/driver.py", PIPELINE_V1),
        ("steps/only.py", STEP_V1),
        ("rows.json", json.dumps([{"a": 1.0, "b": 2.0}, {"a": 0.5, "b": 0.25}])),
    ):
        (files / name).parent.mkdir(parents=True, exist_ok=True)
        (files / name).write_text(text)
    return files


def write_project(folder: Path, wheels: Path) -> Project:
    """Write the files and save a model."""
    files = write_files(folder)
    code = folder / "sum.py"
    code.write_text(MODEL)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOG, str(folder / "model"), str(code)],
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )
    assert done.returncode == 0, done.stderr
    return Project(files, folder / "model", wheels)


def keep_secrets(cloud: LocalCloud) -> None:
    """Put the secrets of the scenario into the vault."""
    with requests.Session() as session:
        session.trust_env = False
        for name in ("password", "db-user", "db-key"):
            answer = session.put(
                f"{cloud.url}/modelyard/keyvault/vaults/{FIRST}/secrets/{name}",
                json={"value": f"{SECRET}\n{name}"},
                headers=cloud.admin_headers,
                timeout=60,
            )
            assert answer.status_code == 200, answer.text


def log_model(cloud: LocalCloud, model: Path, token: str) -> str:
    """Log the model to a run of the workspace's MLflow, as an older client does; the run's id."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {token}"

        def post(call: str, **body: object) -> dict[str, dict[str, str]]:
            answer = session.post(f"{cloud.url}/api/2.0/mlflow/{call}", json=body, timeout=DEADLINE)
            assert answer.status_code == 200, answer.text
            found: dict[str, dict[str, str]] = answer.json()
            return found

        experiment = str(post("experiments/create", name="/Shared/parity")["experiment_id"])
        run_id = post("runs/create", experiment_id=experiment, start_time=1)["run"]["info"][
            "run_id"
        ]
        post("runs/log-metric", run_id=run_id, key="rmse", value=0.5, timestamp=1)
        root = f"/WorkspaceInternal/Mlflow/Artifacts/{experiment}/Runs/{run_id}/artifacts/model"
        for path in sorted(one for one in model.rglob("*") if one.is_file()):
            answer = session.put(
                f"{cloud.url}/api/2.0/fs/files{root}/{path.relative_to(model).as_posix()}",
                data=path.read_bytes(),
                timeout=DEADLINE,
            )
            assert answer.status_code in (200, 204), answer.text
        post("runs/update", run_id=run_id, status="FINISHED", end_time=2)
        return str(run_id)


def steps(project: Project, mlflow_run: str) -> list[Step]:
    """All of them, in an order that makes sense."""
    parameters = json.dumps({"mlflow_run": mlflow_run})

    def on_workspace(operation: str, **inputs: str) -> Step:
        named = {name.replace("_", "-"): value for name, value in inputs.items()}
        return Step(operation, {**WORKSPACE, **named})

    secret_scope = on_workspace("secret-scope", scope="parity", secrets="password: PARITY_SECRET")
    return [
        on_workspace(
            "instance-pool",
            pool_name="parity",
            node_type="Standard_DS3_v2",
            min_idle_instances="0",
            max_capacity="10",
            idle_autotermination_minutes="15",
            elastic_disk="Yes",
            custom_tags='{"team": "parity", "cost": "1"}',
        ),
        on_workspace(
            "cluster-start",
            cluster_name="parity",
            spec="cluster.yml",
            num_workers="1",
            autotermination_minutes="30",
            single_node="off",
            elastic_disk="TRUE",
            spark_conf="spark.one: two words\nspark.two: 'a: b'\n",
            custom_tags="team: parity\nquoted: '\"%0A;]'",
        ),
        on_workspace(
            "library-install", cluster_id=CLUSTER, libraries="- requests\n- pyyaml", prune="no"
        ),
        on_workspace(
            "notebooks-import",
            source="notebooks",
            target="/Shared/parity",
            parallel="1",
            include="train.py\n  show.py\n\n*a*.py",
            exclude='["raise.py", ".git"]',
            skip_unchanged="False",
            allowed_workspaces=WORKSPACE["workspace-url"],
        ),
        on_workspace(
            "files-upload",
            source="table",
            target="/Volumes/main/default/parity",
            parallel="1",
            overwrite="on",
            allow_empty="0",
        ),
        Step(secret_scope.operation, secret_scope.inputs, {"PARITY_SECRET": "$(parity-secret)"}),
        on_workspace(
            "job-run",
            job="parity",
            notebook="/Shared/parity/train",
            cluster_id=CLUSTER,
            parameters=parameters,
            metric="rmse",
            better="lower",
        ),
        on_workspace("notebook-run", notebook="/Shared/parity/show", cluster_id=CLUSTER),
        on_workspace("run-cancel", run_ids="${{ steps.job-run.outputs.run-ids }}"),
        on_workspace(
            "model-select",
            runs="${{ steps.job-run.outputs.runs }}",
            metric="rmse",
            better="lower",
            threshold="0.6",
            download_to="model",
        ),
        aml_workspace(),
        Step(
            "aml-compute",
            {
                **AZURE,
                "compute-name": "parity",
                "compute-type": "amlcompute",
                "vm-size": "Standard_DS3_v2",
                "max-nodes": "2",
                "low-priority": "yes",
            },
        ),
        Step(
            "aml-datastore",
            {
                **AZURE,
                "datastores": "days: {type: blob, account: winedays, container: days}\n"
                "lake: {type: adls-gen2, account: winelake, container: raw, default: true}\n",
            },
        ),
        # Validated only: how often a run is asked after isn't the same twice.
        aml_pipeline(action="validate"),
        Step(
            "model-register",
            {
                **AZURE,
                "name": "parity",
                "model": "${{ steps.model-select.outputs.model-path }}",
                "run-id": "${{ steps.model-select.outputs.best-run-id }}",
                "metrics": "rmse: ${{ steps.model-select.outputs.best-metric }}\nr2: 0.25\n",
            },
        ),
        Step(
            "model-promote",
            {
                **AZURE,
                "registry": "azure-ml",
                "name": "parity",
                "run-id": "${{ steps.model-select.outputs.best-run-id }}",
                "metric": "rmse",
                "better": "lower",
                "minimum-gain": "0.01",
                "comparable-on": "commit\n build ",
                "fail-on": "incomparable",
            },
        ),
        Step(
            "image-build",
            {
                "model": "${{ steps.model-select.outputs.model-path }}",
                "name": "parity",
                "tags": "parity\nsecond",
                "engine": "oci",
                "base-image": "host",
                "wheels": str(project.wheels),
                "push": "YES",
            },
        ),
        Step(
            "model-deploy",
            {
                "target": "local",
                "endpoint": "parity",
                "image": "${{ steps.image-build.outputs.image }}",
                **LOCAL,
            },
        ),
        Step(
            "endpoint-test",
            {
                "target": "local",
                "endpoint": "parity",
                "rows": "rows.json",
                "expect-count": "2",
                "requests": "2",
                **LOCAL,
            },
        ),
        on_workspace(
            "files-remove",
            paths="/Volumes/main/default/parity/table.csv\n/Volumes/main/default/parity/none",
            recursive="1",
            when="at-end",
        ),
        on_workspace("cluster-stop", cluster_id=CLUSTER),
        on_workspace("databricks-cli"),
        vault_secrets(),
    ]


def aml_workspace() -> Step:
    """The workspace of the two below."""
    return Step("aml-workspace", {**AZURE, "location": "westeurope"})


def aml_pipeline(**inputs: str) -> Step:
    """A pipeline of one step, which needs no package."""
    return Step(
        "aml-pipeline",
        {**AZURE, "definition": "pipeline.yml", "parameters": "text=a: b", **inputs},
    )


def vault_secrets() -> Step:
    """Reads what :func:`keep_secrets` has put into the vault."""
    return Step(
        "keyvault-secrets",
        {
            "vault": FIRST,
            "secrets": "PARITY_PASSWORD: password",
            "filter": "db-*",
            "parallel": "1",
            "azure-tenant-id": "$(azure-tenant-id)",
            "azure-client-id": "$(azure-client-id)",
            "azure-client-secret": "$(azure-client-secret)",
        },
    )
