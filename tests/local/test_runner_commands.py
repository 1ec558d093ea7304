"""``modelyard local run`` and ``modelyard local plan`` as people call them: processes."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-W", "error", "-m", "modelyard", "local"]
SECONDS = 60

Call = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "wine-quality"
    folder.mkdir()
    return folder


@pytest.fixture
def environment(library_path: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return {**library_path, "HOME": str(tmp_path), "AGENT_TOOLSDIRECTORY": str(tmp_path / "tools")}


@pytest.fixture
def call(project: Path, environment: dict[str, str]) -> Call:
    """``call("run", pipeline, "--yes")`` -> the completed process."""

    def run(
        command: str, pipeline: str, *options: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        write(project, pipeline)
        return subprocess.run(
            [*COMMAND, command, "azure-pipelines.yml", *options],
            capture_output=True,
            text=True,
            env={**environment, **variables},
            cwd=project,
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    return run


def write(project: Path, pipeline: str) -> None:
    (project / "azure-pipelines.yml").write_text(textwrap.dedent(pipeline))


def results(project: Path) -> Path:
    (found,) = (project / ".modelyard" / "runs").glob("wine-quality-*")
    return found


SIMPLE = """
    variables: {who: world}
    steps:
    - bash: echo "hello $(who)"
      displayName: Greet
    - {publish: azure-pipelines.yml, artifact: drop}
    """


def test_a_pipeline_runs_and_leaves_its_results(call: Call, project: Path) -> None:
    done = call("run", SIMPLE, "--cloud", "none")

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "[Job] hello world\n" in done.stdout
    assert "[__default" not in done.stdout
    assert "\n✓ Greet" in done.stdout
    folder = results(project)
    assert f"Results: .modelyard/runs/{folder.name}" in done.stdout
    document = json.loads((folder / "run.json").read_text())
    assert (document["name"], document["result"]) == ("wine-quality", "Succeeded")
    assert (folder / "artifacts" / "drop" / "azure-pipelines.yml").is_file()
    assert "task: Bash@3" in (folder / "azure-pipelines.yml").read_text()
    log = folder / "logs" / "__default" / "Job" / "02-Greet.log"
    assert "hello world" in log.read_text()


def test_a_folder_within_a_repository_can_be_the_root(call: Call, project: Path) -> None:
    """Templates and sources count from it, and what is beside it isn't copied."""
    subprocess.run(["git", "init", "--quiet"], cwd=project.parent, check=True)
    (project.parent / "beside").write_text("x")
    (project / "steps.yml").write_text("steps: [{bash: 'ls; echo > made'}]\n")
    pipeline = "steps: [{template: /steps.yml}]"

    found = call("plan", pipeline, "--root", ".", "--check")
    assert found.returncode == 0, found.stderr
    done = call("run", pipeline, "--root", ".", "--cloud", "none")

    assert done.returncode == 0, done.stdout + done.stderr
    listed = [line.partition("] ")[2] for line in done.stdout.splitlines()]
    assert "steps.yml" in listed
    assert "beside" not in listed
    assert not (project / "made").exists()


@pytest.mark.parametrize(
    ("root", "said"), [("nowhere", "there is no folder nowhere"), ("sub", "isn't in sub")]
)
def test_a_root_that_cannot_be_one(call: Call, project: Path, root: str, said: str) -> None:
    (project / "sub").mkdir()

    done = call("run", SIMPLE, "--root", root)

    assert done.returncode == 2
    assert f"--root: {'azure-pipelines.yml ' if root == 'sub' else ''}{said}" in done.stderr


def test_a_failure_is_exit_code_1(call: Call) -> None:
    done = call("run", "steps: [{checkout: none}, {bash: exit 7}]", "--cloud", "none")

    assert done.returncode == 1
    assert "Bash exited with code '7'." in done.stdout


def test_json_is_one_object_a_line(call: Call) -> None:
    done = call("run", SIMPLE, "--log-format", "json", "--cloud", "none")

    events = [json.loads(line) for line in done.stdout.splitlines()]
    line = {"event": "line", "path": ["__default", "Job", "2"], "text": "hello world"}
    assert {**line, "continues": False} in events
    assert (events[-1]["event"], events[-1]["path"], events[-1]["result"]) == (
        "ended", [], "Succeeded",
    )  # fmt: skip


