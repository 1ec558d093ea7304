from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from modelyard.local.runner.expressions import (
    BadValue,
    ExpressionError,
    Version,
    compare,
    equal,
    kind,
    parse,
    template,
    to_text,
)
from modelyard.local.runner.expressions.functions import BUILT_IN
from modelyard.local.runner.expressions.macros import expand
from unit.local.runner.expressions.cases import CONTEXTS

ALPHABET = st.sampled_from(
    [*"()[],.*'\"-0129 \n\t\\{}$!=<>&|_:\u00e4\u2028\x00", "true", "null", "variables", "a", "''"]
    + ["parameters.data", "rows", "1.2.3", "pipeline.startTime", "{0}", "${{", "}}", ".*", "eq("]
    + [f"{function.name}(" for function in BUILT_IN.values()]
)
TEXTS = st.one_of(st.text(), st.lists(ALPHABET, max_size=30).map("".join))

LITERALS = st.recursive(
    st.one_of(
        st.sampled_from(["true", "False", "1.2.3", "-1.5", "0", ".5", "''"]),
        st.text(max_size=6).map(lambda text: "'" + text.replace("'", "''") + "'"),
        st.sampled_from(["variables.MyVar", "parameters.data", "parameters.data.rows.*.id"]),
        st.sampled_from(["variables", "pipeline.startTime", "parameters.data.list[1]"]),
    ),
    lambda inner: st.builds(
        lambda function, arguments: f"{function.name}({', '.join(arguments)})",
        st.sampled_from(sorted(BUILT_IN.values(), key=lambda function: function.name)),
        st.lists(inner, min_size=1, max_size=4),
    ),
    max_leaves=12,
)
# No more digits than a number keeps when it becomes text.
NUMBERS = st.integers(-(10**9), 10**9).map(lambda number: number / 2**5)
VERSIONS = st.lists(st.integers(0, 2**31 - 1), min_size=3, max_size=4).map(
    lambda parts: Version(tuple(parts))
)
SAME_KIND = st.one_of(
    st.tuples(st.booleans(), st.booleans()),
    st.tuples(NUMBERS, NUMBERS),
    st.tuples(st.text(), st.text()),
    st.tuples(VERSIONS, VERSIONS),
    st.tuples(st.none(), st.none()),
    st.tuples(st.text(), st.text()).map(lambda pair: (pair[0], pair[0].swapcase())),
)
ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=5), VERSIONS),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(max_size=3), inner)),
    max_leaves=4,
)


def error_of(call: Callable[[], object]) -> ExpressionError | None:
    try:
        call()
    except ExpressionError as error:
        return error
    return None


@given(TEXTS)
@example("(" * 100_000)
@example("not(" * 100_000)
@example("a[" * 100_000)
@example("'" * 100_001)
@example("a" + ".a" * 50_000)
def test_no_text_crashes_the_parser_and_errors_lie_inside_it(text: str) -> None:
    if error := error_of(lambda: parse(text).evaluate(CONTEXTS)):
        assert 0 <= error.offset <= len(text)
        assert error.message


@given(TEXTS)
@example("${{" * 20_000)
@example("${{ '" + "}}" * 20_000)
def test_no_text_crashes_a_template_and_errors_lie_inside_it(text: str) -> None:
    if error := error_of(lambda: template(text).evaluate(CONTEXTS)):
        assert 0 <= error.offset <= len(text)


@given(LITERALS)
def test_an_expression_has_a_value_or_a_place_where_it_is_wrong(text: str) -> None:
    if error := error_of(lambda: kind(parse(text).evaluate(CONTEXTS))):
        assert 0 <= error.offset < len(text)


@given(SAME_KIND)
def test_eq_is_symmetric_where_the_kinds_are_equal(pair: tuple[Any, Any]) -> None:
    left, right = pair
    assert equal(left, right) is equal(right, left)
    assert equal(left, left)
    if left is not None:
        assert compare(left, right) == -compare(right, left)
        assert (compare(left, right) == 0) is equal(left, right)


@given(ANY, ANY)
def test_eq_never_fails(left: Any, right: Any) -> None:
    assert equal(left, right) in (True, False)


@given(ANY, ANY)
def test_an_order_is_an_order_or_refused(left: Any, right: Any) -> None:
    with suppress(BadValue):
        assert compare(left, right) in (-1, 0, 1)


@given(st.one_of(st.booleans(), NUMBERS, VERSIONS, st.text()))
def test_what_is_written_is_read_again(value: Any) -> None:
    written = "'" + value.replace("'", "''") + "'" if isinstance(value, str) else to_text(value)
    assert parse(written).evaluate({}) == value


@given(st.text(alphabet="$()ab ", max_size=30), st.text(alphabet="$()ab ", max_size=5))
def test_macros_are_expanded_as_the_agent_does_it(text: str, value: str) -> None:
    def find(name: str) -> str | None:
        return value if name in ("a", "b", "a b") else None

    # The agent changes the text itself and goes on after the value.
    slow, at = text, 0
    while (start := slow.find("$(", at)) >= 0 and (end := slow.find(")", start + 2)) >= 0:
        found = find(slow[start + 2 : end])
        if found is None:
            at = start + 1
        else:
            slow = slow[:start] + found + slow[end + 1 :]
            at = start + len(found)
    assert expand(text, find) == slow
