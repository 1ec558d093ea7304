"""A whole cloud in this process: start, stop, reset, state that stays, and clear errors."""

from __future__ import annotations

import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests

from modelyard.clock import FakeClock
from modelyard.errors import InputError
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.exceptions import (
    AlreadyRunning,
    CorruptState,
    PortInUse,
    StateNotWritable,
)
from modelyard.local.cloud.faults import Rule
from modelyard.local.cloud.processes import Children, start_time
from modelyard.local.cloud.running import claimed_by, running
from modelyard.local.cloud.tokens import Tokens

CLOUD_SERVICES = ("entra", "arm")


def start(folder: Path, port: int = 0) -> LocalCloud:
    return LocalCloud(folder, port, services=CLOUD_SERVICES)


def ask(
    method: str, url: str, headers: Mapping[str, str] | None = None, body: object = None
) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, headers=headers, json=body, timeout=30)


def test_what_it_is_stays_over_a_restart(tmp_path: Path) -> None:
    with start(tmp_path) as cloud:
        before = dict(cloud.environment)
        port = int(cloud.url.rpartition(":")[2])
        _, token = Tokens(cloud.cloud).create("mine")
        certificate = Path(before["SSL_CERT_FILE"]).read_bytes()
    with start(tmp_path, port) as cloud:
        assert dict(cloud.environment) == before
        assert Tokens(cloud.cloud).identify(token) is not None
        assert Path(before["SSL_CERT_FILE"]).read_bytes() == certificate


def test_nothing_is_left_running(tmp_path: Path) -> None:
    threads = set(threading.enumerate())
    with start(tmp_path) as cloud:
        url = cloud.url
        status = ask("GET", f"{url}/modelyard/status", cloud.admin_headers)
        assert status.json()["state"] == str(tmp_path)
        found = running(tmp_path)
        assert found is not None
        assert found.url == url
    assert claimed_by(tmp_path) is None
    assert set(threading.enumerate()) == threads
    with pytest.raises(requests.ConnectionError):
        ask("GET", f"{url}/modelyard/status")


def test_secrets_are_for_the_owner_alone(tmp_path: Path) -> None:
    with start(tmp_path / "state") as cloud:
        secrets = [cloud.environment[n] for n in ("DATABRICKS_TOKEN", "AZURE_CLIENT_SECRET")]
        secrets.append(cloud.admin_headers["Authorization"].removeprefix("Bearer "))
        assert secrets[-1] not in "".join(cloud.environment.values())
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    for path in (tmp_path / "state").rglob("*"):
        holds = any(secret.encode() in path.read_bytes() for secret in secrets if path.is_file())
        if holds or path.suffix == ".key":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_reset_forgets_the_state_and_keeps_the_credentials(tmp_path: Path) -> None:
    with start(tmp_path) as cloud:
        tokens = Tokens(cloud.cloud)
        _, token = tokens.create("mine")
        cloud.faults.add(Rule("reset", host="nowhere"))
        (tmp_path / "home" / "cache").write_text("stale")
        ask("GET", f"{cloud.url}/nothing")
        cloud.reset()
        assert tokens.identify(token) is None
        assert tokens.identify(cloud.environment["DATABRICKS_TOKEN"]) is not None
        status = cloud.status()
        assert (status["faults"], status["requests"]) == (0, 0)
        assert list((tmp_path / "home").iterdir()) == []


def test_a_given_clock_is_the_clouds_time(tmp_path: Path) -> None:
    clock = FakeClock()
    with LocalCloud(tmp_path, clock=clock, services=("entra",)) as cloud:
        told = ask("GET", f"{cloud.url}/modelyard/clock", cloud.admin_headers)
        assert told.json() == {"time": clock.time()}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "status"),
        ("POST", "reset"),
        ("GET", "faults"),
        ("POST", "faults"),
        ("DELETE", "faults"),
        ("DELETE", "faults/1"),
        ("GET", "requests"),
        ("DELETE", "requests"),
        ("GET", "clock"),
        ("POST", "clock"),
        ("GET", "entra"),
        ("PUT", "entra"),
        ("POST", "entra/federated-credentials"),
    ],
)
def test_the_own_interface_is_for_who_has_the_key(
    cloud: LocalCloud, method: str, path: str
) -> None:
    """A token of the workspace, which every program of the cloud has, is not the key."""
    url = f"{cloud.url}/modelyard/{path}"
    token = {"Authorization": f"Bearer {cloud.environment['DATABRICKS_TOKEN']}"}
    for headers, reason in ((None, "needs its key"), (token, "is not the key")):
        answer = ask(method, url, headers, {"advance_seconds": 9e9})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert reason in answer.json()["message"]
        assert "admin_key that is in credentials.json" in answer.json()["message"]
    assert cloud.clock.time() < time.time() + 1e6
    assert ask("GET", f"{cloud.url}/modelyard/status", cloud.admin_headers).ok