def test_variables_parameters_groups_and_secrets_are_given(
    call: Call, project: Path, tmp_path: Path
) -> None:
    group = tmp_path / "group.yml"
    group.write_text("variables: {g: {value: from-group}, k: {value: key-value, isSecret: true}}\n")
    done = call(
        "run",
        """
        parameters: [{name: p, type: number, default: 1}]
        variables: [{group: mine}]
        steps:
        - checkout: none
        - bash: echo "> ${{ parameters.p }} $(v) $(g) $(k) $(s)"
        """,
        "--parameter", "p=5", "--variable", "v=x=y", "--group", f"mine={group}",
        "--secret", "s", "--cloud", "none", s="from-the-environment",
    )  # fmt: skip

    assert "> 5 x=y from-group *** ***\n" in done.stdout
    for path in results(project).rglob("*"):
        if path.is_file():
            text = path.read_text()
            assert "key-value" not in text
            assert "from-the-environment" not in text


@pytest.mark.parametrize(
    ("pipeline", "options", "code", "said"),
    [
        ("steps: [{bash: x}]", ["--secret", "nobody"], 2, "no environment variable nobody"),
        ("steps: [{bash: x}]", ["--task", "Demo=/nowhere"], 51, "/nowhere/task.json"),
        ("steps: [{bash: x}]", ["--repository", "r=/nowhere"], 2, "no folder /nowhere"),
        ("steps: [{bash: x}]", ["--group", "g=/nowhere"], 3, "/nowhere can't be read"),
        ("variables: [{group: g}]\nsteps: [{bash: x}]", [], 52,
         "azure-pipelines.yml:1:13: there is no variable group g"),
        ("steps: [{bash: x}]", ["--parallel", "0"], 2, "isn't a number of jobs"),
        ("steps: [{bash: x}]", ["--resources", "vms=a"], 2, "no deployment of this pipeline"),
        ("steps: [{bash: x}]", ["--output", "/dev/null/out"], 53, "/dev/null/out can't be made"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    call: Call, project: Path, pipeline: str, options: list[str], code: int, said: str
) -> None:
    done = call("run", pipeline, "--cloud", "none", *options)

    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (project / ".modelyard").exists()


def test_a_cloud_that_cannot_be_started_is_said(call: Call, project: Path) -> None:
    (project / "mine").mkdir()
    (project / "mine" / "letter").write_text("x")
    pipeline = "steps: [{checkout: none}, {task: ModelyardClusterStart@1, inputs: {clusterId: x}}]"

    done = call("run", pipeline, "--state", "mine")

    assert done.returncode == 54, done.stderr
    assert "not the state folder of a local cloud" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("  error MY054, exit code 54: ")
    assert not (project / ".modelyard").exists()


def test_a_plan_shows_the_graph_and_the_steps(call: Call, project: Path) -> None:
    done = call("plan", SIMPLE)

    assert done.returncode == 0
    assert "hello world" in done.stdout
    assert "Greet  (Bash@3)" in done.stdout
    assert call("plan", SIMPLE, "--check").stdout == (
        "azure-pipelines.yml: 1 stage, 1 job, 2 steps, nothing wrong\n"
    )
    assert "task: Bash@3" in call("plan", SIMPLE, "--yaml").stdout
    assert not (project / ".modelyard").exists()


def test_a_plan_says_all_that_is_wrong_and_where(call: Call) -> None:
    done = call("plan", "steps:\n- bahs: echo\n- task: Nobody@1\n- bash: x\n  condition: eq(1\n")

    assert done.returncode == 52
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == [
        "azure-pipelines.yml:2:3",
        "azure-pipelines.yml:3:9",
        "azure-pipelines.yml:5:14",
        "3 problems",
        "  error MY052, exit code 52",
    ]


def test_a_run_and_its_reader_know_the_report(
    call: Call, project: Path, environment: dict[str, str]
) -> None:
    done = call("run", SIMPLE, "--cloud", "none")
    page = results(project) / "report.html"
    shown = page.relative_to(project)
    assert done.stdout.endswith(f"\nResults: {shown.parent}\nReport: {shown}\n")
    assert "<h1>wine-quality" in page.read_text()

    page.unlink()
    made = reported(project, environment)
    assert (made.returncode, made.stdout, made.stderr) == (0, f"{shown}\n", "")
    assert "<h1>wine-quality" in page.read_text()
    none = reported(project, environment, "nowhere")
    assert none.returncode == 50
    assert none.stderr.splitlines()[0] == "nowhere holds no run"
    assert none.stderr.splitlines()[-1].startswith("  error MY050, exit code 50: ")


def reported(
    project: Path, environment: dict[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "report", *options],
        capture_output=True, text=True, env=environment, cwd=project, timeout=SECONDS, check=False,
    )  # fmt: skip


def test_without_services_the_local_cloud_is_not_imported(
    project: Path, environment: dict[str, str]
) -> None:
    write(project, SIMPLE)
    program = """
import sys
from modelyard.cli import main
code = main(sys.argv[1:])
print(code, sorted(one for one in sys.modules if one.startswith("modelyard.local.cloud")))
"""
    file = "azure-pipelines.yml"
    for arguments in (["plan", file], ["run", file, "--cloud", "none"], ["report"]):
        done = subprocess.run(
            [sys.executable, "-c", program, "local", *arguments],
            capture_output=True, text=True, env=environment, cwd=project, timeout=SECONDS,
            check=False,
        )  # fmt: skip
        assert done.stdout.splitlines()[-1] == "0 []", done.stderr


WAITS = """
    steps:
    - checkout: none
    - bash: |
        trap 'echo "> interrupted"; exit 0' INT
        echo '> started'
        sleep 60 & wait
    - bash: echo '> released'
      condition: always()
    """


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_cancels_the_run(
    project: Path, environment: dict[str, str], number: int, code: int
) -> None:
    write(project, WAITS)
    command = [*COMMAND, "run", "azure-pipelines.yml", "--cloud", "none"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, cwd=project
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.endswith("] > started\n"):
                process.send_signal(number)
        assert process.wait(SECONDS) == code

    text = "".join(lines)
    assert "] > interrupted\n" in text
    assert "] > released\n" in text
    document = json.loads((results(project) / "run.json").read_text())
    assert (document["result"], document["signal"]) == ("Canceled", number)


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, project: Path, environment: dict[str, str], *options: str) -> None:
        self.pid, self._file = pty.fork()
        if self.pid == 0:  # pragma: no cover - the child becomes the command
            os.chdir(project)
            command = [*COMMAND, "run", "azure-pipelines.yml", "--cloud", "none", *options]
            os.execve(command[0], command, environment)  # noqa: S606 - no shell is wanted
        self.text = ""

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + SECONDS
        while text not in self.text:
            assert time.monotonic() < deadline, self.text
            if not self._read():
                break
        assert text in self.text

    def type(self, text: str) -> None:
        os.write(self._file, text.encode())

    def end(self) -> int:
        """Its exit code."""
        while self._read():
            continue
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def _read(self) -> bool:
        if not select.select([self._file], [], [], 1)[0]:
            return True
        try:
            found = os.read(self._file, 65536)
        except OSError:  # Linux: the other side is closed
            return False
        self.text += found.decode(errors="replace")
        return bool(found)

    def close(self) -> None:
        os.close(self._file)


@pytest.fixture
def terminal(project: Path, environment: dict[str, str]) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(pipeline: str, *options: str) -> Terminal:
        write(project, pipeline)
        opened.append(Terminal(project, environment, *options))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


APPROVED = """
    jobs:
    - deployment: D
      environment: production
      strategy: {runOnce: {deploy: {steps: [{bash: "echo deployed it"}]}}}
    """


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("\n", 1), ("maybe\nyes\n", 0)])
def test_an_approval_is_asked_on_the_terminal(
    terminal: Callable[..., Terminal], answer: str, code: int
) -> None:
    started = terminal(APPROVED)
    started.wait_for("? production waits for your approval [y/N] ")
    for line in answer.splitlines(keepends=True):
        started.type(line)
        if line == "maybe\n":  # neither yes nor no: it asks again
            started.text = ""
            started.wait_for("[y/N] ")

    assert started.end() == code
    assert ("deployed it" in started.text or "Succeeded" in started.text) == (code == 0)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_ctrl_c_ends_a_question(terminal: Callable[..., Terminal]) -> None:
    started = terminal(APPROVED)
    started.wait_for("[y/N] ")
    started.type("\x03")

    assert started.end() == 130


def test_an_old_result_folder_is_not_written_into(call: Call, project: Path) -> None:
    (project / "out").mkdir()
    (project / "out" / "mine").write_text("x")
    done = call("run", SIMPLE, "--cloud", "none", "--output", "out")

    assert done.returncode == 2
    assert "out isn't empty" in done.stderr
