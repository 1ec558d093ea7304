"""Triggering a published pipeline: every end is judged, nothing is started twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.azureml import connection
from modelyard.clock import FakeClock
from modelyard.errors import NotTheService
from modelyard.execution import execute, release
from modelyard.http import Session
from modelyard.operations.aml_pipeline import OPERATION
from modelyard.operations.pipelines import published_way, v1_runs
from unit.conftest import IDENTITY, RecordingCI

BASE = "https://westeurope.api.azureml.ms"
PLACE = connection.place("00000000-0000-0000-0000-000000000000", "group", "wine")
PIPELINE, RUN = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
PIPELINES = f"{BASE}/pipelines/v1.0{PLACE.path}"
HISTORY = f"{BASE}/history/v1.0{PLACE.path}/runs/{RUN}"
Trigger = Callable[..., int]


@pytest.fixture
def service() -> Iterator[mocking.Mocker]:
    with mocking.Mocker() as mocker:
        found = {"Name": "train", "Version": "7", "GraphId": "graph"}
        mocker.get(f"{PIPELINES}/Pipelines/{PIPELINE}", json=found)
        kinds = {
            "rate": "1",
            "rows": 0,
            "depth": "Int",
            "share": "Double",
            "note": "3",
            "old": None,
        }
        interface = {"Parameters": [{"Name": name, "Type": one} for name, one in kinds.items()]}
        mocker.get(f"{PIPELINES}/Graphs/graph/Interface", json=interface)
        mocker.get(f"{PIPELINES}/PipelineRuns/Pipeline/{PIPELINE}", json=[])
        mocker.post(f"{PIPELINES}/PipelineRuns/PipelineSubmit/{PIPELINE}", json={"Id": RUN})
        mocker.delete(f"{PIPELINES}/PipelineRuns/{RUN}/Execution")
        mocker.get(f"{HISTORY}/children", json={"value": []})
        mocker.get(HISTORY, json={"runId": RUN, "status": "Completed"})
        yield mocker


@pytest.fixture
def trigger(
    service: mocking.Mocker,
    recording_ci: RecordingCI,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> Trigger:
    for module in (published_way, v1_runs):
        monkeypatch.setattr(module, "place_of", lambda *_: PLACE)
    session = Session(BASE, clock=clock, seed=1)
    monkeypatch.setattr(v1_runs, "api", lambda *_: session)

    def call(**inputs: str) -> int:
        given = {"action": "trigger", "pipeline_id": PIPELINE, **inputs}
        recording_ci.inputs = {name.replace("_", "-"): value for name, value in given.items()}
        return execute(OPERATION, {}, recording_ci, environment={}, clock=clock)

    return call


def sent(service: mocking.Mocker, method: str, part: str) -> list[Any]:
    return [one for one in service.request_history if one.method == method and part in one.url]


def test_a_run_is_started_and_waited_for(
    trigger: Trigger, service: mocking.Mocker, recording_ci: RecordingCI
) -> None:
    states = ("NotStarted", "Queued", "Running", "Finalizing", "Completed")
    service.get(HISTORY, [{"json": {"runId": RUN, "status": one}} for one in states])
    assert trigger(parameters="rate=0.1", experiment_name="nightly") == 0
    body = sent(service, "POST", "PipelineSubmit")[0].json()
    assert body["ExperimentName"] == "nightly"
    assert body["ParameterAssignments"] == {"rate": "0.1"}
    assert recording_ci.outputs["run-id"] == RUN
    assert recording_ci.outputs["status"] == "Completed"
    assert not sent(service, "DELETE", "Execution")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("Completed", 0),
        ("Failed", 31),
        ("NotResponding", 31),
        ("Paused", 31),
        ("Canceled", 32),
        ("SomethingNew", 34),
    ],
)
def test_every_end_has_its_exit_code(
    trigger: Trigger, service: mocking.Mocker, status: str, code: int
) -> None:
    states = [{"json": {"runId": RUN, "status": one}} for one in ("Running", status)]
    service.get(HISTORY, states)
    assert trigger() == code


def test_a_step_that_failed_fails_the_whole(trigger: Trigger, service: mocking.Mocker) -> None:
    step = {"runId": "s", "displayName": "train", "status": "Failed"}
    service.get(f"{HISTORY}/children", json={"value": [step]})
    service.get(f"{BASE}/history/v1.0{PLACE.path}/runs/s/details", json={})
    assert trigger() == 31


def test_what_ran_before_is_found_again(trigger: Trigger, service: mocking.Mocker) -> None:
    assert trigger() == 0
    mark = sent(service, "POST", "PipelineSubmit")[0].json()["tags"]
    assert mark["build"] == IDENTITY.build
    runs = [{"Id": RUN, "tags": mark}]
    service.get(f"{PIPELINES}/PipelineRuns/Pipeline/{PIPELINE}", json=runs)
    assert trigger() == 0
    assert len(sent(service, "POST", "PipelineSubmit")) == 1


def test_what_another_attempt_started_is_not_taken(
    trigger: Trigger, service: mocking.Mocker, recording_ci: RecordingCI
) -> None:
    earlier = "33333333-3333-4333-8333-333333333333"
    runs = [{"Id": earlier, "tags": {"modelyard": "of-an-earlier-build"}}, {"Id": earlier}]
    service.get(f"{PIPELINES}/PipelineRuns/Pipeline/{PIPELINE}", json=runs)
    assert trigger() == 0
    assert recording_ci.outputs["run-id"] == RUN
    assert len(sent(service, "POST", "PipelineSubmit")) == 1


def test_a_page_in_place_of_the_list_of_runs_is_one_clear_error(
    trigger: Trigger, service: mocking.Mocker
) -> None:
    service.get(f"{PIPELINES}/PipelineRuns/Pipeline/{PIPELINE}", text="<html>Sign in</html>")
    assert trigger() == NotTheService.exit_code
    assert not sent(service, "POST", "PipelineSubmit")


def ends_when_cancelled(service: mocking.Mocker, *, after: int) -> None:
    """It runs; from the ``after``-th look after it was cancelled it is Canceled."""
    looks = []

    def run(_request: Any, _context: Any) -> Any:
        if sent(service, "DELETE", "Execution"):
            looks.append(1)
        return {"runId": RUN, "status": "Canceled" if len(looks) >= after else "Running"}

    service.get(HISTORY, json=run)


def test_a_time_out_cancels_the_run_and_waits_for_its_end(
    trigger: Trigger, service: mocking.Mocker, recording_ci: RecordingCI
) -> None:
    ends_when_cancelled(service, after=3)
    assert trigger(timeout_minutes="1") == 36
    assert len(sent(service, "DELETE", "Execution")) == 1
    assert recording_ci.outputs["status"] == "Canceled"
    assert not recording_ci.state.get(v1_runs.KEY)


def test_what_does_not_end_in_time_is_left_to_the_release_step(
    trigger: Trigger, service: mocking.Mocker, recording_ci: RecordingCI, clock: FakeClock
) -> None:
    ends_when_cancelled(service, after=30)
    assert trigger(timeout_minutes="1") == 36
    left = recording_ci.state[v1_runs.KEY]
    assert left == RUN
    assert release(OPERATION, {}, recording_ci, environment={}, clock=clock) == 0
    assert len(sent(service, "DELETE", "Execution")) == 2
    assert not recording_ci.state.get(v1_runs.KEY)
    assert release(OPERATION, {}, recording_ci, environment={}, clock=clock) == 0
    assert len(sent(service, "DELETE", "Execution")) == 2


@pytest.mark.parametrize(
    "inputs",
    [
        {"parameters": "rat=1"},
        {"pipeline_id": ""},
        {"pipeline_id": "not an id"},
        {"action": "submit", "pipeline_id": ""},
    ],
)
def test_wrong_inputs_start_nothing(
    trigger: Trigger, service: mocking.Mocker, inputs: dict[str, str]
) -> None:
    assert trigger(**inputs) == 2
    assert not sent(service, "POST", "PipelineSubmit")


@pytest.mark.parametrize(
    ("parameter", "code"),
    [
        *((f"{name}=much", 2) for name in ("rate", "rows", "depth", "share")),
        *((f"{name}=1.5", 2) for name in ("rows", "depth")),
        *((f"{name}=1.5", 0) for name in ("rate", "share", "note", "old")),
        *((f"{name}=7", 0) for name in ("rate", "rows", "depth", "share")),
        ("rows=False", 0),  # its default is a truth
        ("rate=False", 2),
    ],
)
def test_a_parameter_takes_what_its_default_is(
    trigger: Trigger, service: mocking.Mocker, parameter: str, code: int
) -> None:
    assert trigger(parameters=parameter) == code
    assert len(sent(service, "POST", "PipelineSubmit")) == (code == 0)


def test_a_dry_run_starts_nothing(trigger: Trigger, service: mocking.Mocker) -> None:
    assert trigger(dry_run="true") == 0
    assert not sent(service, "POST", "")
