from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from modelyard.ci.azure_pipelines import AzurePipelines
from modelyard.ci.terminal import Terminal
from modelyard.clock import FakeClock
from modelyard.context import Context
from modelyard.errors import (
    Cancelled,
    FileError,
    InputError,
    ModelyardError,
    OutputClosed,
    RunFailed,
    Unreachable,
    WaitTimeout,
    all_errors,
)
from modelyard.execution import INTERNAL_ERROR, execute, release
from modelyard.operation import Operation, Structure, given, result
from unit.ci import agents

SECRET = "dapi-made-up-0123"
log = logging.getLogger("modelyard.tests")


@dataclass(frozen=True, kw_only=True)
class Inputs:
    name: str = given("A name.", default="x")
    token: str | None = given("A token.", default=None, secret=True, environment=("A_TOKEN",))
    hidden: Structure | None = given("Secrets.", default=None, secret=True)


@dataclass(frozen=True)
class Outputs:
    run_id: str | None = result("Set after the submit.")
    state: str | None = result("Set when it ended.")
    error: str | None = result("Set when it failed.")


@dataclass
class Fake:
    """An operation that does what it is told, and what it was asked to release."""

    work: Callable[[Inputs, Context], Outputs] = lambda inputs, context: Outputs(state="DONE")
    released: list[dict[str, str]] = field(default_factory=list)
    releasing: Callable[[Context], None] = lambda context: None

    @property
    def operation(self) -> Operation[Inputs, Outputs]:
        return Operation(
            name="fake",
            title="Do",
            description="It does.",
            group="checks",
            task_id="00000000-0000-4000-8000-000000000000",
            inputs=Inputs,
            outputs=Outputs,
            run=self.work,
            release=self._release,
        )

    def _release(self, state: dict[str, str], inputs: Inputs, context: Context) -> None:
        self.released.append(state)
        self.releasing(context)


def raising(error: BaseException, **outputs: str) -> Callable[[Inputs, Context], Outputs]:
    def work(inputs: Inputs, context: Context) -> Outputs:
        context.keep("run", "12")
        context.publish(**outputs)
        raise error

    return work


def run(fake: Fake, ci: Any, given_values: dict[str, str] | None = None, **more: Any) -> int:
    more.setdefault("environment", {})
    return execute(fake.operation, given_values or {}, ci, clock=FakeClock(), **more)


# What comes out.


def test_success_is_zero_and_sets_the_outputs(recording_ci: Any) -> None:
    assert run(Fake(), recording_ci) == 0
    assert recording_ci.outputs == {"state": "DONE"}
    assert recording_ci.annotations == []


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.__name__)
def test_each_error_has_its_own_exit_code_and_is_shown_and_published(
    recording_ci: Any, error: type[ModelyardError]
) -> None:
    code = run(Fake(raising(error("the thing broke"), run_id="12")), recording_ci)

    assert code == error.exit_code
    assert recording_ci.outputs == {"run-id": "12", "error": "the thing broke"}
    (shown,) = recording_ci.errors()
    assert shown.splitlines()[0] == "the thing broke"
    more = f"modelyard explain {error.identifier}"
    assert f"error {error.identifier}, exit code {error.exit_code}: {more}" in shown


def test_an_error_of_a_file_is_shown_at_its_line(recording_ci: Any) -> None:
    error = FileError("this isn't YAML")
    error.file, error.line = "job.yml", 7
    run(Fake(raising(error)), recording_ci)

    (shown,) = recording_ci.annotations
    assert (shown.file, shown.line) == ("job.yml", 7)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_cancellation_has_the_shells_code(recording_ci: Any, number: int, code: int) -> None:
    def work(inputs: Inputs, context: Context) -> Outputs:
        context.publish(run_id="12")
        signal.raise_signal(number)
        raise AssertionError("the signal has to arrive before this")

    assert run(Fake(work), recording_ci) == code
    name = signal.Signals(number).name
    assert recording_ci.outputs == {"run-id": "12", "error": f"cancelled by {name}"}
    assert recording_ci.errors() == [f"cancelled by {name}"]


def test_a_cancellation_that_got_lost_ends_the_next_pause(
    recording_ci: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)

    class Finalized:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    def work(inputs: Inputs, context: Context) -> Outputs:
        Finalized()
        context.clock.sleep(0)
        raise AssertionError("the signal has to arrive before this")

    assert run(Fake(work), recording_ci) == 130


