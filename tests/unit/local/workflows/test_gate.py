"""A job that waits for an approval asks over a socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from modelyard.errors import ModelyardError
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.questions import Approvals, Question
from modelyard.local.runner.engine.settings import Settings
from modelyard.local.workflows import job_names
from modelyard.local.workflows.gate import Gate
from modelyard.runner_errors import LocalCloudError, PipelineError


class Person:
    """Answers with what the test says; None waits until nobody waits for the answer."""

    def __init__(self, answer: bool | None) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def ask(self, question: Question, is_over: Callable[[], bool]) -> bool | None:
        self.asked.append(question.text)
        while self.answer is None and not is_over():
            pass
        return self.answer


class Opened:
    """A gate, and what it told of."""

    def __init__(self, path: Path, person: Person | None, settings: Settings) -> None:
        self.path, self.told = path, list[tuple[tuple[str, ...], str]]()
        self.failure: ModelyardError | None = None
        self.cancellation = RunCancellation()
        approvals = Approvals(settings, person)
        self.gate = Gate(
            path,
            approvals,
            settings.approvals,
            self.cancellation,
            lambda ids, question: self.told.append((ids, question.text)),
            self.identify,
            (),
        )

    def identify(self, ids: tuple[str, ...], environment: str) -> dict[str, str]:
        if self.failure is not None:
            raise self.failure
        return {"TOKEN": f"{'/'.join(ids)} to {environment}"} if ids[0] == "with" else {}

    def begin(self, environment: str, job: str = "do") -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(20)
        connection.connect(str(self.path))
        asked = {"environment": environment, "job": job_names.name_of(job, "", called=False)}
        connection.sendall(json.dumps(asked).encode() + b"\n")
        return connection

    def ask(self, environment: str, job: str = "do") -> dict[str, Any]:
        return answer_of(self.begin(environment, job))


def answer_of(connection: socket.socket) -> dict[str, Any]:
    with connection, connection.makefile("rb") as file:
        found: dict[str, Any] = json.loads(file.read())
        return found


Open = Callable[..., Opened]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    gates = []

    def make(person: Person | None = None, **settings: Any) -> Opened:
        gates.append(Opened(tmp_path / "gate", person, Settings(**settings)))
        return gates[-1]

    yield make
    for one in gates:
        one.gate.close()


def test_only_some_environments_ask(opened: Open) -> None:
    person = Person(False)
    gate = opened(person)

    assert gate.ask("staging") == {"approved": True, "why": "", "variables": {}}
    assert gate.ask("") == {"approved": True, "why": "", "variables": {}}
    assert gate.ask("Production") == {"approved": False, "why": "rejected", "variables": {}}
    assert person.asked == ["Production waits for your approval"]
    assert gate.told == [(("do",), "Production waits for your approval")]


def test_what_was_approved_before_is_not_asked(opened: Open) -> None:
    person = Person(False)
    gate = opened(person, approved=frozenset({"production"}))

    assert gate.ask("production") == {
        "approved": True,
        "why": "approved: --approve production",
        "variables": {},
    }
    assert person.asked == []


def test_a_job_gets_what_it_may_ask_for_tokens_with(opened: Open) -> None:
    gate = opened(Person(False))

    assert gate.ask("", "with")["variables"] == {"TOKEN": "with to "}
    assert gate.ask("staging", "with")["variables"] == {"TOKEN": "with to staging"}
    rejected = gate.ask("production", "with")
    assert (rejected["approved"], rejected["variables"]) == (False, {})
    gate.failure = LocalCloudError("no cloud answers")
    failed = gate.ask("", "with")
    assert not failed["approved"]
    assert "no cloud answers" in failed["why"]


def test_nobody_is_there(opened: Open) -> None:
    answer = opened().ask("production")

    assert answer["approved"] is False
    assert answer["why"].endswith("run it with --approve production, or --yes")


def test_a_cancelled_run_waits_no_longer(opened: Open) -> None:
    gate = opened(Person(None))
    connection = gate.begin("production")
    gate.cancellation.cancel()

    assert answer_of(connection) == {"approved": False, "why": "nobody answered", "variables": {}}


def test_a_path_that_is_too_long_for_a_socket(tmp_path: Path) -> None:
    path = tmp_path / ("long" * 40)

    with pytest.raises(PipelineError, match="can't be made") as caught:
        Opened(path, None, Settings())
    assert caught.value.fix == "set TMPDIR to a folder with a shorter name"
