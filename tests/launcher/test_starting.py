"""How the operation is started, and what becomes of its end."""

from __future__ import annotations

import json
import subprocess

import pytest

from launcher.workplace import LAUNCHER, Workplace, node, shown
from modelyard import errors


def test_codes_are_those_of_the_library() -> None:
    program = f"JSON.stringify(require({json.dumps(str(LAUNCHER / 'failure.js'))}).KINDS)"
    out = subprocess.run([node(), "-p", program], check=True, capture_output=True, text=True)
    kinds = json.loads(out.stdout)
    assert len(kinds) == 6
    known = {error.__name__: error for error in errors.all_errors()}
    for name, kind in kinds.items():
        error = known[name]
        assert kind == {"identifier": error.identifier, "exitCode": error.exit_code}


def test_starts_python_isolated_in_its_own_environment(warm: Workplace) -> None:
    found = shown(
        warm.run(
            SECRET_PASS_WORD="kept",
            SECRET_OF_THE_USER="given",
            VSTS_SECRET_VARIABLES='["pass.word"]',
            PYTHONPATH="/nowhere",
            INPUT_NAME="x",
        )
    )
    assert found["arguments"] == ["run", "tiny-run"]
    assert found["isolated"]
    assert found["utf8"]
    assert found["group"]
    assert str(found["prefix"]).startswith(str(warm.cache))
    names = found["environment"]
    assert isinstance(names, list)
    assert {"INPUT_NAME", "PYTHONPATH", "SECRET_OF_THE_USER"} <= set(names)
    assert "SECRET_PASS_WORD" not in names


def test_warm_start_is_silent(workplace: Workplace) -> None:
    first, second = workplace.run(), workplace.run()
    assert first.stdout.startswith("modelyard: made a private Python environment with pip in ")
    assert len(first.stdout.splitlines()) == 2
    assert len(second.stdout.splitlines()) == 1
    assert first.stderr == second.stderr == ""


@pytest.mark.parametrize("code", [0, 1, 31, 70])
def test_exit_code_is_pythons(warm: Workplace, code: int) -> None:
    assert warm.run(INPUT_MODE="end", INPUT_CODE=str(code)).returncode == code


def test_death_by_a_signal_is_128_and_its_number(warm: Workplace) -> None:
    assert warm.run(INPUT_MODE="killed").returncode == 137


@pytest.mark.parametrize(
    ("code", "result"), [(0, "Succeeded"), (31, "Failed"), (130, "Canceled"), (143, "Canceled")]
)
def test_azure_pipelines_is_told_the_result(warm: Workplace, code: int, result: str) -> None:
    done = warm.run(INPUT_MODE="end", INPUT_CODE=str(code), TF_BUILD="True")
    assert done.returncode == code
    last = done.stdout.splitlines()[-1]
    assert last.startswith(f"##vso[task.complete result={result};]tiny-run")


def test_others_get_no_command_of_azure_pipelines(warm: Workplace) -> None:
    for more in ({}, {"GITHUB_ACTIONS": "true"}):
        assert "##vso" not in warm.run(INPUT_MODE="end", INPUT_CODE="1", **more).stdout


STATES = [
    ({"GITHUB_ACTIONS": "true"}, "STATE_MODELYARD_STATE"),
    ({"TF_BUILD": "True"}, "VSTS_TASKVARIABLE_MODELYARD_STATE"),
]


@pytest.mark.parametrize(("platform", "variable"), STATES)
@pytest.mark.parametrize("state", [None, "", "{}", '{"cluster": "", "run": ""}'])
def test_nothing_to_release_needs_no_python(
    workplace: Workplace, platform: dict[str, str], variable: str, state: str | None
) -> None:
    more = {} if state is None else {variable: state}
    done = workplace.run("post", PATH="/nowhere", **platform, **more)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "tiny-run: nothing to release"
    assert not workplace.environments


@pytest.mark.parametrize(("platform", "variable"), STATES)
@pytest.mark.parametrize("state", ['{"cluster": "1", "run": ""}', "no JSON: Python tells"])
def test_release_gets_what_was_kept(
    warm: Workplace, platform: dict[str, str], variable: str, state: str
) -> None:
    done = warm.run("post", **platform, **{variable: state})
    assert done.returncode == 0
    found = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    assert found["arguments"] == ["release", "tiny-run"]
    assert variable in found["environment"]


@pytest.mark.parametrize(
    ("platform", "start"),
    [
        ({}, ""),
        ({"GITHUB_ACTIONS": "true"}, "::error::"),
        ({"TF_BUILD": "True"}, "##vso[task.logissue type=error]"),
    ],
)
def test_own_errors_look_like_the_librarys(
    workplace: Workplace, platform: dict[str, str], start: str
) -> None:
    (workplace.action / "launch.json").write_text("{")
    done = workplace.run(**platform)
    assert done.returncode == 3
    lines = (done.stdout if platform else done.stderr).splitlines()
    if platform:
        assert lines[0].startswith(f"{start}can't use ")
        lines = lines[0].removeprefix(start).split("%0A")
    assert [line[:9] for line in lines[1:3]] == ["  cause: ", "  fix: ta"]
    assert lines[3] == "  error MY003, exit code 3: modelyard explain MY003"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"operation": ""}, "operation is no text"),
        ({"python": "3.11"}, "python isn't like"),
        ({"python": ["2.7", "3.11"]}, "python isn't like"),
        ({"dependencies": "../missing.txt"}, "missing.txt"),
        ({"library": "../missing"}, "holds no package modelyard"),
        ({"library": "../missing.whl"}, "missing.whl"),
    ],
)
def test_a_broken_folder_is_told(
    workplace: Workplace, changes: dict[str, object], told: str
) -> None:
    workplace.declare(**changes)
    done = workplace.run()
    assert done.returncode == 3
    assert told in done.stderr
    (workplace.action / "launch.json").unlink()
    assert "it doesn't exist" in workplace.run().stderr