@pytest.mark.parametrize("error", [ZeroDivisionError("division"), KeyError("x"), SystemExit(3)])
def test_a_fault_of_ours_is_70_and_asks_for_a_report(
    recording_ci: Any, error: BaseException
) -> None:
    assert run(Fake(raising(error)), recording_ci) == INTERNAL_ERROR == 70
    (shown,) = recording_ci.errors()
    assert shown.startswith(f"{type(error).__name__}: ")
    assert "a fault of Modelyard at test_execution.py:" in shown
    assert recording_ci.outputs["error"].startswith(type(error).__name__)
    assert any("Traceback" in line for line in recording_ci.debug_lines)


def test_a_name_the_operation_does_not_declare_is_a_fault_of_ours(recording_ci: Any) -> None:
    def work(inputs: Inputs, context: Context) -> Outputs:
        context.publish(unheard_of="x")
        return Outputs()

    assert run(Fake(work), recording_ci) == INTERNAL_ERROR


# Secrets.


def test_secrets_are_masked_before_anything_runs(recording_ci: Any) -> None:
    seen = []

    def work(inputs: Inputs, context: Context) -> Outputs:
        seen.extend(recording_ci.masks)
        return Outputs()

    hidden = "scope: s\nvalues: {a: pass-word-1}"
    run(Fake(work), recording_ci, {"hidden": hidden}, environment={"A_TOKEN": SECRET})

    assert {SECRET, "pass-word-1"} <= set(seen)


def test_a_mistake_in_another_input_does_not_leave_a_secret_unmasked(recording_ci: Any) -> None:
    recording_ci.unknown = ["nonsense"]
    run(Fake(), recording_ci, {"token": SECRET})

    assert SECRET in recording_ci.masks


@pytest.mark.parametrize(
    "error", [RunFailed(f"the run printed {SECRET}"), ValueError(f"bad header {SECRET!r}")]
)
def test_no_error_shows_a_secret(recording_ci: Any, error: Exception) -> None:
    def work(inputs: Inputs, context: Context) -> Outputs:
        log.info("signing in with %s", SECRET)
        raise error

    run(Fake(work), recording_ci, {"token": SECRET})

    seen = [recording_ci.text, *recording_ci.debug_lines, *recording_ci.outputs.values()]
    assert SECRET not in "\n".join(seen)
    assert "***" in recording_ci.outputs["error"]


def test_a_secret_too_short_to_mask_says_so(recording_ci: Any) -> None:
    run(Fake(), recording_ci, {"token": "ab\nlong enough"})

    assert recording_ci.warnings() == [
        "the secret token has lines of under 4 characters: those aren't masked"
    ]


def test_what_the_library_logs_is_disarmed(recording_ci: Any) -> None:
    def work(inputs: Inputs, context: Context) -> Outputs:
        context.log.info("the run says ##vso[task.complete result=Succeeded]")
        return Outputs()

    run(Fake(work), recording_ci)

    assert recording_ci.lines == ["the run says # #vso[task.complete result=Succeeded]"]


# Inputs.


def test_inputs_come_from_the_command_line_the_ci_system_a_profile_and_the_environment(
    recording_ci: Any,
) -> None:
    got: list[str | None] = []

    def work(inputs: Inputs, context: Context) -> Outputs:
        got.append(inputs.token)
        return Outputs()

    environment = {"A_TOKEN": "environment"}
    profile = [lambda member: "profile" if member.name == "token" else None]
    fake = Fake(work)
    run(fake, recording_ci, environment=environment)
    run(fake, recording_ci, environment=environment, more_sources=profile)
    recording_ci.inputs["token"] = "ci-system"
    run(fake, recording_ci, environment=environment, more_sources=profile)
    run(fake, recording_ci, {"token": "given"}, environment=environment, more_sources=profile)
    run(fake, recording_ci, environment=environment, from_ci=False)

    assert got == ["environment", "profile", "ci-system", "given", "environment"]


def test_unknown_inputs_are_refused_unless_the_step_is_not_the_operation(
    recording_ci: Any,
) -> None:
    recording_ci.unknown = ["nam"]

    assert run(Fake(), recording_ci) == InputError.exit_code
    assert "there is no input nam (did you mean name?)" in recording_ci.text
    assert run(Fake(), recording_ci, from_ci=False) == 0


