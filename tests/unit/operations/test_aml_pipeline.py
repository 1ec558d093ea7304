from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.azureml import workspaces
from modelyard.azureml.connection import Place
from modelyard.azureml.workspaces import AzureMLWorkspace
from modelyard.context import Context
from modelyard.credentials import Anonymous
from modelyard.errors import (
    Cancelled,
    FileError,
    InputError,
    NotFound,
    RunCanceled,
    RunFailed,
    UnknownState,
    WaitTimeout,
)
from modelyard.http import Session
from modelyard.operations import aml_pipeline
from modelyard.operations.aml_pipeline import OPERATION
from modelyard.operations.pipelines import present_way
from modelyard.operations.pipelines.pipeline_inputs import PipelineInputs
from unit.conftest import IDENTITY

ARM, API = "https://management.azure.com", "https://westeurope.api.azureml.ms"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
WS = Place(SUBSCRIPTION, "wine", "wine").path
RUNS = f"{API}/history/v1.0{WS}/runs"
Make = Callable[..., Context]


@pytest.fixture(autouse=True)
def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same sessions without a sign-in."""

    def connect(_inputs: Any, context: Context, *, read_only: bool) -> Session:
        return Session(ARM, clock=context.clock, read_only=read_only)

    def region(
        _inputs: Any, context: Context, workspace: AzureMLWorkspace, *, read_only: bool
    ) -> Session:
        address = workspaces.api_address(workspace.discovery_url)
        return Session(address, clock=context.clock, credential=Anonymous(), read_only=read_only)

    monkeypatch.setattr(present_way, "connect", connect)
    monkeypatch.setattr(present_way, "connect_region", region)


class Service:
    """One workspace, in which a job goes through these states."""

    def __init__(self, mock: mocking.Mocker, states: list[str], children: dict[str, str]) -> None:
        self.mock = mock
        self.states = states
        self.started = ""
        self.end = "Canceled"
        mock.put(mocking.ANY, json=self._put)
        self.cancel = mock.post(mocking.ANY, status_code=202, json=self._cancelled)
        mock.get(mocking.ANY, json=self._get)
        self.children = [
            {"runId": name, "displayName": name, "status": status, "error": _error(status)}
            for name, status in children.items()
        ]

    def _put(self, request: Any, _context: Any) -> Any:
        name = request.path.rsplit("/", 1)[-1]
        if "/jobs/" in request.path:
            self.started = name
            return self._job()
        return {"id": request.path, "name": name, **request.json()}

    def _cancelled(self, _request: Any, _context: Any) -> Any:
        self.states = [self.end]
        return {}

    def _get(self, request: Any, context: Any) -> Any:
        path = request.path
        if path == WS.lower():
            return {"id": WS, "properties": {"discoveryUrl": f"{API}/discovery"}}
        if path.endswith("/children"):
            return {"value": self.children}
        if path.endswith("/details"):
            return {"logFiles": {}}
        if "/history/" in path:
            return {"runId": self.started, "status": "Failed", "error": _error("Failed")}
        if "/jobs/" in path and self.started:
            return self._job()
        context.status_code = 404
        return {"error": {"code": "UserError", "message": "not there"}}

    def _job(self) -> Any:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        services = {"Studio": {"endpoint": "https://ml.azure.com/runs/one"}}
        properties = {"status": state, "experimentName": "wine", "services": services}
        return {"id": "x", "name": self.started, "properties": properties}


def _error(status: str) -> Any:
    return {"error": {"code": "UserError", "message": "boom"}} if status == "Failed" else None


@pytest.fixture
def inputs(tmp_path: Path) -> PipelineInputs:
    path = tmp_path / "train.yml"
    path.write_text("jobs: {only: {command: 'true', environment: {image: any}}}")
    return PipelineInputs(subscription_id=SUBSCRIPTION, workspace_name="wine", definition=str(path))


def run(inputs: PipelineInputs, context: Context, **changes: Any) -> Any:
    return aml_pipeline.run(dataclasses.replace(inputs, **changes), context)


def test_a_job_says_which_build_it_is_of(
    requests_mock: mocking.Mocker, make_context: Make, inputs: PipelineInputs
) -> None:
    service = Service(requests_mock, ["Completed"], {})
    run(inputs, make_context(OPERATION), tags={"team": "wine", "commit": "mine"})
    [sent] = [
        one
        for one in requests_mock.request_history
        if one.path.endswith(service.started) and one.method == "PUT"
    ]
    tags = sent.json()["properties"]["tags"]
    assert tags == {"build": IDENTITY.build, "commit": "mine", "team": "wine"}


def test_it_waits_for_the_end(
    requests_mock: mocking.Mocker, make_context: Make, recording_ci: Any, inputs: PipelineInputs
) -> None:
    service = Service(requests_mock, ["NotStarted", "Running", "Completed"], {"only": "Completed"})
    outputs = run(inputs, make_context(OPERATION))
    assert outputs.status == "Completed"
    assert service.started.startswith("train-")
    assert recording_ci.outputs["run-id"] == service.started
    assert recording_ci.outputs["run-url"] == "https://ml.azure.com/runs/one"
    assert recording_ci.outputs["steps"] == (
        '[{"name": "only", "run-id": "only", "status": "Completed"}]'
    )
    assert not recording_ci.state.get("job")
    assert service.cancel.call_count == 0
    [told] = recording_ci.summaries
    assert "| only | Completed |" in told


@pytest.mark.parametrize(
    ("state", "children", "error"),
    [
        ("Failed", {"only": "Failed"}, RunFailed),
        ("Failed", {}, RunFailed),
        ("Canceled", {"only": "Canceled"}, RunCanceled),
        ("NotResponding", {}, RunFailed),
        ("Completed", {"only": "Failed"}, RunFailed),
        ("Completed", {"only": "Canceled"}, RunCanceled),
    ],
)
def test_what_is_no_success_fails(
    requests_mock: mocking.Mocker,
    make_context: Make,
    recording_ci: Any,
    inputs: PipelineInputs,
    state: str,
    children: dict[str, str],
    error: type[Exception],
) -> None:
    service = Service(requests_mock, ["Running", state], children)
    with pytest.raises(error) as raised:
        run(inputs, make_context(OPERATION))
    assert recording_ci.outputs["status"] == state
    assert service.cancel.call_count == 0
    if error is RunFailed and state == "Failed":
        assert "boom" in str(raised.value)


def test_a_state_that_nobody_knows_is_no_success(
    requests_mock: mocking.Mocker, make_context: Make, inputs: PipelineInputs
) -> None:
    service = Service(requests_mock, ["Running", "Enchanted"], {})
    with pytest.raises(UnknownState, match="Enchanted"):
        run(inputs, make_context(OPERATION))
    assert service.cancel.call_count == 1


def test_a_pipeline_that_takes_too_long_is_cancelled(
    requests_mock: mocking.Mocker, make_context: Make, recording_ci: Any, inputs: PipelineInputs
) -> None:
    service = Service(requests_mock, ["Running"], {})
    with pytest.raises(WaitTimeout):
        run(inputs, make_context(OPERATION), timeout_minutes=1)
    assert service.cancel.call_count == 1
    assert recording_ci.outputs["status"] == "Canceled"
    assert not recording_ci.state.get("job")


def test_one_that_completes_while_it_is_cancelled_is_told_so(
    requests_mock: mocking.Mocker, make_context: Make, recording_ci: Any, inputs: PipelineInputs
) -> None:
    service = Service(requests_mock, ["Running"], {})
    service.end = "Completed"
    with pytest.raises(WaitTimeout) as late:
        run(inputs, make_context(OPERATION), timeout_minutes=1)
    assert "it has completed meanwhile" in str(late.value.cause)
    assert recording_ci.outputs["status"] == "Completed"


@pytest.mark.parametrize("action", ["submit", "publish", "trigger"])
def test_no_time_at_all_is_refused_before_anything_is_sent(
    requests_mock: mocking.Mocker, make_context: Make, inputs: PipelineInputs, action: str
) -> None:
    with pytest.raises(InputError, match="timeout-minutes is 0"):
        run(inputs, make_context(OPERATION), timeout_minutes=0, action=action)
    assert not requests_mock.request_history


def test_a_signal_cancels_it(
    requests_mock: mocking.Mocker,
    make_context: Make,
    monkeypatch: pytest.MonkeyPatch,
    inputs: PipelineInputs,
) -> None:
    service = Service(requests_mock, ["Running"], {})

    def interrupted(*_: Any, **__: Any) -> None:
        raise Cancelled(2)

    monkeypatch.setattr("modelyard.operations.pipelines.job_watch.Watch.to_the_end", interrupted)
    with pytest.raises(Cancelled):
        run(inputs, make_context(OPERATION))
    assert service.cancel.call_count == 1


def test_what_was_left_running_is_released(
    requests_mock: mocking.Mocker, make_context: Make, inputs: PipelineInputs
) -> None:
    service = Service(requests_mock, ["Running"], {})
    service.started = "left"
    aml_pipeline.release({"job": "left"}, inputs, make_context(OPERATION))
    assert service.cancel.call_count == 1
    aml_pipeline.release({"job": "left"}, inputs, make_context(OPERATION))
    assert service.cancel.call_count == 1


def test_the_same_attempt_starts_it_once(
    requests_mock: mocking.Mocker, make_context: Make, recording_ci: Any, inputs: PipelineInputs
) -> None:
    service = Service(requests_mock, ["Running", "Running", "Completed"], {})
    first = run(inputs, make_context(OPERATION), wait=False)
    sent = len([one for one in requests_mock.request_history if one.method == "PUT"])
    second = run(inputs, make_context(OPERATION), wait=False)
    again = len([one for one in requests_mock.request_history if one.method == "PUT"])
    assert (first.status, second.status) == ("Running", "Running")
    assert sent == again
    assert not recording_ci.state.get("job"), "what isn't waited for goes on after the job"
    assert service.started


@pytest.mark.parametrize("changes", [{"action": "validate"}, {"dry_run": True}])
def test_validate_writes_nothing(
    requests_mock: mocking.Mocker,
    make_context: Make,
    recording_ci: Any,
    inputs: PipelineInputs,
    changes: dict[str, Any],
) -> None:
    Service(requests_mock, ["Running"], {})
    run(inputs, make_context(OPERATION), **changes)
    assert {request.method for request in requests_mock.request_history} == {"GET"}
    assert recording_ci.outputs == {"experiment-name": "wine"}


def test_no_workspace(
    requests_mock: mocking.Mocker, make_context: Make, inputs: PipelineInputs
) -> None:
    requests_mock.get(mocking.ANY, status_code=404, json={"error": {"code": "ResourceNotFound"}})
    with pytest.raises(NotFound, match="no workspace wine"):
        run(inputs, make_context(OPERATION))


OUTPUT = (
    "outputs: {model: {type: uri_folder}, one: {type: uri_file}}\njobs: {only: {command: 'true'"
)


@pytest.fixture
def with_outputs(inputs: PipelineInputs) -> PipelineInputs:
    """The pipeline, with two outputs."""
    path = Path(inputs.definition)
    path.write_text(path.read_text().replace("jobs: {only: {command: 'true'", OUTPUT))
    return inputs


def blob_store(mock: mocking.Mocker, names: list[str]) -> Any:
    """The datastore where outputs go, with blobs of these names below the output."""
    box = "https://account.blob.core.windows.net/box"
    mock.get(
        f"{ARM}{WS}/datastores/workspaceblobstore",
        json={
            "id": f"{WS}/datastores/workspaceblobstore",
            "name": "workspaceblobstore",
            "properties": {"accountName": "account", "containerName": "box"},
        },
    )
    mock.post(
        f"{ARM}{WS}/datastores/workspaceblobstore/listSecrets",
        json={"secretsType": "AccountKey", "key": "a2V5"},
    )
    mock.post(f"{API}/history/v1.0{WS}/rundata", json={"runMetadata": {}})

    def listed(request: Any, _context: Any) -> str:
        prefix = request.qs["prefix"][0]
        blobs = "".join(
            f"<Blob><Name>{prefix}{name}</Name><Properties><Content-Length>4</Content-Length>"
            "</Properties></Blob>"
            for name in names
        )
        return f"<EnumerationResults><Blobs>{blobs}</Blobs></EnumerationResults>"

    mock.get(re.compile(f"{box}/azureml/.*/model/"), content=b"data")
    return mock.get(f"{box}?comp=list", text=listed)


def test_an_output_is_downloaded(
    requests_mock: mocking.Mocker,
    make_context: Make,
    recording_ci: Any,
    with_outputs: PipelineInputs,
    tmp_path: Path,
) -> None:
    Service(requests_mock, ["Completed"], {"only": "Completed"})
    blob_store(requests_mock, ["model.joblib"])
    target = tmp_path / "to" / "model"
    wanted: dict[str, Any] = {"download_output": "model", "download_to": str(target)}
    outputs = run(with_outputs, make_context(OPERATION), **wanted)
    assert outputs.output_path == str(target)
    assert (outputs.status, (target / "model.joblib").read_bytes()) == ("Completed", b"data")


def test_an_output_is_downloaded_anew_into_a_folder_that_is_kept(
    requests_mock: mocking.Mocker, make_context: Make, with_outputs: PipelineInputs, tmp_path: Path
) -> None:
    target = tmp_path / "model"
    wanted: dict[str, Any] = {"download_output": "model", "download_to": str(target)}
    for name in ("first.csv", "second.csv"):
        Service(requests_mock, ["Completed"], {"only": "Completed"})
        blob_store(requests_mock, [name])
        run(with_outputs, make_context(OPERATION), **wanted)
        assert [one.name for one in target.iterdir()] == [name]


def test_a_folder_that_is_somebodys_is_told_before_anything_is_sent(
    requests_mock: mocking.Mocker, make_context: Make, with_outputs: PipelineInputs, tmp_path: Path
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    wanted: dict[str, Any] = {"download_output": "model", "download_to": str(tmp_path)}
    with pytest.raises(FileError, match="it isn't overwritten"):
        run(with_outputs, make_context(OPERATION), **wanted)
    assert requests_mock.call_count == 0


def test_an_output_that_was_left_empty_fails(
    requests_mock: mocking.Mocker, make_context: Make, with_outputs: PipelineInputs, tmp_path: Path
) -> None:
    Service(requests_mock, ["Completed"], {"only": "Completed"})
    listed = blob_store(requests_mock, [])
    wanted: dict[str, Any] = {"download_output": "model", "download_to": str(tmp_path / "model")}
    with pytest.raises(NotFound, match="left nothing in its output model"):
        run(with_outputs, make_context(OPERATION), **wanted)
    assert [one.qs["prefix"][0].partition("/")[0] for one in listed.request_history] == [
        "azureml",
        "dataset",
    ]
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"download_output": "model"}, "belong together"),
        ({"download_to": "model"}, "belong together"),
        ({"download_output": "none", "download_to": "x"}, "doesn't have"),
        ({"download_output": "one", "download_to": "x"}, "one file"),
        ({"download_output": "model", "download_to": "x", "wait": False}, "wait is off"),
        ({"download_output": "m", "download_to": "x", "definition": "a.py:b"}, "SDK v1"),
        ({"download_output": "m", "download_to": "x", "action": "trigger"}, "SDK v1"),
    ],
)
def test_an_output_that_can_not_be_downloaded_is_told_before_anything_is_sent(
    requests_mock: mocking.Mocker,
    make_context: Make,
    with_outputs: PipelineInputs,
    given: dict[str, Any],
    message: str,
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        run(with_outputs, make_context(OPERATION), **given)
    assert caught.value.fix
    assert requests_mock.call_count == 0
