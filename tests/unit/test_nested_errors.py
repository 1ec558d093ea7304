"""Causes are found wherever Azure puts them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelyard.nested_errors import DEEPEST, causes

QUOTA = "Not enough quota available for Standard_DS3_v2. Current usage/limit: 96/100."


def quota_error() -> dict[str, Any]:
    inner = {"errors": {"VmSize": [QUOTA]}, "title": "One or more validation errors occurred."}
    middle = {"error": {"code": "Validation", "message": json.dumps(inner)}}
    detail = {"code": "InferencingClientCallFailed", "message": json.dumps(middle)}
    return {"code": "BadRequest", "message": "The request is invalid.", "details": [detail]}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (quota_error(), (QUOTA,)),
        ({"code": "X", "message": "plain"}, ("plain",)),
        ({"message": "outer", "details": []}, ("outer",)),
        ({"message": "outer", "innererror": {"message": "inner"}}, ("inner",)),
        ({"message": "o", "details": [{"message": "a"}, {"message": "b"}]}, ("a", "b")),
        ({"message": "o", "details": [{"message": "a"}, {"message": "a"}]}, ("a",)),
        ({"Message": 'Failed: {"error": {"message": "below"}}'}, ("below",)),
        ({"message": 'Failed: {"message": "below"} (see the page)'}, ("below",)),
        ({"message": 'Of {type} {"a": 1}: {"message": "below"}'}, ("below",)),
        ({"message": "not JSON: {broken"}, ("not JSON: {broken",)),
        ({"message": '{"no": 1}'}, ('{"no": 1}',)),
        ({"message": "said", "details": [{"code": "only a code"}]}, ("said",)),
        ({}, ()),
        ("text", ("text",)),
        (None, ()),
    ],
)
def test_causes(error: Any, expected: tuple[str, ...]) -> None:
    assert causes(error) == expected


def test_there_is_an_end_to_how_deep_it_looks() -> None:
    error: dict[str, Any] = {"message": "deepest"}
    for _ in range(DEEPEST * 3):
        error = {"message": "outer", "details": [error]}
    assert causes(error) == ("outer",)