# Release.


def test_a_ci_system_releases_later(recording_ci: Any) -> None:
    fake = Fake(raising(RunFailed("no")))
    run(fake, recording_ci)

    assert fake.released == []
    assert recording_ci.state == {"run": "12"}


@pytest.mark.parametrize(
    ("error", "code"),
    [(RunFailed("no"), 31), (Cancelled(2), 130), (ValueError("no"), 70), (SystemExit(1), 70)],
)
def test_on_a_terminal_what_failed_is_released_at_once(error: BaseException, code: int) -> None:
    fake = Fake(raising(error))

    assert run(fake, Terminal({})) == code
    assert fake.released == [{"run": "12"}]


def test_on_a_terminal_what_succeeded_is_left(tmp_path: Path) -> None:
    def work(inputs: Inputs, context: Context) -> Outputs:
        context.keep("cluster", "c")
        return Outputs()

    fake = Fake(work)
    run(fake, Terminal({}))

    assert fake.released == []


def test_a_run_in_a_job_folder_has_no_outputs_of_an_earlier_one(tmp_path: Path) -> None:
    ci = Terminal({"MODELYARD_JOB": str(tmp_path)}, step="fake")
    assert run(Fake(raising(InputError("broken"), run_id="1")), ci) == InputError.exit_code
    path = tmp_path / "fake.outputs.json"
    assert json.loads(path.read_text()) == {"run-id": "1", "error": "broken"}
    assert run(Fake(), ci) == 0
    assert json.loads(path.read_text()) == {"state": "DONE"}


def test_what_was_let_go_is_not_released() -> None:
    def work(inputs: Inputs, context: Context) -> Outputs:
        context.keep("run", "12")
        context.let_go("run")
        raise RunFailed("no")

    fake = Fake(work)
    run(fake, Terminal({}))

    assert fake.released == []


def test_wrong_inputs_release_nothing() -> None:
    fake = Fake()
    assert run(fake, Terminal({}), {"hidden": "words"}) == 2
    assert fake.released == []


def test_a_release_that_fails_does_not_hide_why_the_step_failed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def failing(context: Context) -> None:
        raise RunFailed("the run can't be cancelled")

    fake = Fake(raising(InputError("the first error")), releasing=failing)

    assert run(fake, Terminal({})) == InputError.exit_code
    out = capsys.readouterr().out
    assert "the first error" in out
    assert "the run can't be cancelled" in out


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_does_not_break_a_release(number: int, code: int) -> None:
    finished = []

    def interrupted(context: Context) -> None:
        signal.raise_signal(number)
        finished.append("released")

    assert run(Fake(raising(RunFailed("no")), releasing=interrupted), Terminal({})) == code
    assert finished == ["released"]


def test_a_second_signal_does_not_break_a_release() -> None:
    finished = []

    def interrupted(context: Context) -> None:
        signal.raise_signal(signal.SIGTERM)
        finished.append("released")

    def work(inputs: Inputs, context: Context) -> Outputs:
        context.keep("run", "12")
        signal.raise_signal(signal.SIGINT)
        return Outputs()

    assert run(Fake(work, releasing=interrupted), Terminal({})) == 130
    assert finished == ["released"]


def kept(recording_ci: Any, fake: Fake) -> int:
    return release(fake.operation, {}, recording_ci, environment={}, clock=FakeClock())


def test_the_release_step_stops_what_is_kept_and_only_once(recording_ci: Any) -> None:
    fake = Fake()
    recording_ci.state = {"run": "12", "cluster": ""}

    assert kept(recording_ci, fake) == 0
    assert kept(recording_ci, fake) == 0
    assert fake.released == [{"run": "12"}]
    assert recording_ci.state == {"run": "", "cluster": ""}
    assert recording_ci.lines == ["fake: nothing to release"]


def test_the_release_step_does_nothing_where_nothing_is_kept(recording_ci: Any) -> None:
    fake = Fake()

    assert kept(recording_ci, fake) == 0
    assert fake.released == []


def test_a_release_that_needs_no_inputs_reads_none(recording_ci: Any) -> None:
    fake = Fake()
    recording_ci.state = {"run": "12"}
    recording_ci.unknown = ["misspelt"]
    assert kept(recording_ci, fake) == 2
    assert fake.released == []
    operation = replace(fake.operation, release_reads_inputs=False)
    assert release(operation, {}, recording_ci, environment={}, clock=FakeClock()) == 0
    assert fake.released == [{"run": "12"}]


