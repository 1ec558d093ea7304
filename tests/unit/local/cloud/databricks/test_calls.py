from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from databricks_service import ApiFailure, Workspace
from modelyard.local.cloud.databricks.calls import Call, read_arguments
from modelyard.local.cloud.databricks.exceptions import ApiError
from modelyard.local.cloud.tokens import Principal

SOMEBODY = Principal("user", "somebody", "1")


def call(**arguments: Any) -> Call:
    return Call(Request(EnvironBuilder("/").get_environ()), SOMEBODY, "2.0", arguments)


def test_a_missing_field_is_named() -> None:
    for arguments in ({}, {"path": None}, {"path": ""}):
        with pytest.raises(ApiError) as error:
            call(**arguments).text("path")
        assert (error.value.code, error.value.error_code) == (400, "INVALID_PARAMETER_VALUE")
        assert error.value.message == "Missing required field: path"


def test_numbers_and_booleans_may_be_strings() -> None:
    assert call(run_id="17").number("run_id") == 17
    assert call(run_id=17).number("run_id") == 17
    assert call(recursive="TRUE").flag("recursive") is True
    assert call(recursive=False).flag("recursive", True) is False
    assert call().flag("recursive") is False


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("number", "x"),
        ("number", True),
        ("number", 1.5),
        ("flag", "maybe"),
        ("flag", 1),
        ("text", 7),
        ("items", "a"),
        ("mapping", []),
    ],
)
def test_a_value_of_a_wrong_type_is_named(method: str, value: Any) -> None:
    with pytest.raises(ApiError, match="field"):
        getattr(call(field=value if value != [] else [1]), method)("field")


@pytest.mark.parametrize("body", ["{", "[1, 2]", '"text"'])
def test_a_body_that_is_no_json_object_is_malformed(workspace: Workspace, body: str) -> None:
    with pytest.raises(ApiFailure) as failure:
        workspace.call("POST", "clusters/create", data=body)
    assert (failure.value.status, failure.value.code) == (400, "MALFORMED_REQUEST")


def test_a_get_may_have_a_body_as_in_the_service_s_own_examples() -> None:
    builder = EnvironBuilder(
        "/", method="GET", query_string={"a": "1", "b": "2"}, data=json.dumps({"b": 3})
    )
    assert read_arguments(Request(builder.get_environ())) == {"a": "1", "b": 3}


def test_any_content_type_is_json() -> None:
    builder = EnvironBuilder("/", method="POST", data='{"a": 1}', content_type="text/json")
    assert read_arguments(Request(builder.get_environ())) == {"a": 1}
