"""InvokeRESTAPI in jobs without an agent."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from modelyard.clock import FakeClock
from modelyard.local.runner.engine import server_requests
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.connections import JobAccess, NoConnection
from modelyard.local.runner.predefined_variables import Build
from modelyard.local.runner.service_endpoints import Endpoint

TOKEN = "token-of-the-job"


class Server(ThreadingHTTPServer):
    """Notes what it is asked; answers as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.answer = 200, '{"status": "good"}'
        self.asked: list[dict[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def _any(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length).decode()
        self.server.asked.append(
            {"method": self.command, "path": self.path, "headers": self.headers, "body": body}
        )
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.answer.encode())

    do_GET = do_POST = do_PATCH = _any  # noqa: N815 - names of http.server

    def log_message(self, *_: Any) -> None: ...


class Somewhere:
    """Has one generic service connection; services say of every task what it is told."""

    def __init__(self, url: str, **parameters: str) -> None:
        key = "0b1f6c1e-0000-4000-8000-000000000001"
        self.endpoint = Endpoint("ml", url, "UsernamePassword", parameters, key)
        self.said = ["", "", "succeeded"]
        self.waiting: list[tuple[str, str, str]] = []

    def connection(self, name: str, kind: str, project: str) -> Endpoint:
        if (name, kind) != ("ml", "Generic"):
            raise NoConnection(f"there is no service connection {name} of the type {kind}")
        return self.endpoint

    def start_job(self, build: Build, plan_id: str, job_id: str) -> JobAccess:
        return JobAccess(TOKEN, {})

    def called_back(self, plan_id: str, job_id: str, task_id: str) -> str:
        self.waiting.append((plan_id, job_id, task_id))
        return self.said.pop(0) if len(self.said) > 1 else self.said[0]


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()
    thread.join()


@pytest.fixture
def place(server: Server) -> Somewhere:
    return Somewhere(f"http://127.0.0.1:{server.server_port}")


def step(**inputs: str) -> str:
    given = {"serviceConnection": "ml", "headers": "", **inputs}
    return f"""
    variables: {{what: wine}}
    jobs:
    - job: ask
      pool: server
      steps:
      - task: InvokeRestApi@1
        timeoutInMinutes: 10
        inputs: {json.dumps(given)}
    - job: after
      dependsOn: ask
      steps: [{{checkout: none}}, {{bash: "echo '> after'"}}]
    """


def test_a_request_is_made_of_its_inputs(run: Any, server: Server, place: Somewhere) -> None:
    headers = json.dumps({"Content-Type": "application/json", "X-Auth": "$(System.AccessToken)"})
    done = run(
        step(headers=headers, body='{"of": "$(what)"}', urlSuffix="runs?n=1"), services=place
    )

    [asked] = server.asked
    assert (asked["method"], asked["path"], asked["body"]) == (
        "POST", "/runs?n=1", '{"of": "wine"}',
    )  # fmt: skip
    assert asked["headers"]["X-Auth"] == TOKEN
    assert asked["headers"]["Authorization"] is None
    assert done.result == "Succeeded"
    assert done.printed == ["> after"]
    assert "Response Code: 200 OK" in done.lines
    assert 'Response: {"status": "good"}' in done.lines


def test_the_headers_name_the_task_where_none_are_given(
    run: Any, server: Server, place: Somewhere
) -> None:
    run(step().replace('"headers": "", ', "").replace(', "headers": ""', ""), services=place)

    headers = server.asked[0]["headers"]
    assert headers["HubName"] == "build"
    assert headers["AuthToken"] == TOKEN
    assert "$(" not in str(headers)


def test_a_connection_signs_in_with_its_password_and_no_log_shows_it(
    run: Any, server: Server
) -> None:
    server.answer = '{"echo": "pass-word-1"}'
    place = Somewhere(
        f"http://127.0.0.1:{server.server_port}", username="me", password="pass-word-1"
    )
    done = run(step(method="GET", body="left out"), services=place)

    [asked] = server.asked
    shown = asked["headers"]["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(shown) == b"me:pass-word-1"
    assert asked["body"] == ""
    assert 'Response: {"echo": "***"}' in done.lines
    assert not any("pass-word-1" in line or TOKEN in line for line in done.lines)


def test_a_header_that_signs_in_comes_before_the_connections_password(
    run: Any, server: Server
) -> None:
    place = Somewhere(f"http://127.0.0.1:{server.server_port}", username="me", password="pass-1")
    run(step(headers='{"authorization": "Bearer of-the-header"}'), services=place)

    [asked] = server.asked
    assert asked["headers"]["Authorization"] == "Bearer of-the-header"


@pytest.mark.parametrize(
    ("criteria", "answer", "note"),
    [
        ("eq(root['status'], 'good')", '{"status": "good"}', ""),
        ("ge(count(root['runs']), 2)", '{"runs": [1, 2]}', ""),
        ("eq(root['status'], 'good')", '{"status": "bad"}', "doesn't hold for the answer"),
        ("eq(root['status'], 'good')", "<html>", "the answer is no JSON"),
        ("count(root['status'])", '{"status": "x"}', "only arrays and objects can be counted"),
    ],
)
def test_the_answer_is_judged(
    run: Any, server: Server, place: Somewhere, criteria: str, answer: str, note: str
) -> None:
    server.answer = answer
    done = run(step(successCriteria=criteria), services=place)

    assert done.result == ("Failed" if note else "Succeeded")
    assert note in done.node("__default", "ask", "1").note


@pytest.mark.parametrize(
    ("inputs", "note"),
    [
        ({"successCriteria": "eq(rot['a'], 1)"}, "there is no rot here"),
        ({"successCriteria": "jsonpath('a')"}, "there is no function jsonpath"),
        ({"headers": "{"}, "the input headers is no JSON"),
        ({"headers": '{"a": 1}'}, "the input headers is no JSON object of texts"),
        ({"serviceConnection": "other"}, "there is no service connection other"),
        ({"serviceConnection": "$(none)"}, "there is no service connection $(none)"),
        ({"connectionType": "connectedServiceNameAzureDevOps", "azureDevOpsServiceConnection": "x"},
         "isn't there on this machine"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_or_sent_is_not_sent(
    run: Any, server: Server, place: Somewhere, inputs: dict[str, str], note: str
) -> None:
    done = run(step(**inputs), services=place)

    assert note in done.node("__default", "ask", "1").note
    assert server.asked == []
    assert done.result == "Failed"


def test_an_answer_of_a_mebibyte_and_more_is_judged(
    run: Any, server: Server, place: Somewhere
) -> None:
    server.answer = json.dumps({"filling": "\u0001" * 300_000, "a": "ü", "status": "good"})
    done = run(step(successCriteria="eq(root['status'], 'good')"), services=place)

    assert done.result == "Succeeded"
    assert done.printed == ["> after"]


@pytest.mark.parametrize(
    ("criteria", "note"),
    [
        ("", "answered with 200"),
        ("eq(root['a'], 1)", "the answer has more than 4 MiB, of which eq(root['a'], 1) can't"),
    ],
)
def test_of_a_larger_answer_the_status_alone_counts(
    run: Any, server: Server, place: Somewhere, criteria: str, note: str
) -> None:
    server.answer = json.dumps({"a": 1, "filling": "x" * (5 << 20)})
    done = run(step(successCriteria=criteria), services=place)

    assert done.result == ("Failed" if criteria else "Succeeded")
    assert done.node("__default", "ask", "1").note.startswith(note)
    assert "The answer has more than 4 MiB: the rest isn't read." in done.lines


def test_a_fault_of_the_runner_fails_its_step_and_the_run_comes_to_its_result(
    run: Any, place: Somewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise KeyError(TOKEN)

    monkeypatch.setattr(server_requests, "perform", broken)
    done = run(
        step().replace("dependsOn: ask", "dependsOn: ask\n      condition: failed()"),
        services=place,
    )

    assert done.result == "Failed"
    assert done.printed == ["> after"]
    note = done.node("__default", "ask", "1").note
    assert note.startswith("KeyError: '***' (a fault of Modelyard at test_server_requests.py:")
    assert "please report it" in note


def test_a_redirection_to_nowhere_is_no_success(run: Any, server: Server, place: Somewhere) -> None:
    server.status = 300
    done = run(step(), services=place)

    assert done.result == "Failed"
    assert "was answered with 300" in done.node("__default", "ask", "1").note


def test_a_header_that_signs_in_goes_before_the_connections_password(
    run: Any, server: Server
) -> None:
    place = Somewhere(
        f"http://127.0.0.1:{server.server_port}", username="me", password="pass-word-1"
    )
    run(step(headers='{"authorization": "Bearer of-the-job-before"}'), services=place)

    assert server.asked[0]["headers"]["Authorization"] == "Bearer of-the-job-before"


def test_criteria_do_not_count_where_the_service_calls_back(run: Any, place: Somewhere) -> None:
    inputs = {"waitForCompletion": "true", "successCriteria": "nobody(could) read this"}
    done = run(step(**inputs), services=place, clock=FakeClock())

    assert done.result == "Succeeded"


def test_each_task_waits_under_an_id_of_its_own(run: Any, place: Somewhere) -> None:
    place.said = ["succeeded"]
    task = "- {task: InvokeRestApi@1, inputs: {serviceConnection: ml, waitForCompletion: true}}"
    done = run(
        f"""
        jobs:
        - job: ask
          pool: server
          steps:
          {task}
          {task}
        """,
        services=place,
        clock=FakeClock(),
    )

    assert done.result == "Succeeded"
    assert len(place.waiting) == len(set(place.waiting)) == 2


def test_any_other_status_fails_the_task(run: Any, server: Server, place: Somewhere) -> None:
    server.status, server.answer = 503, "x" * 3000
    done = run(step(waitForCompletion="true"), services=place)

    note = done.node("__default", "ask", "1").note
    assert note.startswith("POST was answered with 503 Service Unavailable: xxx")
    assert len(note) < 400
    assert len(server.asked) == 1  # nothing is sent twice
    assert any(line.endswith("... (3000 characters)") for line in done.lines)
    assert place.waiting == []
    assert done.printed == []


def test_a_server_that_does_not_listen_is_one_error(run: Any) -> None:
    done = run(step(), services=Somewhere("http://127.0.0.1:9"))

    assert "nobody answers there (ConnectionError)" in done.node("__default", "ask", "1").note


@pytest.mark.parametrize(
    ("said", "result"),
    [
        ("succeeded", "Succeeded"),
        ("succeededWithIssues", "SucceededWithIssues"),
        ("failed", "Failed"),
        ("canceled", "Failed"),
        ("something new", "Failed"),
    ],
)
def test_it_waits_until_the_service_calls_back(
    run: Any, server: Server, place: Somewhere, said: str, result: str
) -> None:
    place.said = ["", "", said]
    body = (
        '{"plan": "$(System.PlanId)", "job": "$(System.JobId)", "task": "$(System.TaskInstanceId)"}'
    )
    done = run(step(waitForCompletion="true", body=body), services=place, clock=FakeClock())

    sent = json.loads(server.asked[0]["body"])
    assert set(place.waiting) == {(sent["plan"], sent["job"], sent["task"])}
    assert len(place.waiting) == 3
    assert done.result == result
    assert done.node("__default", "ask", "1").note == f"the service called back: {said}"


def test_each_step_waits_for_what_is_said_of_itself(
    run: Any, server: Server, place: Somewhere
) -> None:
    place.said = ["succeeded"]
    asks = """- task: InvokeRestApi@1
        inputs: {serviceConnection: ml, headers: '', waitForCompletion: true,
          body: $(System.TaskInstanceId)}"""
    text = f"""
    jobs:
    - job: ask
      pool: server
      steps:
      {asks}
      {asks}
    """
    run(text, services=place, clock=FakeClock())

    first, second = (one["body"] for one in server.asked)
    assert first != second
    assert [task for _, _, task in place.waiting] == [first, second]


def test_what_the_service_calls_back_counts_whatever_its_answer_is(
    run: Any, server: Server, place: Somewhere
) -> None:
    """The service's form hides the criteria then; not even that they can't be read matters."""
    place.said = ["succeeded"]
    inputs = {"waitForCompletion": "true", "successCriteria": "eq(rot['a'], 1)"}
    done = run(step(**inputs), services=place, clock=FakeClock())

    assert len(server.asked) == 1
    assert done.result == "Succeeded"


def test_a_service_that_says_nothing_is_waited_for_no_longer_than_the_step(
    run: Any, place: Somewhere
) -> None:
    place.said = [""]
    clock = FakeClock()
    started = clock.time()
    done = run(step(waitForCompletion="true"), services=place, clock=clock)

    assert done.result == "Failed"
    assert 600 <= clock.time() - started < 620
    assert done.node("__default", "ask", "1").note == "it took longer than its timeoutInMinutes"


def test_a_job_whose_time_is_over_says_so(run: Any, place: Somewhere) -> None:
    place.said = [""]
    text = step(waitForCompletion="true").replace("timeoutInMinutes: 10", "timeoutInMinutes: 0")
    text = text.replace("pool: server", "pool: server\n      timeoutInMinutes: 10")
    done = run(text, services=place, clock=FakeClock())

    assert done.result == "Canceled"
    asked = done.node("__default", "ask", "1")
    assert asked.note == "the job took longer than its timeoutInMinutes"


def test_a_cancel_ends_the_wait(run: Any, place: Somewhere) -> None:
    cancellation = RunCancellation()

    class Leaves(Somewhere):
        def called_back(self, plan_id: str, job_id: str, task_id: str) -> str:
            cancellation.cancel()
            return ""

    place.__class__ = Leaves
    done = run(step(waitForCompletion="true"), services=place, cancellation=cancellation)

    assert done.result == "Canceled"
    assert done.node("__default", "ask", "1").note == "the run was cancelled"


def test_without_a_local_cloud_there_is_no_connection(run: Any) -> None:
    assert "no local cloud runs" in run(step()).node("__default", "ask", "1").note
