from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from modelyard import cli
from modelyard.local import commands
from modelyard.local.cloud import commands as cloud_commands


@pytest.mark.parametrize("code", [0, 1])
def test_a_command_gets_its_arguments_and_gives_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    got = []

    def add_commands(subparsers: Any, _expand: Any) -> None:
        parser = subparsers.add_parser("up")
        parser.add_argument("--port", type=int)
        parser.set_defaults(handler=lambda arguments: got.append(arguments.port) or code)

    monkeypatch.setattr(cloud_commands, "add_commands", add_commands)

    assert commands.main(["up", "--port", "8080"]) == code
    assert got == [8080]


def test_no_command_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["local"]) == 2
    shown = capsys.readouterr().err
    assert all(f"\n    {name} " in shown for name in ("up", "run", "plan"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pln"], "there is no command pln (did you mean plan?)"),
        (["run", "x.yml", "--paralel", "2"], "no option --paralel (did you mean --parallel?)"),
        (["run", "x.yml", "--aprove=hidden"], "no option --aprove (did you mean --approve?)"),
        (["status", "--jsn"], "there is no option --jsn (did you mean --json?)"),
        (["fault", "add", "reset", "--tmes=9"], "no option --tmes (did you mean --times?)"),
        (["plan", "x.yml", "hidden"], "1 argument too many"),
    ],
)
def test_what_is_misspelt_is_told_with_the_nearest(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["local", *arguments]) == 2

    shown = capsys.readouterr().err
    assert said in shown
    assert "hidden" not in shown


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["local", "--help"]) == 0
    out = capsys.readouterr().out
    assert "usage: modelyard local" in out
    assert all(f"\n    {name} " in out for name in ("up", "down", "status", "exec", "reset"))


def test_a_missing_extra_is_named() -> None:
    program = (
        "import sys\n"
        "sys.modules['werkzeug'] = None\n"  # importing it fails as if it weren't installed
        "from modelyard.cli import main\n"
        "sys.exit(main(['local', 'up']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )

    assert done.returncode == 4
    assert "the Python package werkzeug" in done.stderr
    assert 'pip install "modelyard[local]"' in done.stderr


@pytest.mark.parametrize(
    ("command", "spared"),
    [("up", "modelyard.local.runner.pipeline"), ("plan", "modelyard.local.cloud.cloud")],
)
def test_a_command_imports_its_own_part_alone(command: str, spared: str) -> None:
    program = (
        "import sys\n"
        "from modelyard.cli import main\n"
        f"code = main(['local', {command!r}, '-h'])\n"
        f"sys.exit(code or {spared!r} in sys.modules)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False)

    assert done.returncode == 0
