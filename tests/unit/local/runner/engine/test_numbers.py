"""Run numbers, counters, rollouts, expansion: what needs no run."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from modelyard.local.runner.engine.counters import Counters
from modelyard.local.runner.engine.job_variables import VariableScopes
from modelyard.local.runner.engine.outcomes import together
from modelyard.local.runner.engine.run_number import run_number
from modelyard.local.runner.engine.value_expansion import ValueExpansion
from modelyard.local.runner.job import Result
from modelyard.local.runner.secret_masker import SecretMasker
from modelyard.local.runner.variables import Variable, Variables

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("template", "number"),
    [
        # learn.microsoft.com, process/run-number, the table of tokens
        ("", "20260304.4"),
        ("$(Date:yyyyMMdd)$(Rev:.r)", "20260304.4"),
        ("$(Date:yyyy-MM-dd_HH.mm.ss)", "2026-03-04_05.06.07"),
        ("$(Year:yy).$(Month).$(DayOfMonth)-$(DayOfYear)", "26.3.4-63"),
        ("$(Hours)$(Minutes)$(Seconds)", "567"),
        ("v$(x)-$(Rev:rrr)", "vX-004"),
        ("$(unknown)", "$(unknown)"),
    ],
)
def test_the_number_of_a_run(template: str, number: str) -> None:
    assert run_number(template, AT, lambda text: text.replace("$(x)", "X"), lambda _: 4) == number


def test_counters_grow_and_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "counters.json"

    assert [Counters(path).next("a", 5), Counters(path).next("a", 5), Counters(path).next("b")] == [
        5, 6, 1,
    ]  # fmt: skip


def test_a_counter_is_a_pipelines_own_and_counts_for_each_prefix(tmp_path: Path) -> None:
    path = tmp_path / "counters.json"
    first, second = Counters(path), Counters(path)

    assert [first.of_run("p", "", 7), first.of_run("p", "", 7)] == [7, 7]  # once a run
    assert [second.of_run("p", "", 7), second.of_run("p", "1.2", 7)] == [8, 7]
    assert second.of_run("q", "", 7) == 7
    assert Counters(path).of_run("p", "", 100) == 9  # the seed is only where it begins


@pytest.mark.parametrize(
    ("results", "whole"),
    [
        ("", "SUCCEEDED"),
        ("SUCCEEDED SKIPPED", "SUCCEEDED"),
        ("SKIPPED SKIPPED", "SKIPPED"),
        ("SUCCEEDED SUCCEEDED_WITH_ISSUES", "SUCCEEDED_WITH_ISSUES"),
        ("CANCELED SUCCEEDED", "CANCELED"),
        ("CANCELED FAILED SUCCEEDED", "FAILED"),
    ],
)
def test_results_together(results: str, whole: str) -> None:
    assert together(Result[one] for one in results.split()) is Result[whole]


def test_a_value_that_names_a_secret_is_one() -> None:
    variables = Variables(
        [Variable("a", "before $(s) after"), Variable("s", "hidden", secret=True)]
    )
    masker = SecretMasker()

    assert list(ValueExpansion().update(variables, masker)) == []
    found = variables.find("a")
    assert found is not None
    assert (found.value, found.secret) == ("before hidden after", True)
    assert masker.mask("a before hidden after b") == "a *** b"


def test_a_value_goes_fifty_deep_at_most() -> None:
    deep = [Variable(f"v{n}", f"$(v{n + 1})") for n in range(60)]
    variables = Variables([*deep, Variable("v60", "end")])

    warnings = list(ValueExpansion().update(variables, SecretMasker()))

    assert warnings[0].startswith("the variable v0 isn't filled in: it goes deeper than 50")
    assert variables.value("v0") == "$(v1)"
    assert variables.value("v40") == "end"


def test_a_pipeline_cannot_replace_what_the_agent_sets() -> None:
    def contexts(values: Any) -> dict[str, Any]:
        return {"variables": values}

    scopes = VariableScopes([Variable("Build.Id", "7", read_only=True)], {}, contexts, {})
    scopes.add_given({"build.id": "8", "mine": "$[variables['Build.Id']]"})

    assert {one.name: one.value for one in scopes.variables()} == {"mine": "7"}
