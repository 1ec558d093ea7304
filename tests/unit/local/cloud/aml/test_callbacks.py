"""Azure Pipelines is told when a run has ended that a server job waits for."""

from __future__ import annotations

import base64
import logging
import threading
from types import SimpleNamespace
from typing import Any

import pytest
import requests_mock

from modelyard.local.cloud.aml.v1.pipelines.callbacks import INFO, KEYS, Callbacks, read
from modelyard.local.cloud.arm.exceptions import ArmError

NETWORK = {"HTTPS_PROXY": "http://127.0.0.1:1", "REQUESTS_CA_BUNDLE": "/nowhere"}
WAITING = {key: f"the {key}" for key in KEYS} | {"PlanUri": "https://dev.azure.com/one/"}
ADDRESS = (
    "https://dev.azure.com/one/the%20ProjectId/_apis/distributedtask/hubs/the%20HubName"
    "/plans/the%20PlanId/events"
)


class Engine:
    """One run, which has ended at the second look."""

    def __init__(self, status: str | None) -> None:
        self.looks = 0
        record = {"status": status} if status else None
        self.records = SimpleNamespace(get=lambda _run: record)

    def wait(self, _run: str, _seconds: float) -> bool:
        self.looks += 1
        return self.looks > 1 and self.records.get("") is not None


def follow(status: str | None) -> None:
    Callbacks(Engine(status), NETWORK).follow("R", WAITING)  # type: ignore[arg-type]
    for thread in threading.enumerate():
        if thread.name == "aml-callback-R":
            thread.join(10)
            assert not thread.is_alive()


@pytest.mark.parametrize(
    ("status", "result"),
    [("Completed", "succeeded"), ("Failed", "failed"), ("Canceled", "canceled")],
)
def test_the_waiting_task_is_told_how_the_run_has_ended(status: str, result: str) -> None:
    with requests_mock.Mocker() as mocker:
        mocker.post(ADDRESS, status_code=204)
        follow(status)

    [asked] = mocker.request_history
    assert asked.json() == {
        "name": "TaskCompleted",
        "taskId": "the TaskInstanceId",
        "jobId": "the JobId",
        "result": result,
    }
    shown = asked.headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(shown) == b":the AuthToken"


def test_of_a_run_that_a_reset_took_away_nobody_is_told() -> None:
    with requests_mock.Mocker() as mocker:
        follow(None)

    assert mocker.request_history == []


def test_what_cannot_be_told_is_in_the_log_without_the_token(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with requests_mock.Mocker() as mocker, caplog.at_level(logging.WARNING):
        mocker.post(ADDRESS, status_code=401)
        follow("Completed")

    assert caplog.messages == ["run R: its end could not be told: HTTPError"]


@pytest.mark.parametrize("info", ["x", {}, {**WAITING, "JobId": ""}, {**WAITING, "PlanId": 1}])
def test_whoever_waits_has_to_be_named_wholly(info: Any) -> None:
    with pytest.raises(ArmError, match="AzDevOpsCallBackInfo needs PlanUri, ProjectId"):
        read({INFO: info})


def test_nobody_has_to_wait() -> None:
    assert read({}) is None
    assert read({INFO: WAITING}) == WAITING