def test_an_operation_without_release_has_nothing_to_do(recording_ci: Any) -> None:
    recording_ci.state = {"run": "12"}
    operation = replace(Fake().operation, release=None)

    assert release(operation, {}, recording_ci, environment={}) == 0


@pytest.mark.parametrize(("error", "code"), [(RunFailed("no"), 31), (ValueError("no"), 70)])
def test_a_release_step_that_fails_says_so_and_can_be_run_again(
    recording_ci: Any, error: Exception, code: int
) -> None:
    def failing(context: Context) -> None:
        raise error

    recording_ci.state = {"run": "12"}

    assert kept(recording_ci, Fake(releasing=failing)) == code
    assert recording_ci.errors()
    assert kept(recording_ci, fake := Fake()) == 0
    assert fake.released == [{"run": "12"}]


def test_a_cancelled_release_step_says_so(recording_ci: Any) -> None:
    recording_ci.state = {"run": "12"}
    fake = Fake(releasing=lambda context: signal.raise_signal(signal.SIGTERM))

    assert kept(recording_ci, fake) == 143


def test_what_a_release_lets_go_is_gone_although_the_rest_fails(recording_ci: Any) -> None:
    def half(context: Context) -> None:
        context.let_go("run")
        raise RunFailed("no")

    recording_ci.state = {"run": "12", "cluster": "c"}
    kept(recording_ci, Fake(releasing=half))

    assert recording_ci.state == {"run": "", "cluster": "c"}


# When even the error can't be shown.


class Deaf(Terminal):
    """A CI system that can't show errors."""

    def __init__(self, error: BaseException) -> None:
        super().__init__({})
        self._error = error

    def annotate(self, *arguments: Any, **more: Any) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "code"), [(FileError("GITHUB_OUTPUT isn't set"), 3), (OutputClosed("gone"), 141)]
)
def test_an_error_that_cannot_be_shown_still_ends_the_step_and_releases(
    capsys: pytest.CaptureFixture[str], error: ModelyardError, code: int
) -> None:
    fake = Fake(raising(RunFailed("no")))

    assert run(fake, Deaf(error)) == code
    assert fake.released == [{"run": "12"}]
    assert error.what in capsys.readouterr().out


def test_a_signal_while_an_error_is_shown_still_releases() -> None:
    fake = Fake(raising(RunFailed("no")))

    assert run(fake, Deaf(Cancelled(15))) == 143
    assert fake.released == [{"run": "12"}]


# A real process, with real signals.

