from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from modelyard import __version__, cli, operations
from modelyard.context import Context
from modelyard.errors import Cancelled, RunFailed
from modelyard.operation import Operation, given, result


@dataclass(frozen=True, kw_only=True)
class Inputs:
    cluster_name: str = given("Name of the cluster, 100% exact.")
    workspace_url: str | None = given("Address.", default=None, environment=("DATABRICKS_HOST",))
    token: str | None = given(
        "Databricks access token.", default=None, secret=True, environment=("DATABRICKS_TOKEN",)
    )
    password: str | None = given("A password.", default=None, secret=True)
    mode: str = given("How.", default="append", choices=("append", "overwrite"))
    paths: tuple[str, ...] = given("Paths.", default=("a", "b"))
    dry_run: bool = given("Change nothing.", default=False)


@dataclass(frozen=True)
class Outputs:
    state: str | None = result("Set always.")


class Fake:
    def __init__(self) -> None:
        self.inputs: list[Inputs] = []
        self.released: list[dict[str, str]] = []
        self.error: BaseException | None = None

    def run(self, inputs: Inputs, context: Context) -> Outputs:
        self.inputs.append(inputs)
        context.keep("run", "12")
        if self.error is not None:
            raise self.error
        return Outputs(state="DONE")

    def release(self, state: dict[str, str], inputs: Inputs, context: Context) -> None:
        self.released.append(state)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    fake = Fake()
    operation: Operation[Inputs, Outputs] = Operation(
        name="cluster-start",
        title="Start a cluster",
        description="It starts a cluster, für alle.",
        group="Databricks",
        task_id="00000000-0000-4000-8000-000000000000",
        inputs=Inputs,
        outputs=Outputs,
        run=fake.run,
        release=fake.release,
    )
    monkeypatch.setattr(operations, "NAMES", ("cluster-start",))
    monkeypatch.setattr(operations, "load", lambda name: operation)
    return fake


Captured = pytest.CaptureFixture[str]
START = ("cluster-start", "--cluster-name", "ml")


def test_an_operation_runs_with_its_options(fake: Fake, capsys: Captured) -> None:
    assert cli.main([*START, "--mode", "overwrite", "--paths", "x\ny", "--dry-run"]) == 0
    (inputs,) = fake.inputs
    assert inputs == Inputs(cluster_name="ml", mode="overwrite", paths=("x", "y"), dry_run=True)
    assert capsys.readouterr().out == "state=DONE\n"


@pytest.mark.parametrize(
    ("options", "value"),
    [
        (["--dry-run"], True),
        (["--dry-run", "true"], True),
        (["--dry-run=no"], False),
        (["--dry-run", "false"], False),
        ([], False),
    ],
)
def test_a_flag_may_have_a_value(fake: Fake, options: list[str], value: bool) -> None:
    assert cli.main([*START, *options]) == 0
    assert fake.inputs[0].dry_run is value


