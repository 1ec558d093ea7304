"""A model of MLflow behind a managed endpoint: no script, MLflow's own server, Azure's bodies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.aml_workplace import MISSING, WHEELS, Workplace, pip_settings
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment
from parity import scenario

CLOUD_SERVICES = ("entra", "arm", "storage", "aml")
pytestmark = [
    pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment"),
    pytest.mark.skipif(
        not (WHEELS / ".complete").is_file(), reason="MODELYARD_WHEELS names no folder of wheels"
    ),
]
WORKSPACE = {"workspace_name": "wine", "resource_group": "modelyard-local"}


@pytest.fixture(scope="module", autouse=True)
def pip() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in pip_settings().items():
            patch.setenv(name, value)
        yield


def test_it_is_registered_deployed_and_scored(cloud: LocalCloud, tmp_path: Path) -> None:
    project = scenario.write_project(tmp_path, WHEELS)
    place = Workplace(cloud, program_environment(cloud.environment), tmp_path)
    assert place.run("aml-workspace", **WORKSPACE).code == 0
    made = place.run("model-register", **WORKSPACE, name="sum", model=str(project.model))
    assert made.code == 0, made.log
    table = {"columns": ["a", "b"], "data": [[1.0, 2.0], [0.5, 0.25]]}
    (tmp_path / "azure.json").write_text(json.dumps({"input_data": table}))
    done = place.run(
        "model-deploy",
        **WORKSPACE,
        target="managed",
        endpoint="sums",
        model=made.outputs["model"],
        rows="azure.json",
    )
    assert done.code == 0, done.log
    for rows in ("azure.json", str(project.files / "rows.json")):
        tested = place.run(
            "endpoint-test", **WORKSPACE, target="managed", endpoint="sums", rows=rows
        )
        assert tested.code == 0, tested.log
        assert json.loads(tested.outputs["predictions"]) == [3.0, 0.75]
    told = place.sdk("""
        tell(answer=ml.online_endpoints.invoke("sums", request_file="azure.json"))
        tell(type=ml.models.get("sum", "1").type)
    """).told
    assert told == {"answer": "[3.0, 0.75]", "type": "mlflow_model"}