PROGRAM = """
import sys, time
from pathlib import Path
from dataclasses import dataclass
from modelyard.ci.terminal import Terminal
from modelyard.execution import execute
from modelyard.operation import Operation, result

@dataclass(frozen=True)
class Inputs:
    pass

@dataclass(frozen=True)
class Outputs:
    run_id: str | None = result("Set.")
    error: str | None = result("Set.")

def until(name):
    deadline = time.monotonic() + 30
    while not Path(name).exists():
        assert time.monotonic() < deadline, name
        time.sleep(0.01)

def run(inputs, context):
    if sys.argv[1] == "shield":
        with context.shield():
            print("submitting", flush=True)
            until("signalled")
            context.keep("run", "12")
            context.publish(run_id="12")
    else:
        context.keep("run", "12")
    print("waiting", flush=True)
    context.clock.sleep(30)
    return Outputs()

def release(state, inputs, context):
    print("releasing", state, flush=True)
    if sys.argv[1] == "twice":
        until("signalled")
    print("released", flush=True)

sys.exit(execute(
    Operation(name="o", title="t", description="d.", group="checks", task_id="x", inputs=Inputs,
              outputs=Outputs, run=run, release=release), {}, Terminal()))
"""


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(how: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, how],
            stdout=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdout is not None
    for seen in process.stdout:
        if seen.strip() == line or seen.startswith(line + " "):
            return
    raise AssertionError(f"the program ended before it said {line}")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_process_that_is_signalled_releases_and_ends(
    program: Callable[[str], subprocess.Popen[str]], number: int, code: int
) -> None:
    process = program("plain")
    read_until(process, "waiting")
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)

    assert process.returncode == code
    assert out.splitlines() == [
        f"error: cancelled by {signal.Signals(number).name}",
        "releasing {'run': '12'}",
        "released",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_signal_during_a_submit_loses_no_run(
    program: Callable[[str], subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = program("shield")
    read_until(process, "submitting")
    process.send_signal(signal.SIGTERM)
    (tmp_path / "signalled").touch()
    out, _ = process.communicate(timeout=30)

    assert process.returncode == 143
    assert "run-id=12" in out
    assert "waiting" not in out
    assert "releasing {'run': '12'}" in out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_process_that_is_signalled_twice_still_releases(
    program: Callable[[str], subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = program("twice")
    read_until(process, "waiting")
    process.send_signal(signal.SIGINT)
    read_until(process, "releasing")
    process.send_signal(signal.SIGTERM)
    (tmp_path / "signalled").touch()
    out, _ = process.communicate(timeout=30)

    assert process.returncode == 130
    assert out.splitlines() == ["released"]


def test_a_cancelled_step_ends_soon(program: Callable[[str], subprocess.Popen[str]]) -> None:
    """GitHub kills 7.5 s after SIGINT: what the harness itself does may take a fraction of it."""
    process = program("plain")
    read_until(process, "waiting")
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)

    assert time.monotonic() - start < 3


# How errors call things where they are read.


@dataclass(frozen=True, kw_only=True)
class Named:
    cluster_name: str | None = given("A name.", default=None)
    timeout_minutes: float = given("How long.", default=1.0)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (
            InputError("cluster-name or size is needed", fix="give cluster-name"),
            ["clusterName or size is needed", "  fix: give clusterName"],
        ),
        (
            InputError("cluster-name is 'cluster-name', not a/cluster-name or my-cluster-name"),
            ["clusterName is 'cluster-name', not a/cluster-name or my-cluster-name"],
        ),
        (
            WaitTimeout("the wait took longer than timeout-minutes"),
            [
                "the wait took longer than timeoutMinutes",
                "  fix: raise the input timeoutMinutes, or find out what it waits for",
            ],
        ),
        (
            RunFailed("it says: cluster-name is wrong", fix="give another cluster-name"),
            ["it says: cluster-name is wrong", "  fix: give another clusterName"],
        ),
    ],
)
def test_inputs_are_called_what_their_users_call_them(
    error: ModelyardError, shown: list[str], capsys: pytest.CaptureFixture[str], recording_ci: Any
) -> None:
    operation: Operation[Any, Any] = replace(Fake(raising(error)).operation, inputs=Named)
    before = (error.what, error.fix)
    assert execute(operation, {}, recording_ci, environment={}) == error.exit_code
    assert (error.what, error.fix) == before  # here they have hyphens
    assert execute(operation, {}, AzurePipelines({}), environment={}) == error.exit_code
    [issue] = [
        one for one in agents.azure_commands(capsys.readouterr().out) if one.name == "task.logissue"
    ]
    assert issue.data.splitlines()[:-1] == shown


@pytest.mark.parametrize(
    ("address", "fix"),
    [
        (
            "adb-2.azuredatabricks.net",
            "leave workspace-url out: here DATABRICKS_HOST names the local cloud's, "
            "https://adb-1.azuredatabricks.net",
        ),
        ("registry.example/v2/", "build on base-image host, with wheels from a folder"),
        ("example.com", "`modelyard local status` lists what there is"),
    ],
)
def test_a_host_that_the_local_cloud_does_not_have_leads_to_what_it_has(
    recording_ci: Any, address: str, fix: str
) -> None:
    environment = {"DATABRICKS_HOST": "https://adb-1.azuredatabricks.net"}
    refused = f"GET https://{address}: 403 is not emulated, and the local cloud forwards nothing"
    assert run(Fake(raising(Unreachable(refused))), recording_ci, environment=environment) == 12
    [shown] = recording_ci.errors()
    assert f"fix: {fix}" in shown
    assert "cause: this runs within the local cloud" in shown


def test_any_other_host_that_cannot_be_reached_has_nothing_to_do_with_it(recording_ci: Any) -> None:
    environment = {"DATABRICKS_HOST": "https://adb-1.azuredatabricks.net"}
    assert run(Fake(raising(Unreachable("no"))), recording_ci, environment=environment) == 12
    assert "local cloud" not in recording_ci.errors()[0]
