from __future__ import annotations

import re
from typing import Any

import pytest
from databricks.sdk.service import jobs as sdk

from modelyard.local.cloud.databricks.jobs import states

OUTCOMES = [
    states.success(),
    states.success_with_failures(),
    states.failed(),
    states.canceled(),
    states.timed_out(60),
    states.internal_error("CLUSTER_ERROR", "gone"),
    states.too_many_runs(1),
    states.excluded(),
    states.upstream_failed(),
    states.upstream_canceled(),
    states.local_cloud_stopped(),
]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_end_is_one_that_the_service_has(outcome: states.Outcome) -> None:
    sdk.RunLifeCycleState(outcome.life_cycle_state)
    sdk.RunResultState(outcome.result_state)
    sdk.TerminationCodeCode(outcome.code)
    document = {
        "life_cycle_state": outcome.life_cycle_state,
        "result_state": outcome.result_state,
        "termination_code": outcome.code,
        "state_message": outcome.message,
    }
    status = states.status_of(document)
    assert status["state"] == "TERMINATED"
    sdk.TerminationTypeType(status["termination_details"]["type"])
    assert states.state_of(document)["result_state"] == outcome.result_state


@pytest.mark.parametrize("life_cycle", sorted(states.ACTIVE))
def test_states_on_the_way_have_no_end(life_cycle: str) -> None:
    document: dict[str, Any] = {"life_cycle_state": life_cycle, "state_message": ""}
    status = states.status_of(document)
    sdk.RunLifecycleStateV2State(status["state"])
    assert "termination_details" not in status
    assert "result_state" not in states.state_of(document)
    assert ("queue_details" in status) == (life_cycle == "QUEUED")


def test_only_success_is_success() -> None:
    good = {outcome.result_state for outcome in OUTCOMES if outcome.succeeded}
    assert good == {"SUCCESS", "SUCCESS_WITH_FAILURES"}


def test_messages_say_what_to_do() -> None:
    assert re.search("max_concurrent_runs.*queue", states.too_many_runs(3).message)
    assert "60 seconds" in states.timed_out(60).message
