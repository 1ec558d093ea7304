from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests_mock as mocking
import yaml

from modelyard.azureml import jobs
from modelyard.azureml.connection import Place
from modelyard.azureml.jobs import History, definition, submission
from modelyard.azureml.jobs.states import Meaning, state_of
from modelyard.clock import FakeClock
from modelyard.errors import NotFound, UnknownState
from modelyard.http import Session

ARM, API = "https://management.azure.com", "https://westeurope.api.azureml.ms"
PLACE = Place("00000000-0000-0000-0000-000000000000", "group", "wine")
WS = f"{ARM}{PLACE.path}"
RUNS = f"{API}/history/v1.0{PLACE.path}/runs"
LOG = "https://account.blob.core.windows.net/azureml/log.txt?sp=r&sig=a-signature-of-this-test"


@pytest.fixture
def arm() -> Session:
    return Session(ARM, clock=FakeClock())


@pytest.fixture
def history() -> History:
    return History(Session(API, clock=FakeClock()), PLACE)


def job(status: str) -> dict[str, Any]:
    services = {"Studio": {"endpoint": "https://ml.azure.com/runs/one"}}
    properties = {"status": status, "experimentName": "wine", "services": services}
    return {"id": f"{PLACE.path}/jobs/one", "name": "one", "properties": properties}


def test_a_job_is_started_and_found(requests_mock: mocking.Mocker, arm: Session) -> None:
    put = requests_mock.put(f"{WS}/jobs/one", json=job("NotStarted"))
    requests_mock.get(f"{WS}/jobs/one", json=job("Running"))
    started = jobs.start(arm, PLACE, "one", {"jobType": "Pipeline"})
    assert put.last_request.json() == {"properties": {"jobType": "Pipeline"}}
    assert (started.name, started.url) == ("one", "https://ml.azure.com/runs/one")
    found = jobs.find(arm, PLACE, "one")
    assert found is not None
    assert not found.state.ended


def test_a_job_that_is_not_there(requests_mock: mocking.Mocker, arm: Session) -> None:
    requests_mock.get(f"{WS}/jobs/one", status_code=404, json={"error": {"code": "UserError"}})
    assert jobs.find(arm, PLACE, "one") is None


def test_a_cancel_is_sent_again_after_a_lost_answer(
    requests_mock: mocking.Mocker, arm: Session
) -> None:
    sent = requests_mock.post(f"{WS}/jobs/one/cancel", [{"status_code": 503}, {"status_code": 202}])
    jobs.cancel(arm, PLACE, "one")
    assert sent.call_count == 2


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("Completed", Meaning.SUCCEEDED),
        ("Failed", Meaning.FAILED),
        ("NotResponding", Meaning.FAILED),
        ("Paused", Meaning.FAILED),
        ("Canceled", Meaning.CANCELED),
        ("CancelRequested", Meaning.ACTIVE),
        ("Finalizing", Meaning.ACTIVE),
    ],
)
def test_states(name: str, meaning: Meaning) -> None:
    assert state_of(name).meaning is meaning


@pytest.mark.parametrize("name", ["Succeeded", "completed", "", None])
def test_a_state_that_nobody_knows(name: str | None) -> None:
    with pytest.raises(UnknownState):
        state_of(name)


def test_children_come_in_their_order(requests_mock: mocking.Mocker, history: History) -> None:
    def child(id: str, created: str, **more: Any) -> dict[str, Any]:
        return {"runId": id, "displayName": id, "status": "Failed", "createdUtc": created, **more}

    error = {"error": {"code": "UserError", "message": "no\nmemory"}}
    requests_mock.get(
        f"{RUNS}/one/children", json={"value": [child("b", "2")], "nextLink": f"{RUNS}/more"}
    )
    requests_mock.get(f"{RUNS}/more", json={"value": [child("a", "1", error=error)]})
    found = history.children("one")
    assert [one.id for one in found] == ["a", "b"]
    assert "no\nmemory" in found[0].error
    assert found[1].error == ""


