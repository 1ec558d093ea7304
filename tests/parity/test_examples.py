"""The examples of the reference pages, as they are printed there, reach their service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelyard import operations
from modelyard.local.cloud.credentials import WORKSPACE_HOST
from modelyard.local.runner.task_definition import read
from modelyard.local.runner.task_environment import TaskStep
from modelyard.local.runner.variables import Variable
from modelyard.manifest.examples import OUTPUT, SECRET, azure_example, github_example
from modelyard.operation import Operation
from parity.act import Runner
from parity.as_tasks import camel, start_task_job
from parity.checkout import ROOT
from parity.task_run import run_task
from parity.ways import NewPlace, Place, copied

WITHOUT_A_SERVICE = {
    "image-build": "model",  # it reads its model first, and that isn't there
    "files-remove": "will be removed when the job ends",
}
"""What says so instead."""
INPUTS_REFUSED = 2
OUTPUTS = {
    "cluster-id": "0101-010101-abcdefgh",
    "run-ids": "[1]",
    "runs": json.dumps([{"run_id": 1, "mlflow_run_id": "0" * 32, "succeeded": True}]),
    "best-run-id": "0" * 32,
    "model-path": "model",
    "model": "wine-quality:1",
}
"""What the steps before the example would have left."""
VALUES = {
    "https://adb-1234.5.azuredatabricks.net": f"https://{WORKSPACE_HOST}",
    "https://wine.example.azurecontainer.io/score": "CLOUD/endpoints/wine/invocations",
}
"""What stands in the examples for something of one's own."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the examples name, and what an earlier step has left."""
    folder = tmp_path_factory.mktemp("examples")
    copied(ROOT / "examples", folder / "examples")
    (folder / "model").mkdir()
    (folder / "model/README.md").write_text("no model")
    return folder


def own(text: str, place: Place) -> str:
    for placeholder, value in VALUES.items():
        text = text.replace(placeholder, value.replace("CLOUD", place.cloud.url))
    return text


def with_local_cloud(operation: Operation[Any, Any], step: dict[str, Any], token: str) -> None:
    """The local cloud is named by what `modelyard local exec` gives, of which steps have no
    credential here: the example of an operation on it gets that one."""
    if any(one.name == "local_cloud_token" for one in operation.input_members):
        step.setdefault("env", {}).setdefault("DATABRICKS_TOKEN", token)


def secrets(place: Place) -> dict[str, str]:
    named = (name for one in operations.every() for name in SECRET.findall(one.example))
    return {
        **dict.fromkeys(named, "some value"),
        **{name: value for name, value in place.secrets.items() if name.startswith("azure-")},
        "databricks-host": f"https://{WORKSPACE_HOST}",
        "databricks-token": place.secrets["databricks-token"],
        "aml-client-id": "an id",
        "aml-client-secret": "a secret",
        "modelyard-local-url": place.cloud.url,
    }


def assert_reached(operation: str, code: int, calls: int, log: str) -> None:
    assert code != INPUTS_REFUSED, log
    assert code != 70, log
    if operation in WITHOUT_A_SERVICE:
        assert WITHOUT_A_SERVICE[operation] in log
    else:
        assert calls, log


def test_on_azure_pipelines(new_place: NewPlace, files: Path) -> None:
    with new_place(files) as place:
        job = start_task_job(place).job
        for name, value in secrets(place).items():
            job.variables.set(Variable(name, value, secret=name != "databricks-host"))
        for operation in operations.every():
            [step] = yaml.safe_load(own(azure_example(operation), place))
            with_local_cloud(operation, step, "$(databricks-token)")
            assert step["task"] == f"{operation.task_name}@1"
            for found in OUTPUT.finditer(operation.example):
                name = f"{camel(found[1])}.{camel(found[2])}"
                job.variables.set(Variable(name, OUTPUTS[found[2]]))
            before, log = place.cloud.requests.total, list[str]()
            done = run_task(
                read(place.checkout / "tasks" / f"{operation.task_name}V1"),
                TaskStep(step["name"], _texts(step["inputs"]), _texts(step.get("env", {}))),
                job,
                log.append,
            )
            calls = place.cloud.requests.total - before
            assert_reached(operation.name, done.exit_code, calls, "\n".join(log))


def test_on_github(new_place: NewPlace, files: Path) -> None:
    with new_place(files) as place:
        steps: list[dict[str, Any]] = [{"uses": "actions/checkout@v4"}]
        for operation in operations.every():
            [step] = yaml.safe_load(own(github_example(operation), place))
            with_local_cloud(operation, step, "${{ secrets.DATABRICKS_TOKEN }}")
            step["with"] = {
                name: OUTPUT.sub(lambda found: OUTPUTS[found[2]], text)
                for name, text in _texts(step["with"]).items()
            }
            steps.append({**step, "if": "always()"})
        given = {name.upper().replace("-", "_"): value for name, value in secrets(place).items()}
        done = Runner(place.checkout, place.tools, place.environment()).run(
            steps,
            files=files,
            secrets=given,
            variables={"DATABRICKS_HOST": given["DATABRICKS_HOST"]},
        )
        for operation in operations.every():
            assert operation.name in done.steps, done.log
            step = done.steps[operation.name]
            log = "\n".join([*step.lines, *(text for _, text in step.annotations)])
            assert step.code != INPUTS_REFUSED, f"{operation.name}: {log}"
            assert step.code != 70, log
        assert place.cloud.requests.total > len(operations.NAMES)


def _texts(values: dict[str, Any]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
    }
