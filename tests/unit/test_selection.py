from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from modelyard.errors import InputError, NoModel
from modelyard.selection import Candidate, Criterion, choose, criterion

LOWER = Criterion("rmse", "lower")


def candidates(*values: float | None) -> list[Candidate]:
    return [
        Candidate(str(n), f"run {n}", {} if value is None else {"rmse": value})
        for n, value in enumerate(values)
    ]


def test_the_lowest_or_the_highest_wins() -> None:
    runs = candidates(0.793, 0.744, 0.713)
    assert choose(runs, LOWER).best.candidate.id == "2"
    assert choose(runs, Criterion("rmse", "higher")).best.candidate.id == "0"


def test_of_equal_ones_the_first_wins() -> None:
    choice = choose(candidates(0.8, 0.7, 0.7), LOWER)
    assert choice.best.candidate.id == "1"
    assert [one.reason for one in choice.verdicts] == ["not the lowest", "best", "equal, but later"]


@pytest.mark.parametrize("better", ["lower", "higher"])
@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_what_is_no_number_never_wins(better: str, odd: float, position: int) -> None:
    values: list[float | None] = [5.0, 5.0]
    values.insert(position, odd)
    best = choose(candidates(*values), Criterion("rmse", better)).best
    assert best.value == 5.0


@pytest.mark.parametrize(
    ("better", "value", "passes"),
    [
        ("lower", 0.79, True),
        ("lower", 0.8, False),
        ("lower", 0.81, False),
        ("higher", 0.81, True),
        ("higher", 0.8, False),
        ("higher", 0.79, False),
    ],
)
def test_the_threshold_has_to_be_beaten(better: str, value: float, passes: bool) -> None:
    by = Criterion("rmse", better, 0.8)
    if passes:
        assert choose(candidates(value), by).value == value
        return
    with pytest.raises(NoModel, match=f"rmse {value:g}, is not (below|above) the threshold 0.8"):
        choose(candidates(value), by)


@pytest.mark.parametrize(
    ("better", "value", "told"),
    [
        ("higher", 52.502955, "rmse 52.502955, is not above the threshold 52.50296"),
        ("higher", 52.50291, "rmse 52.5029, is not above the threshold 52.50296"),
        ("lower", 60.123456789, "rmse 60.1235, is not below the threshold 52.50296"),
    ],
)
def test_numbers_that_differ_are_told_apart(better: str, value: float, told: str) -> None:
    with pytest.raises(NoModel) as caught:
        choose(candidates(value), Criterion("rmse", better, 52.50296))
    assert told in caught.value.what
    assert "52.50296)" in caught.value.what.splitlines()[0]


def test_nothing_chosen_says_of_each_run_why() -> None:
    runs = [
        *candidates(0.9, math.nan, None),
        Candidate("3", "run 3", {"rmse": 0.1}, "is FAILED"),
    ]
    with pytest.raises(NoModel) as caught:
        choose(runs, Criterion("rmse", "lower", 0.8))
    assert caught.value.what.splitlines() == [
        "none of 4 runs can be chosen (lowest rmse, below 0.8)",
        "  run 0: rmse 0.9, is not below the threshold 0.8",
        "  run 1: rmse nan, is not a finite number",
        "  run 2: rmse missing, has no metric rmse",
        "  run 3: rmse 0.1, is FAILED",
    ]


def test_a_missing_metric_names_those_that_exist() -> None:
    runs = [Candidate("1", "run 1", {"rmse": 0.7, "mae": 0.5})]
    with pytest.raises(NoModel) as caught:
        choose(runs, Criterion("rmsee", "lower"))
    assert "those that exist: mae, rmse" in caught.value.cause
    assert "did you mean rmse?" in caught.value.fix


def test_no_runs_at_all() -> None:
    with pytest.raises(NoModel, match="no run to choose from"):
        choose([], LOWER)


def test_a_refused_run_is_not_chosen_however_good() -> None:
    runs = [Candidate("1", "run 1", {"rmse": 0.1}, "is FAILED"), *candidates(0.7)]
    assert choose(runs, LOWER).best.candidate.id == "0"


@given(some.lists(some.none() | some.floats(), min_size=1, max_size=6))
def test_the_winner_is_beaten_by_none(values: list[float | None]) -> None:
    finite = [value for value in values if value is not None and math.isfinite(value)]
    if not finite:
        with pytest.raises(NoModel):
            choose(candidates(*values), LOWER)
        return
    choice = choose(candidates(*values), LOWER)
    assert choice.value == min(finite)
    assert sum(one.reason == "best" for one in choice.verdicts) == 1


@pytest.mark.parametrize(
    ("metric", "better", "threshold", "words"),
    [
        ("rmse", None, None, "better doesn't say"),
        (None, "lower", None, "better is given, but no metric"),
        (None, None, 0.8, "threshold is given, but no metric"),
    ],
)
def test_half_a_criterion(
    metric: str | None, better: str | None, threshold: float | None, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        criterion(metric, better, threshold)


def test_no_criterion() -> None:
    assert criterion(None, None, None) is None
