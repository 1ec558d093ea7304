"""A DatabricksStep as work of the execution engine: a run of the Jobs API on the local workspace.

A script of a source folder is brought to DBFS first, below ``dbfs:/azureml``, as the service does.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import requests

from modelyard.local.cloud.aml.computes import DATABRICKS, TOKEN, Computes
from modelyard.local.cloud.aml.execution.graph import ClusterTask, input_path, output_path
from modelyard.local.cloud.aml.front import refused
from modelyard.local.cloud.aml.v1.pipelines.reading import Step
from modelyard.local.cloud.aml.workspaces import Workspace

Json = dict[str, Any]
BLOCK = 1024 * 1024
_PARAMETER = "_AML_PARAMETER_"
_CLUSTER_TEXTS = ("spark_version", "node_type_id", "instance_pool_id")
_PAIRS = ("spark_env_vars", "spark_conf")
_TOLD = tuple(
    f"AZUREML_{name}"
    for name in (
        *("RUN_TOKEN", "RUN_TOKEN_EXPIRY", "RUN_ID", "ARM_SUBSCRIPTION", "ARM_RESOURCEGROUP"),
        *("ARM_WORKSPACE_NAME", "ARM_PROJECT_NAME", "SERVICE_ENDPOINT"),
    )
)
"""What the service adds to the parameters of every step."""
_TOLD_LATER = ("AZUREML_EXPERIMENT_ID", "AZUREML_WORKSPACE_ID")
"""What it adds since. An older script that is strict about its arguments ends at these, so a script
gets only those that it names."""
_FOLDER = "AZUREML_SCRIPT_DIRECTORY_NAME"
_REFUSED = ("main_class_name", "jar_libraries", "egg_libraries", "rcran_libraries", "init_scripts")


def task_of(step: Step, workspace: Workspace, computes: Computes, script: str) -> ClusterTask:
    """Raises ArmError for what can't be run here.

    :param script: text of the step's script, where it comes from a source folder.
    """
    for name in _REFUSED:
        if step.values.get(name):
            raise refused(f"{name} of a DatabricksStep ({step.name}) isn't emulated.")
    token = _token(step, workspace, computes)
    task: Json = {**_work(step), **_cluster(step)}
    if libraries := _libraries(step):
        task["libraries"] = libraries
    notebook = "notebook_task" in task
    later = tuple(name for name in _TOLD_LATER if notebook or name in script)
    return ClusterTask(task, token, _TOLD + later)


def script_folder(step: Step) -> str | None:
    """Where in DBFS the step's source folder belongs; None for one that needs none."""
    if not step.values.get("python_script_name"):
        return None
    location = step.module.get("DataLocation") or {}
    return f"/azureml/{location['StorageId']}"


def upload(url: str, token: str, folder: str, files: Iterable[tuple[str, Path]]) -> None:
    """Bring files to DBFS. Raises ArmError with the workspace's own message."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {token}"

        def call(what: str, **body: Any) -> Json:
            answer = session.post(f"{url}/api/2.0/dbfs/{what}", json=body, timeout=60)
            found: Json = answer.json()
            if not answer.ok:
                raise refused(f"Databricks refused a file: {found.get('message')}")
            return found

        for name, path in files:
            handle = call("create", path=f"{folder}/{name}", overwrite=True)["handle"]
            with path.open("rb") as file:
                while block := file.read(BLOCK):
                    call("add-block", handle=handle, data=base64.b64encode(block).decode())
            call("close", handle=handle)


def _work(step: Step) -> Json:
    paths = {
        **{name: input_path(name) for name in (*step.data, *step.produced)},
        **{str(one["Name"]): output_path(one["Name"]) for one in step.outputs},
    }
    if notebook := step.values.get("notebook_path"):
        given = dict(_pairs(step.values.get("base_parameters", "")))
        for name in given:
            given[name] = step.values.get(f"{_PARAMETER}{name}", given[name])
        return {"notebook_task": {"notebook_path": notebook, "base_parameters": given | paths}}
    script = step.values.get("python_script_path") or ""
    if folder := script_folder(step):
        script = f"dbfs:{folder}/{step.values['python_script_name']}"
        paths[_FOLDER] = folder.lstrip("/")
    words = _words(step)
    for name, value in paths.items():
        words += [f"--{name}", value]
    return {"spark_python_task": {"python_file": script, "parameters": words}}


def _cluster(step: Step) -> Json:
    if existing := step.values.get("existing_cluster_id"):
        return {"existing_cluster_id": existing}
    values = step.values
    made: Json = {name: values[name] for name in _CLUSTER_TEXTS if values.get(name)}
    for name in _PAIRS:
        if values.get(name):
            made[name] = dict(_pairs(values[name]))
    if values.get("num_workers"):
        made["num_workers"] = int(values["num_workers"])
    else:
        made["autoscale"] = {
            "min_workers": int(values.get("min_workers") or 1),
            "max_workers": int(values.get("max_workers") or 1),
        }
    return {"new_cluster": made}


def _token(step: Step, workspace: Workspace, computes: Computes) -> str:
    name = step.values.get("compute_name", "")
    properties = computes.get(workspace, name)["properties"]
    if properties["computeType"] != DATABRICKS:
        raise refused(
            f"The step {step.name} needs Databricks, and the compute {name} is of the type "
            f"{properties['computeType']}."
        )
    return str(properties["properties"][TOKEN])


def _words(step: Step) -> list[str]:
    """``a||b``; the word after the name of a parameter of the pipeline is its value."""
    text = step.values.get("python_script_params", "")
    words = [one.replace("|-", "|") for one in text.split("||")] if text else []
    for number, name in enumerate(words[:-1]):
        words[number + 1] = step.values.get(f"{_PARAMETER}{name}", words[number + 1])
    return words


def _libraries(step: Step) -> list[Json]:
    """``package=a|repo=b;package=c``"""
    found = []
    for one in filter(None, step.values.get("pypi_libraries", "").split(";")):
        fields = dict(part.partition("=")[::2] for part in one.split("|"))
        found.append({"pypi": fields})
    return found


def _pairs(text: str) -> list[tuple[str, str]]:
    found = []
    for pair in filter(None, text.split(";")):
        name, _, value = pair.partition("=")
        found.append((name, value))
    return found
