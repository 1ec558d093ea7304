from __future__ import annotations

from typing import Any

import pytest

from modelyard.local.cloud.databricks.exceptions import ApiError
from modelyard.local.cloud.databricks.jobs import graph, states
from modelyard.local.cloud.databricks.jobs.states import Outcome


def task(key: str, *needed: str, **fields: Any) -> dict[str, Any]:
    depends = [{"task_key": name} for name in needed]
    return {"task_key": key, **({"depends_on": depends} if depends else {}), **fields}


DIAMOND = [task("a"), task("b", "a"), task("c", "a"), task("d", "b", "c")]


def test_a_sound_graph() -> None:
    graph.check(DIAMOND)
    assert graph.downstream(DIAMOND, {"b"}) == {"b", "d"}
    assert graph.downstream(DIAMOND, {"a"}) == {"a", "b", "c", "d"}


@pytest.mark.parametrize(
    ("tasks", "told"),
    [
        ([task("a"), task("a")], "'a' is used more than once"),
        ([task("a", "b")], "depends on 'b', which is not a task"),
        ([task("a", "c"), task("b"), task("c", "a")], "form a circle: a, c"),
        ([task("a", "a")], "form a circle: a"),
        ([task("a", run_if="SOMETIMES")], "Unknown run_if 'SOMETIMES'"),
    ],
)
def test_a_graph_that_makes_no_sense(tasks: list[dict[str, Any]], told: str) -> None:
    with pytest.raises(ApiError, match=told):
        graph.check(tasks)


OK, BAD, GONE, LEFT_OUT = states.success(), states.failed(), states.canceled(), states.excluded()
UPSTREAM = states.upstream_failed()


def test_a_task_waits_for_all_it_needs() -> None:
    assert graph.decide(task("a"), {}, {}) is True
    assert graph.decide(DIAMOND[3], {"a": OK, "b": OK}, {}) is None
    assert graph.decide(DIAMOND[3], {"a": OK, "b": OK, "c": OK}, {}) is True


@pytest.mark.parametrize(
    ("run_if", "results", "verdict"),
    [
        ("ALL_SUCCESS", (OK, OK), True),
        ("ALL_SUCCESS", (OK, BAD), "UPSTREAM_FAILED"),
        ("ALL_SUCCESS", (OK, UPSTREAM), "UPSTREAM_FAILED"),
        ("ALL_SUCCESS", (OK, GONE), "UPSTREAM_CANCELED"),
        ("ALL_SUCCESS", (OK, LEFT_OUT), "EXCLUDED"),
        ("AT_LEAST_ONE_SUCCESS", (OK, BAD), True),
        ("AT_LEAST_ONE_SUCCESS", (BAD, BAD), "UPSTREAM_FAILED"),
        ("NONE_FAILED", (OK, LEFT_OUT), True),
        ("NONE_FAILED", (OK, BAD), "UPSTREAM_FAILED"),
        ("NONE_FAILED", (LEFT_OUT, LEFT_OUT), "EXCLUDED"),
        ("ALL_DONE", (BAD, GONE), True),
        ("AT_LEAST_ONE_FAILED", (OK, BAD), True),
        ("AT_LEAST_ONE_FAILED", (OK, OK), "EXCLUDED"),
        ("ALL_FAILED", (BAD, BAD), True),
        ("ALL_FAILED", (OK, BAD), "EXCLUDED"),
    ],
)
def test_run_if(run_if: str, results: tuple[Outcome, Outcome], verdict: Any) -> None:
    found = graph.decide(
        task("c", "a", "b", run_if=run_if), dict(zip("ab", results, strict=True)), {}
    )
    assert (found if found is True else found.result_state) == verdict


def test_the_other_branch_of_a_condition_is_left_out() -> None:
    needed = {"task_key": "if", "outcome": "true"}
    wanted = {"task_key": "then", "depends_on": [needed]}
    assert graph.decide(wanted, {"if": OK}, {"if": "true"}) is True
    assert graph.decide(wanted, {"if": OK}, {"if": "false"}).result_state == "EXCLUDED"


def outcomes(**found: Outcome) -> dict[str, Outcome]:
    return found


def test_the_leaves_decide_what_a_run_comes_to() -> None:
    good = outcomes(a=OK, b=OK, c=OK, d=OK)
    assert graph.summary(DIAMOND, good) == states.success()
    mended = [task("a"), task("b", "a", run_if="ALL_DONE")]
    partly = graph.summary(mended, outcomes(a=BAD, b=OK))
    assert partly.result_state == "SUCCESS_WITH_FAILURES"
    assert graph.summary(DIAMOND, outcomes(a=OK, b=OK, c=OK, d=LEFT_OUT)).succeeded


def test_a_failed_task_is_named_with_its_message() -> None:
    found = graph.summary(DIAMOND, outcomes(a=OK, b=BAD, c=OK, d=UPSTREAM))
    assert (found.life_cycle_state, found.result_state) == ("INTERNAL_ERROR", "FAILED")
    assert found.code == "RUN_EXECUTION_ERROR"
    assert found.message == (
        "Task b failed with message: Workload failed, see run output for details. "
        "This caused all downstream tasks to get skipped."
    )


def test_the_code_is_that_of_the_cause() -> None:
    library = states.internal_error("LIBRARY_INSTALLATION_ERROR", "no such library")
    assert graph.summary([task("a")], outcomes(a=library)).code == "LIBRARY_INSTALLATION_ERROR"


def test_a_cancelled_task_cancels_the_run() -> None:
    assert graph.summary([task("a")], outcomes(a=GONE)).result_state == "CANCELED"
