from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.local.runner.builtin.version_spec import (
    VersionSpecError,
    development,
    is_exact,
    satisfies,
)


@pytest.mark.parametrize(
    ("spec", "inside", "outside"),
    [
        # docs.npmjs.com, semver, "Ranges"
        ("3.x", ["3.0.0", "3.13.1"], ["2.7.18", "4.0.0"]),
        ("3", ["3.9.1"], ["4.0.0"]),
        ("3.11", ["3.11.0", "3.11.9"], ["3.1.1", "3.12.0"]),
        ("3.11.2", ["3.11.2"], ["3.11.3"]),
        ("3.11.*", ["3.11.7"], ["3.12.0"]),
        ("*", ["3.1.1"], []),
        (">=3.10 <3.12", ["3.10.0", "3.11.9"], ["3.9.9", "3.12.0"]),
        (">= 3.10", ["3.10.0", "4.0.0"], ["3.9.0"]),
        (">3.10", ["3.11.0"], ["3.10.5"]),
        ("<=3.10", ["3.10.5", "3.9.0"], ["3.11.0"]),
        ("~3.10.2", ["3.10.2", "3.10.9"], ["3.10.1", "3.11.0"]),
        ("~3", ["3.9.0"], ["4.0.0"]),
        ("^3.9.2", ["3.9.2", "3.12.0"], ["3.9.1", "4.0.0"]),
        ("^0.2.3", ["0.2.9"], ["0.3.0"]),
        ("3.8 - 3.10", ["3.8.0", "3.10.7"], ["3.11.0"]),
        ("3.9 || 3.11", ["3.9.1", "3.11.1"], ["3.10.1"]),
        ("3.12-dev", ["3.12.1"], ["3.11.0"]),
    ],
)
def test_ranges(spec: str, inside: list[str], outside: list[str]) -> None:
    def triple(text: str) -> tuple[int, int, int]:
        one, two, three = map(int, text.split("."))
        return one, two, three

    assert [one for one in inside if not satisfies(triple(one), spec)] == []
    assert [one for one in outside if satisfies(triple(one), spec)] == []


@pytest.mark.parametrize("spec", ["three", "3.11rc1", "3.11 || x y", ">=", "3..1"])
def test_no_range(spec: str) -> None:
    with pytest.raises(VersionSpecError, match="is no range of versions"):
        satisfies((3, 11, 0), spec)


def test_kinds() -> None:
    assert is_exact("3.11.2")
    assert not is_exact("3.11")
    assert development("3.13-dev") == "3.13"
    assert development("3.13") == ""


@given(st.tuples(*[st.integers(0, 30)] * 3), st.tuples(*[st.integers(0, 30)] * 3))
def test_comparisons_are_those_of_triples(
    one: tuple[int, int, int], two: tuple[int, int, int]
) -> None:
    text = ".".join(map(str, two))
    assert satisfies(one, f">={text}") is (one >= two)
    assert satisfies(one, f"<{text}") is (one < two)
    assert satisfies(one, f">{text}") is (one > two)
    assert satisfies(one, f"<={text}") is (one <= two)
    assert satisfies(one, text) is (one == two)