def test_a_port_in_use_is_one_clear_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortInUse, match=f"port {port} on 127.0.0.1 can't be used"):
            start(tmp_path, port).start()
    with start(tmp_path, port):  # and what had begun is undone
        pass


def test_a_state_folder_serves_one_cloud_at_a_time(tmp_path: Path) -> None:
    with start(tmp_path) as cloud:
        with pytest.raises(AlreadyRunning):
            start(tmp_path).start()
        assert ask("GET", f"{cloud.url}/modelyard/status", cloud.admin_headers).ok


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("state.sqlite", b"this is no database, whatever it is called ....."),
        ("state.sqlite", b"SQLite format 3\0" + b"x" * 4000),
        ("credentials.json", b"{"),
    ],
)
def test_corrupt_state_is_one_clear_error(tmp_path: Path, name: str, content: bytes) -> None:
    with start(tmp_path):
        pass
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorruptState, match=f"{name} is damaged"):
        start(tmp_path).start()
    assert claimed_by(tmp_path) is None


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateNotWritable, match=r"the state folder .* can't be used"):
        start(tmp_path / "file" / "state").start()


def test_an_unknown_service_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'keyvualt'"):
        LocalCloud(tmp_path, services=("keyvualt",))


SLEEPER = (
    "import signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(600)\n"
)
"""A program with a child of its own; doesn't end when it is asked to."""


def sleeper(children: Children, log: Path) -> subprocess.Popen[bytes]:
    return children.start([sys.executable, "-c", SLEEPER], environment={}, log=log)


def wait_until_gone(pid: int) -> None:
    """A kill takes a moment to arrive."""
    deadline = time.monotonic() + 30
    while start_time(pid) is not None:
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.01)


def grandchild(log: Path, poll: object) -> int:
    while not log.exists() or not log.read_text().endswith("\n"):
        assert callable(poll)
        assert poll() is None
        time.sleep(0.01)
    return int(log.read_text())


def test_children_end_with_all_that_they_started(tmp_path: Path) -> None:
    children = Children(tmp_path)
    child = sleeper(children, tmp_path / "log")
    below = grandchild(tmp_path / "log", child.poll)
    children.stop(child, seconds=0.1)
    assert child.returncode is not None
    wait_until_gone(below)
    assert list((tmp_path / "children").iterdir()) == []


def test_children_end_when_their_parent_is_killed(
    tmp_path: Path, library_path: dict[str, str]
) -> None:
    """The thread that started them may have ended before: that alone ends nothing."""
    program = (
        "import sys, threading\n"
        "from pathlib import Path\n"
        "from modelyard.local.cloud.processes import Children\n"
        "children, started = Children(Path.cwd()), []\n"
        "def start():\n"
        "    command = [sys.executable, '-c', sys.argv[1]]\n"
        "    started.append(children.start(command, environment={}, log=Path('log')))\n"
        "thread = threading.Thread(target=start)\n"
        "thread.start()\n"
        "thread.join()\n"
        "print(started[0].pid, flush=True)\n"
        "started[0].wait()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, SLEEPER],
        env=library_path,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        below = grandchild(tmp_path / "log", parent.poll)
        assert start_time(child) is not None
        parent.kill()
        wait_until_gone(child)
        wait_until_gone(below)


def test_what_a_child_that_ended_has_left_ends_with_the_next_start(tmp_path: Path) -> None:
    children = Children(tmp_path)
    child = sleeper(children, tmp_path / "log")
    below = grandchild(tmp_path / "log", child.poll)
    child.kill()
    child.wait()
    assert start_time(below) is not None
    other = sleeper(children, tmp_path / "other")
    wait_until_gone(below)
    children.stop(child)  # a second time: nothing happens
    children.stop(other, seconds=0.1)


def test_a_program_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no-such-program is not there"):
        Children(tmp_path).start(["no-such-program"], environment={}, log=tmp_path / "log")


def test_a_new_cloud_ends_what_a_killed_one_left(tmp_path: Path) -> None:
    with start(tmp_path):
        pass
    child = sleeper(Children(tmp_path), tmp_path / "log")
    below = grandchild(tmp_path / "log", child.poll)
    with start(tmp_path):
        assert child.wait(30) is not None
        wait_until_gone(below)


def test_a_process_with_the_number_of_an_old_one_is_left_alone(tmp_path: Path) -> None:
    with start(tmp_path):
        pass
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        (tmp_path / "children").mkdir()
        record = tmp_path / "children" / f"{other.pid}.json"
        record.write_text(f'{{"pid": {other.pid}, "started": "12345"}}')
        (tmp_path / "children" / "half.json").write_text('{"pid": ')
        with start(tmp_path):
            assert other.poll() is None
            assert not record.exists()
    finally:
        other.kill()
        other.wait()
