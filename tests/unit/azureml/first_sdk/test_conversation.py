"""Speaking with the program: tokens over the pipe, what it prints, how it fails."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from modelyard.azureml.first_sdk import conversation
from modelyard.azureml.first_sdk.conversation import Conversation
from modelyard.errors import FileError, MissingTool, ModelyardError

PROGRAM = """
import json, os, sys
def send(**what):
    print(json.dumps(what), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    if asked["do"] == "sign in":
        send(token=None)
        print("got", json.loads(sys.stdin.readline())["token"], file=sys.stderr, flush=True)
        send(argv=sys.argv[1:], environ=dict(os.environ))
    elif asked["do"] == "fail":
        send(error={"kind": "definition", "what": "a.py:3: no", "file": "a.py", "line": 3})
    else:
        sys.exit(9)
"""

SIDE_BY_SIDE = """
import sys, threading
sys.path.insert(0, sys.argv.pop(1))
from modelyard_v1.serving import Pipes
pipes = Pipes()
while pipes.receive() is not None:
    got = []
    each = [threading.Thread(target=lambda: got.append(pipes.token())) for _ in range(8)]
    for one in each:
        one.start()
    for one in each:
        one.join()
    threading.Thread(target=pipes.token, daemon=True).start()  # when nothing is asked
    pipes.send({"got": got})
"""


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(conversation, "_START", PROGRAM)
    return []


def talk(shown: list[str]) -> Conversation:
    return Conversation(
        Path(sys.executable),
        {"A_VARIABLE": "its value"},
        token=lambda: "a-token",
        show=shown.append,
    )


def test_a_token_goes_over_the_pipe_and_in_no_variable(shown: list[str]) -> None:
    with talk(shown) as it:
        answer = it.ask("sign in")
        assert "a-token" not in str(answer)
        given = {"A_VARIABLE", "AZUREML_LOG_DEPRECATION_WARNING_ENABLED", "PYTHONUNBUFFERED"}
        assert answer["environ"].keys() - {"LC_CTYPE"} == given
    assert shown == ["got a-token"]


def test_an_error_names_the_place_in_the_users_file(shown: list[str]) -> None:
    with talk(shown) as it, pytest.raises(FileError, match=r"a\.py:3: no") as caught:
        it.ask("fail")
    assert (caught.value.file, caught.value.line) == ("a.py", 3)


def test_a_program_that_ends_is_an_error(shown: list[str]) -> None:
    with talk(shown) as it, pytest.raises(ModelyardError, match="exit code 9"):
        it.ask("end")


def test_tokens_are_taken_on_several_threads_at_once(
    shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "_START", SIDE_BY_SIDE)
    with talk(shown) as it:
        for _ in range(50):
            assert it.ask("work") == {"got": ["a-token"] * 8}


def test_a_python_without_the_sdk_is_told_apart() -> None:
    with (
        Conversation(Path(sys.executable), {}, token=str, show=lambda _: None) as it,
        pytest.raises(MissingTool, match="has no SDK v1"),
    ):
        it.ask("build")
