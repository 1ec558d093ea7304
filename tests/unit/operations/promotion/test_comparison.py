"""The verdict on a challenger, whatever the registry."""

from __future__ import annotations

import math
from typing import Any

import pytest

from modelyard.errors import NoModel
from modelyard.operations.promotion.comparison import ModelVersion, Rule, judge
from modelyard.selection import Criterion


def version(number: int, rmse: float | None = None, **more: Any) -> ModelVersion:
    metrics = {} if rmse is None else {"rmse": rmse}
    return ModelVersion("wine", str(number), {**metrics, **more.pop("metrics", {})}, **more)


def rule(gain: float = 0.0, better: str = "lower", *alike: str) -> Rule:
    return Rule(Criterion("rmse", better), gain, alike)


@pytest.mark.parametrize(
    ("better", "challenger", "champion", "gain", "verdict", "reason"),
    [
        ("lower", 0.7, 0.8, 0.0, "promote", "rmse is better by 0.1"),
        ("lower", 0.8, 0.7, 0.0, "keep", "rmse is worse by 0.1"),
        ("lower", 0.7, 0.7, 0.0, "keep", "rmse is the same"),
        ("higher", 0.8, 0.7, 0.05, "promote", "rmse is better by 0.1"),
        ("higher", 0.7, 0.8, 0.0, "keep", "rmse is worse by 0.1"),
        # 0.3 - 0.2 is 0.09999999999999998 for a processor.
        ("lower", 0.2, 0.3, 0.1, "promote", "rmse is better by 0.1"),
        ("lower", 0.2, 0.3, 0.11, "keep", "rmse is better by 0.1, less than 0.11"),
        ("lower", -2.0, 0.0, 1.0, "promote", "rmse is better by 2"),
        ("lower", 1e-20, 2e-20, 0.0, "promote", "rmse is better by 1e-20"),
    ],
)
def test_better_by_enough_is_promoted(
    better: str, challenger: float, champion: float, gain: float, verdict: str, reason: str
) -> None:
    found = judge(version(2, challenger), version(1, champion), rule(gain, better))
    assert (found.verdict, found.reason) == (verdict, reason)
    assert (found.challenger, found.champion) == (challenger, champion)


def test_the_gain_is_negative_for_a_worse_one() -> None:
    assert judge(version(2, 0.9), version(1, 0.8), rule()).gain == -0.1
    assert judge(version(2, 0.9), version(1, 0.8), rule(better="higher")).gain == 0.1


def test_without_a_champion_there_is_nothing_to_compare() -> None:
    found = judge(version(1, 0.5), None, rule(1.0))
    assert (found.verdict, found.champion, found.gain) == ("no-champion", None, None)


def test_the_champion_itself_is_kept() -> None:
    found = judge(version(1, 0.5), version(1, 0.5), rule())
    assert (found.verdict, found.reason) == ("keep", "it is the champion already")


@pytest.mark.parametrize(
    ("champion", "reason"),
    [
        (version(1, metrics={"mae": 1.0, "r2": 0.4}), "has no metric rmse; it has mae, r2"),
        (version(1, math.nan), "rmse of wine version 1, the champion, is nan"),
        (version(1, missing="its MLflow run 7 is gone"), "its MLflow run 7 is gone"),
    ],
)
def test_a_champion_of_which_too_little_is_known(champion: ModelVersion, reason: str) -> None:
    found = judge(version(2, 0.5), champion, rule())
    assert found.verdict == "incomparable"
    assert reason in found.reason


@pytest.mark.parametrize("champion", [{"data": "june"}, {}])
def test_metrics_of_other_data_are_incomparable(champion: dict[str, str]) -> None:
    by = rule(0.0, "lower", "data")
    found = judge(version(2, 0.5, facts={"data": "july"}), version(1, 0.9, facts=champion), by)
    assert found.verdict == "incomparable"
    assert "data is 'july' for the challenger" in found.reason
    alike = {"data": "july"}
    found = judge(version(2, 0.5, facts=alike), version(1, 0.9, facts=alike), by)
    assert found.verdict == "promote"


def test_a_fact_that_neither_has_makes_nothing_comparable() -> None:
    found = judge(version(2, 0.5), version(1, 0.9), rule(0.0, "lower", "data"))
    assert found.reason == "data is nothing for the challenger and nothing for the champion"


def test_a_metric_that_the_challenger_lacks_names_those_that_it_has() -> None:
    with pytest.raises(NoModel, match="it has mae, rmsle") as caught:
        judge(version(2, metrics={"rmsle": 1.0, "mae": 2.0}), None, rule())
    assert "did you mean rmsle?" in caught.value.fix
    with pytest.raises(NoModel, match="none at all") as caught:
        judge(version(2, missing="no run"), version(1, 0.5), rule())
    assert caught.value.cause == "no run"


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_challenger_that_is_no_number_is_an_error(value: float) -> None:
    with pytest.raises(NoModel, match="not a finite number"):
        judge(version(2, value), None, rule())
