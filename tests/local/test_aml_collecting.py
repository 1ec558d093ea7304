"""What a deployment collects: requests and answers, and what its script hands to the collector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import serving_project
from local.aml_workplace import MISSING, Workplace, pip_settings
from modelyard.images.interpreters import own_version
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment

CLOUD_SERVICES = ("entra", "arm", "storage", "aml")
pytestmark = pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment")
WORKSPACE = {"workspace_name": "wine", "resource_group": "modelyard-local"}
DEPLOYMENT = "onlineEndpoints/collected/deployments/blue"
COLLECTS = """\
import json
import pandas
from azureml.ai.monitoring import Collector

def init():
    global inputs, left_out
    inputs = Collector(name="model_inputs")
    left_out = Collector(name="model_outputs", on_error=lambda error: print("left out:", error))

def run(data):
    frame = pandas.DataFrame(json.loads(data)["data"])
    context = inputs.collect(frame)
    left_out.collect(frame, context)
    return frame["a"].tolist()
"""
READ = """
import time
from azure.storage.blob import BlobServiceClient

store = ml.datastores.get("workspaceblobstore", include_secrets=True)
service = BlobServiceClient(
    f"https://{store.account_name}.blob.core.windows.net", store.credentials.account_key
)
container = service.get_container_client(store.container_name)

def lines():
    found = {}
    for blob in container.list_blobs("modelDataCollector/"):
        text = container.download_blob(blob.name).readall().decode()
        found[blob.name] = [json.loads(line) for line in text.splitlines()]
    return found

deadline = time.monotonic() + 60
while not any("model_inputs" in name for name in lines()) and time.monotonic() < deadline:
    time.sleep(0.2)  # the script's collector sends beside the answer
tell(lines=lines())
collector = ml.online_deployments.get("blue", "collected").data_collector
tell(enabled={name: one.enabled for name, one in collector.collections.items()})
"""


@pytest.fixture(scope="module")
def told(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What real clients find after one request with two rows."""
    folder = tmp_path_factory.mktemp("repository")
    serving_project.write(folder, own_version())
    (folder / "code/score.py").write_text(COLLECTS)
    conda = folder / "conda.yml"
    conda.write_text(conda.read_text() + "    - azureml-ai-monitoring==1.0.0\n")
    (folder / "rows.json").write_text('{"data": [{"a": 1}, {"a": 2}]}')
    with pytest.MonkeyPatch.context() as patch:
        for name, value in pip_settings().items():
            patch.setenv(name, value)
        place = Workplace(cloud, program_environment(cloud.environment), folder)
        assert place.run("aml-workspace", **WORKSPACE).code == 0
        done = place.run("model-register", **WORKSPACE, name="double", model="double")
        assert done.code == 0, done.log
        done = place.run(
            "model-deploy",
            **WORKSPACE,
            target="managed",
            endpoint="collected",
            model="double:1",
            code="code",
            conda_file="conda.yml",
            rows="rows.json",
            collect="request\nresponse\nmodel_inputs",
        )
        assert done.code == 0, done.log
        yield {**place.sdk(READ).told, "log": done.log}


def of(told: dict[str, Any], collection: str) -> tuple[str, dict[str, Any]]:
    """The blob of a collection and its only line."""
    [(name, [line])] = [one for one in told["lines"].items() if f"/{collection}/" in one[0]]
    return name, line


def test_requests_and_answers_are_lines_in_the_workspaces_storage(told: dict[str, Any]) -> None:
    name, line = of(told, "request")
    assert Path(name).suffix == ".jsonl"
    assert name.startswith("modelDataCollector/collected/blue/request/20")
    assert len(name.split("/")) == 9  # by the hour
    assert line["type"] == "azureml.inference.request"
    assert line["source"].endswith(DEPLOYMENT)
    assert line["data"] == {"data": [{"a": 1}, {"a": 2}]}
    assert of(told, "response")[1]["data"] == [1, 2]


def test_the_scripts_own_collector_reaches_the_same_place(told: dict[str, Any]) -> None:
    line = of(told, "model_inputs")[1]
    assert line["type"] == "azureml.inference.model_inputs"
    assert line["data"] == [{"a": 1}, {"a": 2}]
    assert line["collectdatatype"].endswith("DataFrame")
    assert line["agent"].startswith("azureml-ai-monitoring")
    assert not any("model_outputs" in name for name in told["lines"])
    assert told["enabled"] == {"request": "true", "response": "true", "model_inputs": "true"}
