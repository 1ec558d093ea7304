from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as some

from modelyard.databricks.jobs import sweep
from modelyard.errors import InputError


def test_a_list_is_taken_as_it_is() -> None:
    sets = sweep.expand("sweep", [{"alpha": 0.5, "l1_ratio": 0.5}, {"alpha": 0.3}])
    assert sets == ({"alpha": "0.5", "l1_ratio": "0.5"}, {"alpha": "0.3"})


def test_a_mapping_of_lists_is_a_grid() -> None:
    sets = sweep.expand("sweep", {"alpha": [0.5, 0.3], "flag": [True, False], "seed": 42})
    assert sets == (
        {"alpha": "0.5", "flag": "true", "seed": "42"},
        {"alpha": "0.5", "flag": "false", "seed": "42"},
        {"alpha": "0.3", "flag": "true", "seed": "42"},
        {"alpha": "0.3", "flag": "false", "seed": "42"},
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "empty"),
        ({}, "empty"),
        ({"alpha": []}, "empty"),
        ("alpha", "neither a list"),
        ([{"alpha": 1}, 2], "entry 2 is 2"),
        ([{"alpha": None}], "entry 1: alpha has no value"),
        ([{"alpha": 1}, {"alpha": "1"}], r"sets 1 and 2 are the same \(alpha 1\)"),
        ({"a": list(range(40)), "b": list(range(40))}, "grid of 1600 runs"),
        ([{"a": n} for n in range(1001)], "more than 1000"),
    ],
)
def test_bad_sweeps(value: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        sweep.expand("sweep", value)


def test_an_unknown_parameter_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        sweep.check_declared(
            [{"alpha": "1"}, {"l1_ration": "1"}], ["alpha", "l1_ratio"], "job wine"
        )
    assert "job wine declares no parameter l1_ration (did you mean l1_ratio?)" in caught.value.what
    assert "it declares alpha, l1_ratio" in caught.value.what


def test_where_nothing_is_declared_nothing_can_be_checked() -> None:
    assert sweep.check_declared([{"a": "1"}, {"a": "2", "b": "1"}], [], "job wine") == ("a", "b")
    assert sweep.check_declared([{"a": "1"}], ["a"], "job wine") == ()


@given(some.one_of(some.integers(), some.floats(allow_nan=False, allow_infinity=False)))
def test_a_number_written_in_yaml_reads_back(value: float) -> None:
    (one,) = sweep.expand("sweep", yaml.safe_load(yaml.safe_dump([{"x": value}])))
    assert float(one["x"]) == float(value)


def test_how_sets_are_shown() -> None:
    assert sweep.shown({"alpha": "0.5", "l1_ratio": "0.3"}) == "alpha 0.5, l1_ratio 0.3"
    assert sweep.shown({}) == "no parameters"


def test_what_tells_sets_from_each_other() -> None:
    sets = [{"build": "7", "alpha": "0.5"}, {"build": "7", "alpha": "0.3", "seed": "1"}]
    assert sweep.varying(sets) == ({"alpha": "0.5"}, {"alpha": "0.3", "seed": "1"})
    assert sweep.varying(sets[:1]) == ({"build": "7", "alpha": "0.5"},)
    assert sweep.varying([]) == ()
