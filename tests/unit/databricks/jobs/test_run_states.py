from __future__ import annotations

from typing import Any

import pytest
from databricks.sdk.service import jobs as sdk

from modelyard.databricks.jobs import run_states
from modelyard.databricks.jobs.run_states import (
    CODE,
    KIND,
    LIFE_CYCLE,
    RESULT,
    TABLE,
    Meaning,
    State,
)
from modelyard.errors import UnknownState


def both(result: str = "", code: str = "", kind: str = "", life: str = "TERMINATED") -> Any:
    details = {k: v for k, v in (("code", code), ("type", kind)) if v}
    return {
        "state": {"life_cycle_state": life, **({"result_state": result} if result else {})},
        "status": {"state": life, **({"termination_details": details} if details else {})},
    }


@pytest.mark.parametrize(
    ("field", "enum"),
    [
        (LIFE_CYCLE, sdk.RunLifeCycleState),
        (LIFE_CYCLE, sdk.RunLifecycleStateV2State),
        (RESULT, sdk.RunResultState),
        (CODE, sdk.TerminationCodeCode),
        (KIND, sdk.TerminationTypeType),
    ],
)
def test_every_state_of_the_api_is_in_the_table(field: str, enum: Any) -> None:
    assert [one.value for one in enum if (field, one.value) not in TABLE] == []


@pytest.mark.parametrize("result", [one.value for one in sdk.RunResultState])
@pytest.mark.parametrize("life", ["TERMINATED", "INTERNAL_ERROR", "SKIPPED"])
def test_only_terminated_with_success_is_success(result: str, life: str) -> None:
    state = run_states.verdict(run_states.read(both(result, life=life), "run 1"), [])
    assert state.ended
    assert (state.meaning is Meaning.SUCCESS) == (result == "SUCCESS" and life == "TERMINATED")


@pytest.mark.parametrize("code", [one.value for one in sdk.TerminationCodeCode])
def test_a_termination_code_alone_is_judged_too(code: str) -> None:
    answer = {"status": {"state": "TERMINATED", "termination_details": {"code": code}}}
    state = run_states.verdict(run_states.read(answer, "run 1"), [])
    assert (state.meaning is Meaning.SUCCESS) == (code == "SUCCESS")
    assert state.shown == code


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (both("SUCCESS", "SUCCESS", "SUCCESS"), Meaning.SUCCESS),
        (both("SUCCESS", "RUN_EXECUTION_ERROR", "CLIENT_ERROR"), Meaning.FAILED),
        (both("SUCCESS", "SUCCESS", "INTERNAL_ERROR"), Meaning.FAILED),
        (both("SUCCESS_WITH_FAILURES", "SUCCESS_WITH_FAILURES", "SUCCESS"), Meaning.PARTIAL),
        (both("TIMEDOUT", "CANCELED", "CLIENT_ERROR"), Meaning.TIMED_OUT),
        (both("CANCELED", "USER_CANCELED", "CLIENT_ERROR"), Meaning.CANCELED),
        (both("", "USER_CANCELED", "CLIENT_ERROR"), Meaning.CANCELED),
        (both("FAILED", "", "", "INTERNAL_ERROR"), Meaning.FAILED),
        (both("", "", "", "INTERNAL_ERROR"), Meaning.FAILED),
        (both("", "", "", "SKIPPED"), Meaning.FAILED),
        (both("", "", "SUCCESS"), Meaning.SUCCESS),
        (both("", "", "CLOUD_FAILURE"), Meaning.FAILED),
        (both("UPSTREAM_CANCELED", "SKIPPED"), Meaning.CANCELED),
        (both("UPSTREAM_FAILED", "SKIPPED", "CLIENT_ERROR", "SKIPPED"), Meaning.FAILED),
        (both("EXCLUDED", "SKIPPED", "CLIENT_ERROR", "SKIPPED"), Meaning.NOT_NEEDED),
    ],
)
def test_where_fields_disagree_the_bad_news_counts(answer: Any, meaning: Meaning) -> None:
    assert run_states.read(answer, "run 1").meaning is meaning


@pytest.mark.parametrize("life", sorted(v for (f, v), m in TABLE.items() if m is Meaning.ACTIVE))
def test_active_states_go_on_whatever_result_they_show(life: str) -> None:
    state = run_states.read(both("SUCCESS", "SUCCESS", life=life), "run 1")
    assert not state.ended
    assert state.shown == life


def test_why_a_run_is_queued_is_told() -> None:
    answer = {
        "state": {"life_cycle_state": "QUEUED"},
        "status": {"state": "QUEUED", "queue_details": {"code": "MAX_CONCURRENT_RUNS_REACHED"}},
    }
    assert run_states.read(answer, "run 1").code == "MAX_CONCURRENT_RUNS_REACHED"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (both("SUCCESS", life="HIBERNATING"), ["run 7", "life cycle state 'HIBERNATING'"]),
        (both("EXPLODED"), ["run 7", "result state 'EXPLODED'"]),
        (both("SUCCESS", "MELTED"), ["termination code 'MELTED'"]),
        (both("SUCCESS", "SUCCESS", "ODD"), ["termination type 'ODD'"]),
        (both(), ["doesn't say with which result"]),
        ({}, ["has no life cycle state"]),
    ],
)
def test_what_nobody_knows_is_an_error_with_its_value(answer: Any, words: list[str]) -> None:
    with pytest.raises(UnknownState) as caught:
        run_states.read(answer, "run 7")
    assert all(word in caught.value.what for word in words)


def of(meaning: Meaning) -> State:
    return State("TERMINATED", meaning, meaning.name)


def test_a_failed_task_spoils_the_success_of_its_run() -> None:
    run = of(Meaning.SUCCESS)
    fine = [of(Meaning.SUCCESS), of(Meaning.NOT_NEEDED)]
    assert run_states.verdict(run, fine).meaning is Meaning.SUCCESS
    for bad in (Meaning.FAILED, Meaning.CANCELED, Meaning.TIMED_OUT, Meaning.PARTIAL):
        assert run_states.verdict(run, [*fine, of(bad)]).meaning is Meaning.PARTIAL


def test_a_run_that_was_left_out_did_nothing_and_failed() -> None:
    state = run_states.verdict(of(Meaning.NOT_NEEDED), [])
    assert state.meaning is Meaning.FAILED
