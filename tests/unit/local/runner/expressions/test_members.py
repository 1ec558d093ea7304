"""Members of contexts, objects and arrays; filtered arrays."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.local.runner.expressions import FilteredArray, parse
from unit.local.runner.expressions.cases import evaluated, failure, table

VALUES = [
    ("Variables: index syntax", "variables['MyVar']", "value"),
    ("Variables: property dereference", "variables.MyVar", "value"),
    ("C-E02-027", "variables.myvar", "value"),
    ("C-E02-027", "variables['MYVAR']", "value"),
    ("C-E02-012", "VARIABLES.MyVar", "value"),
    ("C-E02-089", "variables['my.var']", "dotted"),
    ("C-E02-089", "variables.My.Var", None),
    ("Null: dictionary miss", "variables['noSuch']", None),
    ("C-E02-007", "parameters.data._lead", "three"),
    ("C-E02-008", "parameters.data['dotted.name']", "five"),
    ("C-E02-008", "parameters.data['9num']", "four"),
    ("C-E02-008", "parameters['data'].scalar", "text"),
    ("C-E02-008", "split('a,b', ',')[1]", "b"),
    ("C-E02-008", "parameters.data.groups[0][1].id", 101.0),
    ("C-E02-008", "parameters.data[parameters.data['dotted.name']]", None),
    ("C-E02-024", "parameters.data[1]", "one"),
    ("C-E02-025", "parameters.data.absent.deeper", None),
    ("C-E02-025", "parameters.data.absent['deeper']", None),
    ("C-E02-025", "parameters.data.scalar.length", None),
    ("an object as a key", "parameters.data[parameters.data.mapping]", None),
    ("C-E02-026", "parameters.data.list[0]", "zero"),
    ("C-E02-026", "parameters.data.list['1']", "one"),
    ("C-E02-026", "parameters.data.list[1.9]", "one"),
    ("C-E02-026", "parameters.data.list[-1]", None),
    ("C-E02-026", "parameters.data.list[2]", None),
    ("C-E02-026", "parameters.data.list['x']", None),
    ("C-E02-026", "parameters.data.list[variables.none]", "zero"),
    ("C-E02-026", "parameters.data.list.name", None),
    ("C-E02-027", "parameters.data.CamelKey", "camel"),
    ("C-E02-027", "parameters.data.camelkey", None),
    ("C-E02-027", "parameters.data['CAMELKEY']", None),
    ("C-E02-087", "parameters.DATA.CamelKey", "camel"),
    ("blanks around the parts", " variables [ 'MyVar' ] ", "value"),
    ("a property that is a word of the language", "variables.true", None),
    ("a property that is a word of the language", "variables.eq", None),
]


@pytest.mark.parametrize(("text", "value"), table(VALUES))
def test_a_member(text: str, value: Any) -> None:
    assert evaluated(text) == value


FILTERED = [
    ("Filtered arrays: .id; C-E02-161", "parameters.data.rows.*.id", [1.0, ""]),
    ("C-E02-009", "parameters.data.rows[*].id", [1.0, ""]),
    ("C-E02-161", "parameters.data.rows[*]['id']", [1.0, ""]),
    ("C-E02-161", "parameters.data.mapping.*", [{"id": 10.0}, {"id": 20.0}]),
    ("C-E02-161", "parameters.data.mapping.*.id", [10.0, 20.0]),
    ("C-E02-161", "parameters.data.mapping.*.absent", []),
    ("C-E02-162", "coalesce('', variables.missing).*", []),
    ("C-E02-162", "parameters.data.absent.*", []),
    ("C-E02-162", "parameters.data.scalar[*]", []),
    ("C-E02-163", "parameters.data.groups.*.*.id", [100.0, 101.0, 200.0]),
    ("C-E02-163", "parameters.data.nested.*.children.*.value", ["L1", "L2", "R1"]),
    ("C-E02-164", "parameters.data.groups.*[0].id", [100.0, 200.0]),
    ("C-E02-164", "parameters.data.rows.*.id[0]", []),
    ("an object as a key", "parameters.data.rows.*[parameters.data]", []),
]


@pytest.mark.parametrize(("text", "value"), table(FILTERED))
def test_a_filtered_array(text: str, value: list[Any]) -> None:
    result = evaluated(text)
    assert result == value
    assert isinstance(result, FilteredArray)


def test_the_array_of_the_page() -> None:
    """Filtered arrays: ``foo.*.id`` of its three objects is ``[1, 2, 3]``."""
    foo = [{"id": 1, "a": "avalue1"}, {"id": 2, "a": "avalue2"}, {"id": 3, "a": "avalue3"}]
    assert parse("foo.*.id").evaluate({"foo": foo}) == [1, 2, 3]


def test_a_parameter_that_there_is_not_is_an_error() -> None:
    """C-E02-087: of the context ``parameters`` alone."""
    error = failure("eq(parameters.dta, 'x')")
    assert error.message == "there is no dta (did you mean data?)"
    assert error.offset == 14


def test_an_index_is_evaluated_even_where_it_finds_nothing() -> None:
    error = failure("variables.none[lt(1, 'x')]")
    assert error.offset == 15


def test_a_long_row_of_members() -> None:
    """C-E02-014: members don't count as depth."""
    assert evaluated("variables" + ".a" * 20_000) is None
    assert evaluated("variables" + "['a']" * 20_000) is None
