from __future__ import annotations

import configparser
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.ci.azure_pipelines import AzurePipelines
from modelyard.ci.github_actions import GitHubActions
from modelyard.ci.terminal import Terminal
from modelyard.clock import FakeClock
from modelyard.execution import execute, release
from modelyard.operations.databricks_cli import OPERATION

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the program here is a shell script")
HOST = "https://adb-1.1.azuredatabricks.net"
DEV = "https://adb-2.2.azuredatabricks.net"
ME = "/api/2.0/preview/scim/v2/Me"
TOKEN, DEV_TOKEN = "made-up-token-1234", "made-up-token-5678"
PROFILES = f"dev: {{host: {DEV}, token-variable: DEV_TOKEN}}"


@pytest.fixture
def services() -> Iterator[mocking.Mocker]:
    with mocking.Mocker() as mocker:
        mocker.get(HOST + ME, json={"userName": "one@example.org"})
        mocker.get(DEV + ME, json={"userName": "two@example.org"})
        yield mocker


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An agent that has the program already."""
    path = tmp_path / "bin" / "databricks"
    path.parent.mkdir()
    path.write_text('#!/bin/sh\necho "Version 0.18.0"\n', encoding="utf-8")
    path.chmod(0o755)
    return {
        "PATH": str(path.parent),
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "RUNNER_TOOL_CACHE": str(tmp_path / "tools"),
        "DATABRICKS_HOST": HOST,
        "DATABRICKS_TOKEN": TOKEN,
        "DEV_TOKEN": DEV_TOKEN,
    }


def run(ci: Any, clock: FakeClock, environment: dict[str, str], **given: str) -> int:
    inputs = {name.replace("_", "-"): value for name, value in given.items()}
    return execute(OPERATION, inputs, ci, environment=environment, clock=clock)


def test_a_profile_is_written_where_only_this_job_finds_it(
    services: mocking.Mocker,
    recording_ci: Any,
    clock: FakeClock,
    environment: dict[str, str],
    isolation: Path,
) -> None:
    assert run(recording_ci, clock, environment) == 0
    path = Path(recording_ci.outputs["config-file"])
    assert path.parent == Path(environment["RUNNER_TEMP"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    parser = configparser.ConfigParser()
    parser.read(path)
    assert dict(parser.defaults()) == {"host": HOST, "token": TOKEN}
    assert recording_ci.variables == {
        "DATABRICKS_CONFIG_FILE": str(path),
        "DATABRICKS_HOST": HOST,
    }
    assert list(isolation.iterdir()) == [], "the user's own file isn't touched"
    assert f"profile DEFAULT: {HOST} is one@example.org" in recording_ci.text


def test_the_token_is_in_the_file_only(
    services: mocking.Mocker, recording_ci: Any, clock: FakeClock, environment: dict[str, str]
) -> None:
    assert run(recording_ci, clock, environment, profiles=PROFILES) == 0
    shown = [
        recording_ci.text,
        *recording_ci.outputs.values(),
        *recording_ci.variables.values(),
        *recording_ci.state.values(),
    ]
    assert not any(token in text for token in (TOKEN, DEV_TOKEN) for text in shown)
    assert {TOKEN, DEV_TOKEN} <= set(recording_ci.masks)


def test_several_profiles_take_their_tokens_from_variables(
    services: mocking.Mocker, recording_ci: Any, clock: FakeClock, environment: dict[str, str]
) -> None:
    assert run(recording_ci, clock, environment, profile="prod", profiles=PROFILES) == 0
    parser = configparser.ConfigParser()
    parser.read(recording_ci.outputs["config-file"])
    assert parser.sections() == ["prod", "dev"]
    assert dict(parser["dev"]) == {"host": DEV, "token": DEV_TOKEN}


def test_only_profiles_set_no_host(
    services: mocking.Mocker, recording_ci: Any, clock: FakeClock, environment: dict[str, str]
) -> None:
    del environment["DATABRICKS_HOST"]
    assert run(recording_ci, clock, environment, profiles=PROFILES) == 0
    assert set(recording_ci.variables) == {"DATABRICKS_CONFIG_FILE"}


def test_without_a_workspace_the_program_alone_is_seen_to(
    services: mocking.Mocker, recording_ci: Any, clock: FakeClock, environment: dict[str, str]
) -> None:
    del environment["DATABRICKS_HOST"]
    assert run(recording_ci, clock, environment) == 0
    assert "config-file" not in recording_ci.outputs
    assert recording_ci.variables == {}


def test_a_program_of_this_version_is_left_alone(
    services: mocking.Mocker, recording_ci: Any, clock: FakeClock, environment: dict[str, str]
) -> None:
    assert run(recording_ci, clock, environment) == 0
    assert recording_ci.outputs["action"] == "left-alone"
    assert recording_ci.outputs["version"] == "0.18.0"
    assert recording_ci.paths == []


def test_one_that_is_not_on_path_is_put_there(
    services: mocking.Mocker,
    recording_ci: Any,
    clock: FakeClock,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = Path(environment["PATH"])
    seen: list[dict[str, str]] = []

    def install(version: str, program: dict[str, str]) -> Path:
        seen.append(program)
        return folder

    monkeypatch.setattr("modelyard.databricks.command_line.command_line.install", install)
    environment["PATH"] = ""
    assert run(recording_ci, clock, environment, profiles=PROFILES) == 0
    assert recording_ci.paths == [folder]
    assert recording_ci.outputs["action"] == "installed"
    assert not {"DATABRICKS_TOKEN", "DEV_TOKEN"} & set(seen[0]), "pip gets no token"


def test_the_end_of_the_job_removes_the_file_and_that_twice(
    services: mocking.Mocker, recording_ci: Any, clock: FakeClock, environment: dict[str, str]
) -> None:
    run(recording_ci, clock, environment)
    path = Path(recording_ci.outputs["config-file"])
    for _ in range(2):
        assert release(OPERATION, {}, recording_ci, environment=environment, clock=clock) == 0
        assert not path.exists()


def test_a_token_that_is_not_known_is_told_before_anything_is_written(
    services: mocking.Mocker, recording_ci: Any, clock: FakeClock, environment: dict[str, str]
) -> None:
    answer = {"error_code": "403", "message": "Invalid access token."}
    services.get(DEV + ME, status_code=403, json=answer)
    assert run(recording_ci, clock, environment, profiles=PROFILES) == 10
    assert DEV in recording_ci.outputs["error"]
    assert not Path(environment["RUNNER_TEMP"]).exists()


def test_nobody_is_asked_when_that_is_not_wanted(
    services: mocking.Mocker, recording_ci: Any, clock: FakeClock, environment: dict[str, str]
) -> None:
    assert run(recording_ci, clock, environment, check="false") == 0
    assert services.call_count == 0


@pytest.mark.parametrize(
    ("profiles", "complaint"),
    [
        ("[dev]", "profiles isn't a mapping"),
        ("dev: x", "profile dev needs host and token-variable"),
        (f"dev: {{host: {DEV}, token: abc}}", "profile dev needs host and token-variable"),
        (f"dev: {{host: {DEV}, token-variable: NOT_SET}}", "the variable NOT_SET isn't set"),
        ("dev: {host: 'http://example.org', token-variable: DEV_TOKEN}", "only sent over https"),
        (f"DEFAULT: {{host: {DEV}, token-variable: DEV_TOKEN}}", "two profiles DEFAULT"),
        (f"a b: {{host: {DEV}, token-variable: DEV_TOKEN}}", "'a b' is no name"),
    ],
)
def test_profiles_that_make_no_sense_are_refused(
    services: mocking.Mocker,
    recording_ci: Any,
    clock: FakeClock,
    environment: dict[str, str],
    profiles: str,
    complaint: str,
) -> None:
    assert run(recording_ci, clock, environment, profiles=profiles) == 2
    assert complaint in recording_ci.outputs["error"]
    assert "abc" not in recording_ci.outputs["error"]


def test_allowed_workspaces_hold_for_every_profile(
    services: mocking.Mocker, recording_ci: Any, clock: FakeClock, environment: dict[str, str]
) -> None:
    given = {"profiles": PROFILES, "allowed_workspaces": HOST}
    assert run(recording_ci, clock, environment, **given) == 23
    assert services.call_count == 0


def test_a_dry_run_writes_nothing(
    services: mocking.Mocker, recording_ci: Any, clock: FakeClock, environment: dict[str, str]
) -> None:
    assert run(recording_ci, clock, environment, dry_run="true") == 0
    assert "profile DEFAULT: would be written" in recording_ci.text
    assert "would be left alone" in recording_ci.text
    assert not Path(environment["RUNNER_TEMP"]).exists()
    assert recording_ci.variables == {}


def test_each_system_is_told_of_the_folder_in_its_own_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "path"
    GitHubActions({"GITHUB_PATH": str(file)}).add_path(Path("/tools/bin"))
    assert file.read_text(encoding="utf-8") == "/tools/bin\n"
    AzurePipelines({}).add_path(Path("/tools/a;b]%/bin"))
    assert capsys.readouterr().out == "##vso[task.prependpath]/tools/a;b]%AZP25/bin\n"


def test_a_shell_can_use_what_the_terminal_prints(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal({}).add_path(Path("/my tools/$x/bin"))
    line = capsys.readouterr().out
    script = f'PATH=/usr/bin:/bin\n{line}printf %s "$PATH"'
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "/my tools/$x/bin:/usr/bin:/bin"