def test_a_log_is_read_from_where_it_was_left(
    requests_mock: mocking.Mocker, history: History
) -> None:
    logs = {"logFiles": {"user_logs/std_log.txt": LOG, "system_logs/a.txt": "x"}}
    requests_mock.get(f"{RUNS}/one/details", json=logs)
    blob = requests_mock.get(LOG, [{"content": b"more"}, {"status_code": 416}])
    assert history.log("one", 7) == b"more"
    assert blob.last_request.headers["x-ms-range"] == "bytes=7-"
    assert "Authorization" not in blob.last_request.headers
    assert history.log("one", 11) == b""


def test_a_run_that_has_printed_nothing(requests_mock: mocking.Mocker, history: History) -> None:
    requests_mock.get(f"{RUNS}/one/details", json={"logFiles": {}})
    assert history.log("one", 0) == b""


def wine(folder: Path) -> definition.Pipeline:
    (folder / "src").mkdir()
    (folder / "src/a.py").write_text("print(1)")
    body = {
        "type": "pipeline",
        "display_name": "Wine",
        "tags": {"team": "wine"},
        "settings": {"default_compute": "azureml:cpu", "continue_on_step_failure": True},
        "inputs": {"rate": 0.5},
        "jobs": {
            "only": {
                "code": "src",
                "command": "python a.py ${{inputs.rate}}",
                "environment": {"image": "image", "conda_file": {"dependencies": ["python=3.11"]}},
                "inputs": {"rate": "${{parent.inputs.rate}}"},
                "limits": {"timeout": 90},
            }
        },
    }
    path = folder / "pipeline.yml"
    path.write_text(yaml.safe_dump(body))
    return definition.read(path, {})


def test_what_a_pipeline_is_made_of_is_registered_once(
    requests_mock: mocking.Mocker, arm: Session, tmp_path: Path
) -> None:
    kept: dict[str, Any] = {}

    def get(request: Any, context: Any) -> Any:
        if request.path not in kept:
            context.status_code = 404
            return {"error": {"code": "UserError", "message": "not there"}}
        return kept[request.path]

    def put(request: Any, _context: Any) -> Any:
        name = request.path.rsplit("/", 1)[-1]
        kept[request.path] = {"id": request.path, "name": name, **request.json()}
        return kept[request.path]

    requests_mock.get(mocking.ANY, json=get)
    sent = requests_mock.put(mocking.ANY, json=put)
    kept[f"{PLACE.path}/computes/cpu".lower()] = {
        "id": "compute-id",
        "name": "cpu",
        "properties": {"computeType": "AmlCompute"},
    }
    address = "https://account.blob.core.windows.net/pend"
    upload = {"blobUri": address, "credential": {"sasUri": f"{address}?sig=of-this-test"}}
    requests_mock.post(mocking.ANY, json={"blobReferenceForConsumption": upload})
    blob = requests_mock.put(f"{address}/code/a.py", status_code=201)
    pipeline = wine(tmp_path)

    first = submission.body(arm, PLACE, pipeline, experiment="e", tags={"own": "1"})
    once = (sent.call_count, blob.call_count)
    second = submission.body(arm, PLACE, pipeline, experiment="e", tags={"own": "1"})

    assert first == second
    assert (sent.call_count, blob.call_count) == once == (3, 1)  # code, environment, component
    assert first["tags"] == {"team": "wine", "own": "1"}
    assert first["settings"] == {
        "default_compute": "compute-id",
        "continue_on_step_failure": True,
        "_source": "YAML.JOB",
    }
    step = first["jobs"]["only"]
    assert step["limits"] == {"job_limits_type": "Command", "timeout": "PT90S"}
    assert step["inputs"]["rate"]["value"] == "${{parent.inputs.rate}}"
    spec = kept[step["componentId"]]["properties"]["componentSpec"]
    assert spec["inputs"] == {"rate": {"type": "number"}}
    environment = kept[spec["environment"].removeprefix("azureml:")]["properties"]
    assert json.loads(environment["condaFile"]) == {"dependencies": ["python=3.11"]}


def test_a_compute_that_is_not_there(
    requests_mock: mocking.Mocker, arm: Session, tmp_path: Path
) -> None:
    requests_mock.get(mocking.ANY, status_code=404, json={"error": {"code": "ResourceNotFound"}})
    with pytest.raises(NotFound, match="has no compute cpu"):
        submission.look_up(arm, PLACE, wine(tmp_path))
