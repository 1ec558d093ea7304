"""``modelyard local ...`` as people and scripts call it: processes, and nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from modelyard.local.cloud.processes import start_time
from modelyard.local.cloud.running import claimed_by, running

COMMAND = [sys.executable, "-W", "error", "-m", "modelyard", "local"]
SERVICES = ["--services", "entra,arm"]

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def wait_for(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.02)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def environment(folder: Path, library_path: dict[str, str]) -> dict[str, str]:
    cache = {"XDG_CACHE_HOME": str(folder.parent / "cache")}
    return {**library_path, **cache, "MODELYARD_LOCAL_STATE": str(folder)}


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """``run("down")`` -> the completed process."""

    def call(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            capture_output=True,
            text=True,
            env={**environment, **variables},
            cwd=tmp_path,
            timeout=120,
            check=False,
        )

    return call


@pytest.fixture
def up(run: Run, folder: Path) -> Iterator[str]:
    """A cloud in the background; its address."""
    done = run("up", "--detach", *SERVICES)
    assert done.returncode == 0, done.stderr
    yield done.stdout.strip()
    run("down")
    assert claimed_by(folder) is None


def session_members(pid: int) -> list[int]:
    """All processes of a session, on systems with /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def processes_of(folder: Path) -> dict[int, str]:
    """Processes with the folder in their command line or environment: ids and command lines."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, variables = ((process / name).read_bytes() for name in ("cmdline", "environ"))
        except OSError:
            continue  # gone, or somebody else's
        if str(folder).encode() in command + variables:
            found[int(process.name)] = command.replace(b"\0", b" ").decode(errors="replace")
    return found


def test_up_exec_down(run: Run, folder: Path) -> None:
    done = run("up", "--detach", *SERVICES)
    assert (done.returncode, done.stderr) == (0, "")
    cloud = running(folder)
    assert cloud is not None
    assert done.stdout == f"{cloud.url}\n"
    program = "import os, sys; print(os.environ['MODELYARD_LOCAL_URL']); sys.exit(7)"
    done = run("exec", "--", sys.executable, "-c", program)
    assert (done.returncode, done.stdout) == (7, f"{cloud.url}\n")
    done = run("down")
    assert (done.returncode, done.stdout) == (0, f"Stopped (process {cloud.pid}).\n")
    assert start_time(cloud.pid) is None
    assert session_members(cloud.pid) == []
    done = run("down")
    assert (done.returncode, done.stdout) == (0, f"No local cloud runs in {folder}.\n")


def test_a_second_cloud_in_another_folder_is_told_of_the_first(
    run: Run, up: str, folder: Path
) -> None:
    notes = folder.parent / "cache/modelyard/clouds"
    [note] = notes.iterdir()
    (notes / "4194304").write_text(str(folder))  # left by a killed one
    second = folder.parent / "second"
    done = run("up", "--detach", *SERVICES, MODELYARD_LOCAL_STATE=str(second))
    down = run("down", MODELYARD_LOCAL_STATE=str(second))

    assert (done.returncode, down.returncode) == (0, 0)
    assert done.stderr == f"Another local cloud runs in {folder}: this one is a second one.\n"
    assert list(notes.iterdir()) == [note]
    assert run("up").returncode == 54  # in the same folder it is refused


def test_a_program_signs_in_with_what_exec_gives_it(run: Run, up: str) -> None:
    program = (
        "import requests\n"
        "from azure.identity import EnvironmentCredential\n"
        "token = EnvironmentCredential().get_token('https://management.azure.com/.default').token\n"
        "print(requests.get('https://management.azure.com/subscriptions',\n"
        "    params={'api-version': '2022-12-01'},\n"
        "    headers={'Authorization': f'Bearer {token}'}).json()['value'][0]['displayName'])\n"
    )
    real = {"AZURE_CLIENT_SECRET": "real", "AZURE_CLIENT_CERTIFICATE_PATH": "/real"}
    done = run("exec", sys.executable, "-c", program, **real)
    assert (done.returncode, done.stdout) == (0, "modelyard local cloud\n"), done.stderr


def test_exec_hides_what_belongs_to_the_real_world(run: Run, up: str) -> None:
    real = {"ARM_CLIENT_SECRET": "real", "DATABRICKS_CONFIG_FILE": "/real", "KEPT": "yes"}
    done = run("exec", "--", sys.executable, "-c", "import os; print(dict(os.environ))", **real)
    assert "real" not in done.stdout.replace("real_world", "")
    assert "'KEPT': 'yes'" in done.stdout


def test_exec_passes_signals_on(environment: dict[str, str], up: str, tmp_path: Path) -> None:
    program = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(43))\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen(
        [*COMMAND, "exec", "--", sys.executable, "-c", program],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 43


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (["no-such-program"], 127, "no-such-program was not found"),
        (["/"], 126, "/: "),
        ([], 2, "no command is named"),
    ],
)
def test_a_program_that_cannot_be_started(
    run: Run, up: str, command: list[str], code: int, message: str
) -> None:
    done = run("exec", "--", *command)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command", [["exec", "--", "true"], ["env"], ["status"], ["fault", "list"], ["logs"], ["reset"]]
)
def test_without_a_cloud_the_error_says_how_to_start_one(run: Run, command: list[str]) -> None:
    done = run(*command)
    assert (done.returncode, done.stdout) == (54, "")
    assert "  fix: modelyard local up --detach\n" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("  error MY054, exit code 54: ")


def test_a_second_cloud_is_refused(run: Run, up: str) -> None:
    for arguments in (["up", "--detach"], ["up"]):
        done = run(*arguments, *SERVICES)
        assert done.returncode == 54
        assert "a local cloud already uses the state folder" in done.stderr
    assert run("status").returncode == 0


def test_a_port_in_use_is_one_error(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        for arguments in (["--detach"], []):
            done = run("up", "--port", port, *arguments, *SERVICES)
            assert done.returncode == 54
            assert done.stderr.splitlines()[0] == f"port {port} on 127.0.0.1 can't be used"
            assert "  fix: choose another with --port" in done.stderr
            assert len(done.stderr.splitlines()) == 4


def test_a_cloud_comes_back_on_its_port_unless_that_is_taken(run: Run) -> None:
    first = run("up", "--detach", *SERVICES).stdout
    run("down")
    assert run("up", "--detach", *SERVICES).stdout == first
    run("down")
    with socket.create_server(("127.0.0.1", int(first.rpartition(":")[2]))):
        other = run("up", "--detach", *SERVICES)
    assert other.returncode == 0, other.stderr
    assert other.stdout != first
    run("down")


@contextmanager
def foreground(environment: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*COMMAND, "up", *SERVICES],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            wait_for(lambda: running(folder) or process.poll() is not None, "up")
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_up_in_the_foreground_says_what_is_where_and_stops_cleanly(
    environment: dict[str, str], folder: Path, number: signal.Signals
) -> None:
    with foreground(environment, folder) as process:
        cloud = running(folder)
        assert cloud is not None
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"Local cloud at {cloud.url}" in output
    assert "https://login.microsoftonline.com" in output
    assert "Traceback" not in output
    assert claimed_by(folder) is None


def test_a_killed_cloud_is_not_mistaken_for_a_running_one(
    run: Run, environment: dict[str, str], folder: Path
) -> None:
    with foreground(environment, folder) as process:
        process.kill()
        process.wait(60)
    assert (folder / "cloud.json").exists()
    assert run("status").returncode == 54
    assert run("down").stdout == f"No local cloud runs in {folder}.\n"
    assert run("up", "--detach", *SERVICES).returncode == 0
    assert run("down").stdout.startswith("Stopped")


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no /proc")
def test_a_killed_cloud_leaves_nothing_running(run: Run, folder: Path) -> None:
    """The tracking server starts processes of its own, and belongs to another session."""
    done = run("up", "--detach", "--services", "entra,mlflow")
    assert done.returncode == 0, done.stderr
    cloud = running(folder)
    assert cloud is not None

    def mlflow() -> int:
        return sum("uvicorn" in one or "spawn_main" in one for one in processes_of(folder).values())

    try:
        wait_for(mlflow, "mlflow's own processes")
        os.kill(cloud.pid, signal.SIGKILL)
        wait_for(lambda: not processes_of(folder), "the end of all processes", seconds=10)
    finally:
        run("down")


def test_another_user_of_the_port_can_reset_nothing(run: Run, up: str) -> None:
    run("fault", "add", "html", "--path", "/never")
    assert requests.post(f"{up}/modelyard/reset", json={}, timeout=30).status_code == 401
    assert "/never" in run("fault", "list").stdout


def test_status(run: Run, up: str, folder: Path) -> None:
    assert f"Local cloud at {up}" in run("status").stdout
    status = json.loads(run("status", "--json").stdout)
    assert (status["url"], status["state"]) == (up, str(folder))
    assert set(status["services"]) == {"entra", "arm"}


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no sh")
def test_a_shell_takes_over_env(run: Run, environment: dict[str, str], up: str) -> None:
    script = f'{run("env").stdout}\nprintf %s "$MODELYARD_LOCAL_URL $HTTPS_PROXY"'
    done = subprocess.run(
        ["sh", "-ec", script], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{up} {up}"


def test_faults_and_logs(run: Run, up: str) -> None:
    added = run(
        "fault", "add", "status", "--status", "429", "--header", "Retry-After=1",
        "--host", "management.*", "--body", '{"error_code": "SLOW"}',
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    rule = added.stdout.strip()
    assert run("fault", "list").stdout.startswith(f"{rule}  status 429 before the effect of * ma")
    program = (
        "import requests\n"
        "answer = requests.get('https://management.azure.com/subscriptions')\n"
        "print(answer.status_code, answer.headers['Retry-After'], answer.json()['error_code'])\n"
    )
    assert run("exec", "--", sys.executable, "-c", program).stdout == "429 1 SLOW\n"
    assert "used up" in run("fault", "list").stdout
    assert run("fault", "clear", rule).returncode == 0
    assert run("fault", "list").stdout == "No fault rules.\n"
    logged = run("logs").stdout
    assert f"management.azure.com/subscriptions  (fault {rule})" in logged
    assert logged.startswith("GET     429")
    assert run("fault", "clear", "nothing").stderr.startswith("There is no fault rule nothing\n")
    assert "is not NAME=VALUE" in run("fault", "add", "reset", "--header", "x").stderr
    assert "times must be at least 1" in run("fault", "add", "reset", "--times", "0").stderr


def test_logs_follow_until_the_cloud_stops(
    run: Run, environment: dict[str, str], up: str, tmp_path: Path
) -> None:
    shown = tmp_path / "shown"
    with (
        shown.open("w") as output,
        subprocess.Popen([*COMMAND, "logs", "-f"], env=environment, stdout=output) as process,
    ):
        program = "import requests; requests.get('https://management.azure.com/subscriptions')"
        run("exec", "--", sys.executable, "-c", program)
        wait_for(lambda: "management.azure.com/subscriptions" in shown.read_text(), "a line")
        run("down")
        assert process.wait(60) == 0


def test_reset_while_it_runs_and_while_it_does_not(run: Run, up: str, folder: Path) -> None:
    before = (folder / "credentials.json").read_bytes()
    run("fault", "add", "html")
    assert run("reset").stdout == "All state is forgotten.\n"
    assert run("fault", "list").stdout == "No fault rules.\n"
    run("down")
    (folder / "home" / "cache").write_text("stale")
    assert run("reset").returncode == 0
    assert not (folder / "state.sqlite").exists()
    assert not (folder / "home").exists()
    assert (folder / "credentials.json").read_bytes() == before


def test_a_folder_with_other_things_is_never_touched(run: Run, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "thesis.tex").write_text("precious")
    for command in (["up", "--detach", *SERVICES], ["reset"], ["down"]):
        run(*command, "--state", str(project))
    assert [path.name for path in project.iterdir()] == ["thesis.tex"]


def test_the_default_folder_is_in_the_project(environment: dict[str, str], tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    # A user's file that is called like a module of the cloud must not get in its way.
    (project / "requests.py").write_text("raise RuntimeError('not me')")
    script = tmp_path / "modelyard-local"  # like the command that pip installs
    script.write_text("from modelyard.cli import main\nraise SystemExit(main())\n")
    environment = {k: v for k, v in environment.items() if k != "MODELYARD_LOCAL_STATE"}
    for arguments in (["up", "--detach", *SERVICES], ["down"]):
        done = subprocess.run(
            [sys.executable, str(script), "local", *arguments],
            env=environment,
            cwd=project,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert (project / ".modelyard" / "local" / "lock").exists()


@pytest.mark.parametrize("arguments", [["--port", "x"], ["--port", "70000"], ["--services", "x"]])
def test_bad_arguments(run: Run, arguments: list[str]) -> None:
    done = run("up", *arguments)
    assert done.returncode == 2
    assert "is not" in done.stderr


def test_a_cloud_of_one_program_ends_when_that_is_killed(
    folder: Path, environment: dict[str, str]
) -> None:
    program = (
        "import sys; from pathlib import Path;"
        "from modelyard.local.cloud.commands import lifecycle;"
        f"lifecycle.up_detached(Path({str(folder)!r}), None, ('entra',), attached=True);"
        "print('up', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "up\n"
        assert running(folder) is not None
        owner.kill()

    wait_for(lambda: claimed_by(folder) is None, "its end")
