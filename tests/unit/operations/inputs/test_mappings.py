"""Inputs that are mappings of texts."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.errors import InputError
from modelyard.operations.inputs.mappings import mapping_of


def test_what_yaml_makes_of_a_text_is_one() -> None:
    assert mapping_of("tags", {"team": "wine", 1: 0.5}, example="a: b") == {
        "team": "wine",
        "1": "0.5",
    }
    assert mapping_of("tags", None, example="a: b") == {}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (["a"], "tags isn't a mapping of texts, such as 'a: b'"),
        ({"a": ["b"]}, "tags isn't a mapping of texts"),
        ({"": "b"}, "tags has a name that is empty"),
        ({" ": "b"}, "tags has a name that is empty"),
    ],
)
def test_what_is_none_is_refused(value: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        mapping_of("tags", value, example="a: b")
