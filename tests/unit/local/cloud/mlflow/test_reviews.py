"""Transition requests and comments; MLflow's server is pretended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from modelyard.local.cloud.databricks.exceptions import ApiError
from modelyard.local.cloud.mlflow.reviews import Reviews
from modelyard.local.cloud.mlflow.server import NotRunning
from modelyard.local.cloud.service import Cloud


class Mlflow:
    """One registered model with one version."""

    def __init__(self) -> None:
        self.stage = "None"
        self.down = False
        self.moves: list[Mapping[str, Any]] = []

    def call(
        self, method: str, path: str, arguments: Mapping[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        if self.down:
            raise NotRunning("it ended")
        if arguments.get("name") != "wine" or arguments.get("version", "1") != "1":
            return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such model"}
        if path == "model-versions/transition-stage":
            self.moves.append(arguments)
            self.stage = arguments["stage"]
        model = {"name": "wine", "creation_timestamp": 1}
        version = {"name": "wine", "version": "1", "current_stage": self.stage}
        return 200, {"registered_model": model, "model_version": version}


@pytest.fixture
def mlflow() -> Mlflow:
    return Mlflow()


@pytest.fixture
def reviews(cloud: Cloud, mlflow: Mlflow) -> Reviews:
    return Reviews(cloud, mlflow)  # type: ignore[arg-type]


def code(error: pytest.ExceptionInfo[ApiError]) -> tuple[int | None, str | int]:
    return error.value.code, error.value.error_code


def test_approving_moves_the_version_and_closes_the_requests(
    reviews: Reviews, mlflow: Mlflow
) -> None:
    for user in ("one", "two"):
        reviews.request(user, "wine", "1", "Staging", "please")
    reviews.request("one", "wine", "1", "Production", "")
    done = reviews.approve("boss", "wine", "1", "Staging", "fine", True)
    assert (done["from_stage"], done["to_stage"]) == ("None", "Staging")
    assert mlflow.moves[0]["archive_existing_versions"] is True
    assert [one["to_stage"] for one in reviews.requests("wine", "1")] == ["Production"]


def test_rejecting_moves_nothing(reviews: Reviews, mlflow: Mlflow) -> None:
    reviews.request("one", "wine", "1", "Staging", "")
    reviews.reject("boss", "wine", "1", "Staging", "no")
    assert mlflow.moves == []
    assert reviews.requests("wine", "1") == []


def test_what_nobody_asked_for_cannot_be_approved(reviews: Reviews, mlflow: Mlflow) -> None:
    with pytest.raises(ApiError) as error:
        reviews.approve("boss", "wine", "1", "Staging", "", False)
    assert code(error) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert mlflow.moves == []


def test_a_request_is_withdrawn_by_its_creators_name(reviews: Reviews) -> None:
    reviews.request("one", "wine", "1", "Staging", "")
    with pytest.raises(ApiError):
        reviews.withdraw("two", "wine", "1", "Staging")
    reviews.withdraw("one", "wine", "1", "Staging")
    assert reviews.requests("wine", "1") == []


def test_an_unknown_stage_or_model_is_refused(reviews: Reviews) -> None:
    with pytest.raises(ApiError) as error:
        reviews.request("one", "wine", "1", "Test", "")
    assert code(error) == (400, "INVALID_PARAMETER_VALUE")
    with pytest.raises(ApiError) as error:
        reviews.request("one", "beer", "1", "Staging", "")
    assert code(error) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_a_model_has_the_same_id_each_time(reviews: Reviews) -> None:
    assert reviews.registered_model("wine") == reviews.registered_model("wine")
    assert reviews.registered_model("wine")["permission_level"] == "CAN_MANAGE"


def test_a_server_that_does_not_run_is_a_passing_fault(reviews: Reviews, mlflow: Mlflow) -> None:
    mlflow.down = True
    with pytest.raises(ApiError) as error:
        reviews.requests("wine", "1")
    assert code(error) == (503, "TEMPORARILY_UNAVAILABLE")


def test_a_reset_forgets_all(reviews: Reviews) -> None:
    reviews.request("one", "wine", "1", "Staging", "")
    comment = reviews.comment("one", "wine", "1", "good")
    reviews.clear()
    assert reviews.requests("wine", "1") == []
    with pytest.raises(ApiError):
        reviews.edit_comment(comment["id"], "better")
