from __future__ import annotations

import json
from typing import Any

import pytest
import requests
import requests_mock

from modelyard.answers import Rule, classify, error_body, read_json, read_list
from modelyard.errors import (
    AlreadyExists,
    NotFound,
    NotTheService,
    PermissionDenied,
    ServiceError,
    ServiceUnavailable,
    TooManyRequests,
    Unauthenticated,
)

URL = "https://adb-1.2.azuredatabricks.net/api"


def answer(status: int = 200, **content: Any) -> requests.Response:
    with requests_mock.Mocker() as server:
        server.get(URL, status_code=status, **content)
        return requests.get(URL, timeout=5)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, {}, NotFound),
        (400, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no"}, NotFound),
        (404, {"error": {"code": "ResourceNotFound", "message": "no"}}, NotFound),
        (400, {"error_code": "RESOURCE_ALREADY_EXISTS"}, AlreadyExists),
        (409, {}, AlreadyExists),
        (401, {}, Unauthenticated),
        (403, {"error_code": "403", "message": "Invalid access token."}, Unauthenticated),
        (403, {"message": "Token expired"}, Unauthenticated),
        (403, {"error_code": "PERMISSION_DENIED", "message": "no"}, PermissionDenied),
        (429, {}, TooManyRequests),
        (503, {"error_code": "TEMPORARILY_UNAVAILABLE"}, ServiceUnavailable),
        (400, {"error_code": "TEMPORARILY_UNAVAILABLE"}, ServiceUnavailable),
        (500, {}, ServiceUnavailable),
        (502, {}, ServiceUnavailable),
        (400, {"error_code": "INVALID_PARAMETER_VALUE"}, ServiceError),
        (418, {}, ServiceError),
    ],
)
def test_the_table(status: int, body: dict[str, Any], error: type[ServiceError]) -> None:
    found = classify(answer(status, json=body), "GET x")

    assert type(found) is error
    assert found.status == status


def test_a_services_own_rows_come_first() -> None:
    rules = (Rule(AlreadyExists, code="^INVALID$", message="(?i)taken"),)
    body = {"error_code": "INVALID", "message": "the name is Taken"}

    assert type(classify(answer(404, json=body), "GET x", rules)) is AlreadyExists
    assert type(classify(answer(404, json={"error_code": "INVALID"}), "GET x", rules)) is NotFound


def test_the_message_has_the_call_the_status_and_the_services_words() -> None:
    body = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Cluster 1 does not exist"}
    error = classify(answer(400, json=body), "POST https://x/api/2.0/clusters/get")

    assert error.what == (
        "POST https://x/api/2.0/clusters/get answered 400 RESOURCE_DOES_NOT_EXIST: "
        "Cluster 1 does not exist"
    )
    assert error.code == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"error_code": "A", "message": "b"}, ("A", "b")),
        ({"error": {"code": "A", "message": "b"}}, ("A", "b")),
        ({"error": "invalid_client", "error_description": "b"}, ("invalid_client", "b")),
        ({"error": "A", "message": "b"}, ("A", "b")),
        ({"errors": [{"code": "DENIED", "message": "b"}]}, ("DENIED", "b")),
        ({"errors": []}, ("", "")),
        ({"error": {"code": None, "message": None}}, ("", "")),
        ({"error_code": 404, "message": None}, ("404", "")),
        ([1, 2], ("", "[1, 2]")),
        ({}, ("", "")),
    ],
)
def test_code_and_message_wherever_they_are(body: Any, found: tuple[str, str]) -> None:
    assert error_body(answer(400, json=body)) == found


def test_the_cause_is_told_also_where_no_error_stands_around_it() -> None:
    """As the interface of Azure ML's web services answers."""
    inner = {"error": {"code": "QuotaExceeded", "message": "4 cores too few"}}
    below = {"code": "Provisioning", "message": json.dumps(inner)}
    body = {"code": "BadRequest", "message": "It is invalid.", "details": [below]}
    assert error_body(answer(400, json=body)) == ("BadRequest", "It is invalid.\n  4 cores too few")


def test_of_a_page_the_start_is_shown() -> None:
    page = "<html>\n <body>" + "x" * 500
    error = classify(answer(502, text=page), "GET x")

    assert error.what.startswith("GET x answered 502: <html> <body>xxx")
    assert len(error.what) < 260


def test_good_answers() -> None:
    assert read_json(answer(json={"a": 1}), "GET x") == {"a": 1}
    assert read_json(answer(204, content=b""), "GET x") == {}
    assert read_json(answer(text='{"a": 1}', headers={"Content-Type": "text/plain"}), "x") == {
        "a": 1
    }


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("<html>Sign in</html>", "text/html"),
        ("[1]", "application/json"),
        ("null", "application/json"),
        ("{truncated", "application/json"),
        ("   ", ""),
    ],
)
def test_a_success_that_holds_no_object_is_none(content: str, kind: str) -> None:
    with pytest.raises(NotTheService) as caught:
        read_json(answer(text=content, headers={"Content-Type": kind}), "GET https://x/api")

    assert caught.value.what.startswith("GET https://x/api answered 200 with ")
    assert content.strip() in caught.value.what


def test_a_list_is_read_and_nothing_else_taken_for_one() -> None:
    assert read_list(answer(json=[{"a": 1}]), "GET x") == [{"a": 1}]
    for other in (answer(json={"a": 1}), answer(text="<html>"), answer(204, content=b"")):
        with pytest.raises(NotTheService, match=r"GET x answered 20[04] .*not with a JSON list"):
            read_list(other, "GET x")
