"""What exceptions of SDK v1 say, in the shapes that azureml-core 1.61 gives them."""

from __future__ import annotations

import json

import pytest

from modelyard.azureml.first_sdk.sdk_errors import words

CAUSE = "There aren't as many cores: it's \"4\" too few."
ANSWER = {"error": {"code": "Refused", "message": json.dumps({"error": {"message": CAUSE}})}}
RECEIVED = (
    "Received bad response from Resource Provider:\nResponse Code: 400\n"
    "Headers: {'Server': 'x', 'NEL': '{\"max_age\": 1}'}\nContent: "
)


@pytest.mark.parametrize(
    "said",
    [
        [json.dumps(ANSWER), "Operation returned an invalid status code 'Bad Request'"],
        [RECEIVED + repr(json.dumps(ANSWER).encode())],
        [RECEIVED + repr(json.dumps(ANSWER, indent=1).encode())],
        [f"Provisioning operation error:\n{ANSWER['error']!r}"],
        [f"StatusCode: 400\nMessage: {json.dumps(ANSWER)}\nand more"],
    ],
)
def test_the_cause_alone_is_told(said: list[str]) -> None:
    assert words(said) == CAUSE


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (["plain"], "plain"),
        (["", "a page", "Operation returned an invalid status code"], "Operation returned an"),
        ([f"{RECEIVED}b'nothing of the kind'"], "Content: b'nothing of the kind'"),
        (["b'x' isn't {a} key\n\n{'broken"], "b'x' isn't {a} key\n{'broken"),
        (["\n".join(map(str, range(99)))], "0\n1\n2\n3\n4\n5\n6\n7"),
        ([], ""),
    ],
)
def test_what_gives_no_cause_is_shown_as_it_is(said: list[str], told: str) -> None:
    assert told in words(said)
    assert len(words(said).splitlines()) <= 8