def test_secrets_come_from_the_environment(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi-made-up")
    cli.main(list(START))

    assert fake.inputs[0].token == "dapi-made-up"


def test_no_part_of_an_error_shows_a_secret(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi-made-up")
    shown = "dapi-made-up is at fault"
    fake.error = RunFailed(shown, cause=shown, fix=shown)
    assert cli.main(list(START)) == RunFailed.exit_code
    printed = capsys.readouterr()
    assert printed.out.splitlines()[:3] == [
        "error: *** is at fault",
        "  cause: *** is at fault",
        "  fix: *** is at fault",
    ]
    assert "dapi-made-up" not in printed.out + printed.err


@pytest.mark.parametrize("option", [["--token", "dapi-made-up"], ["--token=dapi-made-up"]])
def test_a_secret_on_the_command_line_is_refused_and_not_repeated(
    fake: Fake, capsys: Captured, option: list[str]
) -> None:
    assert cli.main([*START, *option]) == 2
    error = capsys.readouterr().err
    assert "--token is a secret and isn't taken from a command line: set DATABRICKS_TOKEN" in error
    assert "dapi" not in error
    assert fake.inputs == []


def test_a_secret_without_a_variable_says_so(fake: Fake, capsys: Captured) -> None:
    assert cli.main([*START, "--password", "made-up"]) == 2
    assert "--password is a secret and isn't taken" in capsys.readouterr().err


@pytest.mark.parametrize("argument", ["--cluster-nam=dapi-made-up", "dapi-made-up"])
def test_a_wrong_argument_is_not_repeated_with_its_value(
    fake: Fake, capsys: Captured, argument: str
) -> None:
    assert cli.main([*START, argument]) == 2
    assert "dapi" not in capsys.readouterr().err


def test_an_unknown_input_has_the_nearest_name(fake: Fake, capsys: Captured) -> None:
    assert cli.main([*START, "--cluster-nam", "x"]) == 2
    assert capsys.readouterr().err == (
        "there is no input --cluster-nam (did you mean --cluster-name?)\n"
        "  fix: see modelyard cluster-start --help\n"
        "  error MY002, exit code 2: modelyard explain MY002\n"
    )


def test_every_unknown_option_is_named_at_once_and_no_value(fake: Fake, capsys: Captured) -> None:
    options = ["--clusterName", "dapi-a", "--mod=dapi-b", "dapi-c", "--zzz", "--token", "dapi-d"]
    assert cli.main(["cluster-start", *options]) == 2
    error = capsys.readouterr().err
    assert error.startswith(
        "5 options are wrong:\n"
        "  there is no input --clusterName (did you mean --cluster-name?)\n"
        "  there is no input --mod (did you mean --mode?)\n"
        "  inputs are given as --NAME VALUE; there is a value without a name\n"
        "  there is no input --zzz\n"
        "  --token is a secret and isn't taken from a command line: set DATABRICKS_TOKEN\n"
        "  fix: "
    )
    assert "dapi" not in error
    assert "usage" not in error
    assert fake.inputs == []


def test_an_option_that_is_given_twice(fake: Fake, capsys: Captured) -> None:
    assert cli.main([*START, "--paths", "x", "--paths", "y\nz"]) == 0
    assert fake.inputs[0].paths == ("x", "y", "z")
    assert cli.main([*START, "--cluster-name", "other"]) == 2
    assert "--cluster-name is given twice" in capsys.readouterr().err


def test_an_option_without_its_value(fake: Fake, capsys: Captured) -> None:
    assert cli.main([*START, "--mode"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("argument --mode: expected one argument\n")
    assert "error MY002" in error


def test_an_option_is_never_guessed_from_its_beginning(fake: Fake) -> None:
    assert cli.main(["cluster-start", "--cluster", "ml"]) == 2


def test_all_wrong_inputs_are_said_at_once(fake: Fake, capsys: Captured) -> None:
    assert cli.main(["cluster-start", "--mode", "overwrit", "--dry-run", "maybe"]) == 2
    out = capsys.readouterr().out
    assert "3 inputs are wrong:" in out
    assert "cluster-name is missing or empty" in out
    assert "mode is 'overwrit', not one of append, overwrite (did you mean overwrite?)" in out
    assert "dry-run is 'maybe', not true or false" in out
    assert "modelyard cluster-start --help" in out


def test_help_shows_what_can_be_given(fake: Fake, capsys: Captured) -> None:
    assert cli.main(["cluster-start", "--help"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "usage: modelyard cluster-start" in out
    assert "It starts a cluster, für alle." in out
    assert "Required. Name of the cluster, 100% exact." in out
    assert "--mode append|overwrite How. Default: append." in out
    assert "Paths. Default: a, b." in out
    assert "Change nothing. Default: false." in out
    assert "--token" not in out
    assert "secrets, taken from the environment only: DATABRICKS_TOKEN Databricks access" in out


@pytest.mark.parametrize("argument", ["--help", "-h", "help"])
def test_the_list_of_operations(fake: Fake, capsys: Captured, argument: str) -> None:
    assert cli.main([argument]) == 0
    assert "  cluster-start      Start a cluster\n" in capsys.readouterr().out


def test_no_arguments_are_a_mistake_that_shows_the_list(fake: Fake, capsys: Captured) -> None:
    assert cli.main([]) == 2
    assert "Start a cluster" in capsys.readouterr().out


def test_the_version(capsys: Captured) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"modelyard {__version__}\n"


@pytest.mark.parametrize(
    ("name", "hint"), [("cluster-strat", "cluster-start"), ("locall", "local"), ("zzz", "")]
)
def test_an_unknown_operation(fake: Fake, capsys: Captured, name: str, hint: str) -> None:
    assert cli.main([name]) == 2
    error = capsys.readouterr().err
    assert f"there is no operation {name}" in error
    assert f"(did you mean {hint}?)" in error or not hint
    assert "fix: see modelyard --help for all of them" in error
    assert "error MY002" in error


@pytest.mark.parametrize("command", ["run", "release"])
def test_a_step_has_to_name_its_operation(fake: Fake, capsys: Captured, command: str) -> None:
    assert cli.main([command]) == 2
    assert f"modelyard {command} needs the name of an operation" in capsys.readouterr().err


def test_a_profile_gives_what_the_environment_would(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, isolation: Path
) -> None:
    (isolation / ".databrickscfg").write_text(
        "[DEFAULT]\nhost = https://default.example\n"
        "[staging]\nhost = https://staging.example\ntoken = dapi-staging\n"
    )
    monkeypatch.setenv("DATABRICKS_HOST", "https://other.example")
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi-other")
    cli.main([*START, "--profile", "staging"])

    assert fake.inputs[0].workspace_url == "https://staging.example"
    assert fake.inputs[0].token == "dapi-staging"


def test_an_option_wins_over_the_profile(fake: Fake, isolation: Path) -> None:
    (isolation / ".databrickscfg").write_text("[a]\nhost = https://a.example\n")
    cli.main([*START, "--profile", "a", "--workspace-url", "https://given.example"])

    assert fake.inputs[0].workspace_url == "https://given.example"


def test_a_profile_that_is_not_there(fake: Fake, capsys: Captured) -> None:
    assert cli.main([*START, "--profile", "nowhere"]) == 3
    assert ".databrickscfg can't be read" in capsys.readouterr().err


def test_a_step_gets_its_inputs_from_the_ci_system(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "INPUT_CLUSTER-NAME": "ml",
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STATE": str(tmp_path / "state"),
    }.items():
        monkeypatch.setenv(name, value)

    assert cli.main(["run", "cluster-start"]) == 0
    assert fake.inputs[0].cluster_name == "ml"
    assert output.read_text().startswith("state<<")


def test_inputs_of_a_script_step_are_not_those_of_a_command_in_it(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "INPUT_CLUSTER-NAME": "other",
        "INPUT_SCRIPT": "modelyard cluster-start ...",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STATE": str(tmp_path / "state"),
    }.items():
        monkeypatch.setenv(name, value)

    assert cli.main(list(START)) == 0
    assert fake.inputs[0].cluster_name == "ml"


def test_release_stops_what_the_same_step_started(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MODELYARD_JOB", str(tmp_path / "job"))
    cli.main(list(START))
    assert cli.main(["release", *START]) == 0
    assert cli.main(["release", *START]) == 0

    assert fake.released == [{"run": "12"}]


@pytest.mark.parametrize(
    ("error", "code"), [(RunFailed("no"), 31), (Cancelled(15), 143), (ValueError("no"), 70)]
)
def test_the_exit_code_is_that_of_the_error(fake: Fake, error: BaseException, code: int) -> None:
    fake.error = error

    assert cli.main(list(START)) == code


def test_ctrl_c_before_an_operation_runs(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*given: Any, **more: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "detect", interrupted)

    assert cli.main(list(START)) == 130


def modelyard(*arguments: str, **more: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "modelyard", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **more},
    )


def test_it_is_a_program() -> None:
    out, error = modelyard("--version").communicate(timeout=60)

    assert (out, error) == (f"modelyard {__version__}\n", "")


def test_a_reader_who_stops_reading_gets_no_traceback() -> None:
    process = modelyard("--help")
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, error = process.communicate(timeout=60)

    assert error == ""
    assert process.returncode == 141


def test_a_code_page_that_lacks_letters_is_no_reason_to_fail(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))

    assert cli.main(["cluster-start", "--help"]) == 0
    assert b"f\\xfcr alle" in raw.getvalue()


@pytest.mark.parametrize("arguments", [("local", "--help"), ("generate", "--help")])
def test_the_other_commands_help_too(arguments: tuple[str, ...], capsys: Captured) -> None:
    assert cli.main(arguments) == 0
    assert f"usage: modelyard {arguments[0]}" in capsys.readouterr().out


def test_an_operation_with_a_profile_of_its_own_keeps_it(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Own(Inputs):
        profile: str = given("Name of the profile to write.", default="DEFAULT")

    operation = replace(operations.load("cluster-start"), inputs=Own)
    monkeypatch.setattr(operations, "load", lambda name: operation)

    assert cli.main([*START, "--profile", "staging"]) == 0
    assert vars(fake.inputs[0])["profile"] == "staging"
