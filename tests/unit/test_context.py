from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from modelyard.ci.azure_pipelines import AzurePipelines
from modelyard.ci.base import CISystem
from modelyard.ci.github_actions import GitHubActions
from modelyard.ci.terminal import Terminal
from modelyard.context import Context
from modelyard.errors import Cancelled, FileError, ModelyardError
from modelyard.operation import Operation, result
from modelyard.output_limit import LONGEST, size
from unit.ci import agents


@dataclass(frozen=True)
class Inputs:
    pass


@dataclass(frozen=True)
class Outputs:
    run_id: int | None = result("Set after the submit.")
    is_new: bool | None = result("Set after the submit.")
    token: str | None = result("Set always.", secret=True)
    text: str | None = result("Set always.")
    rows: list[str] | None = result("Set always.")


OPERATION: Operation[Inputs, Outputs] = Operation(
    name="context",
    title="Look around",
    description="It looks around.",
    group="checks",
    task_id="00000000-0000-4000-8000-000000000000",
    inputs=Inputs,
    outputs=Outputs,
    run=lambda inputs, context: Outputs(),
)


@pytest.fixture
def context(make_context: Callable[..., Context]) -> Context:
    return make_context(OPERATION, {"A": "b"})


def test_outputs_are_set_at_once_as_text_under_their_own_names(
    context: Context, recording_ci: Any
) -> None:
    context.publish(run_id=12, is_new=False)

    assert recording_ci.outputs == {"run-id": "12", "is-new": "false"}


def test_an_output_is_set_again_only_when_it_changes(context: Context, recording_ci: Any) -> None:
    context.publish(run_id=12)
    context.publish(run_id=12, is_new=None)
    context.publish(run_id=13)

    assert [one for one in recording_ci.events if one[0] == "set_output"] == [
        ("set_output", "run-id")
    ] * 2
    assert recording_ci.outputs == {"run-id": "13"}


def test_an_output_that_a_signal_kept_from_being_set_is_set_later(
    context: Context, recording_ci: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: Any, **more: Any) -> None:
        raise Cancelled(2)

    with monkeypatch.context() as patch, pytest.raises(Cancelled):
        patch.setattr(recording_ci, "set_output", interrupted)
        context.publish(run_id=12)
    context.publish(run_id=12)

    assert recording_ci.outputs == {"run-id": "12"}


def test_a_secret_output_is_masked_first(context: Context, recording_ci: Any) -> None:
    context.publish(token="dapi-made-up")

    assert recording_ci.events == [("mask", "dapi-made-up"), ("set_output", "token")]
    assert recording_ci.secret_outputs == {"token"}


def test_an_output_nobody_declared_is_a_fault(context: Context) -> None:
    with pytest.raises(KeyError, match="job_id"):
        context.publish(job_id=1)

    assert context.declares_output("run_id")
    assert not context.declares_output("job_id")


def test_what_is_kept_can_be_let_go(context: Context, recording_ci: Any) -> None:
    context.keep("run", "12")
    context.keep("cluster", "c")
    context.let_go("run")
    context.let_go("never kept")

    assert recording_ci.state == {"run": "", "cluster": "c"}


def test_the_idempotency_token_is_that_of_the_attempt_the_step_and_the_payload(
    context: Context, recording_ci: Any
) -> None:
    payload = {"b": 1, "a": [1, 2]}
    token = context.idempotency_token("submit", payload)
    assert len(token) == 64
    assert token == context.idempotency_token("submit", {"a": [1, 2], "b": 1})

    others = {context.idempotency_token("submit", {"a": [1, 2], "b": 2})}
    for change in ("run", "attempt", "job", "step", "repository", "pipeline", "instance"):
        before = recording_ci.run_identity
        recording_ci.run_identity = replace(before, **{change: "another"})
        others.add(context.idempotency_token("submit", payload))
        recording_ci.run_identity = before
    assert len(others) == 8
    assert token not in others


def test_remote_output_is_folded_and_harmless(context: Context, recording_ci: Any) -> None:
    context.show_remote("cell 1", "loss 0.1\n##vso[task.setvariable variable=x]y\n\n")
    context.show_remote("cell 2", " \n")

    assert recording_ci.groups == ["cell 1"]
    assert recording_ci.lines == [
        "cell 1",
        "loss 0.1",
        "# #vso[task.setvariable variable=x]y",
    ]


def test_a_message_stands_where_it_belongs(context: Context, recording_ci: Any) -> None:
    context.annotate("warning", "odd", file="a.py", line=3)
    context.annotate("notice", "::add-mask::x")

    first, second = recording_ci.annotations
    assert (first.level, first.text, first.file, first.line) == ("warning", "odd", "a.py", 3)
    assert (second.text, second.file) == (": :add-mask::x", "")


def test_the_environment_is_the_one_given(context: Context) -> None:
    assert dict(context.environment) == {"A": "b"}


def test_a_shield_needs_no_signals(context: Context) -> None:
    with context.shield():
        pass


@pytest.mark.parametrize("error", [FileError("RUNNER_TEMP isn't set"), OSError("disk full")])
def test_an_artifact_that_can_not_be_kept_is_a_warning(
    error: Exception,
    context: Context,
    recording_ci: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def refuse(name: str, path: Path) -> None:
        raise error

    monkeypatch.setattr(recording_ci, "upload", refuse)
    context.upload("report", tmp_path / "report.html")

    assert recording_ci.warnings() == [f"the artifact report can't be kept: {error}"]


# Outputs that are too long.


def test_a_text_that_is_too_long_is_cut_by_bytes(context: Context, recording_ci: Any) -> None:
    context.publish(text="x" + "ü" * LONGEST)

    found = recording_ci.outputs["text"]
    assert found == "x" + "ü" * ((LONGEST - 4) // 2) + "…"
    assert LONGEST - 2 < size(found) <= LONGEST
    assert recording_ci.warnings() == [
        f"the output text has {2 * LONGEST + 1} bytes, and a variable takes {LONGEST}: it is cut"
    ]


def test_no_part_of_a_secret_is_left_by_the_cut(context: Context, recording_ci: Any) -> None:
    recording_ci.mask("made-up-secret-value")
    context.publish(text="x" * (LONGEST - 12) + "made-up-secret-value" + "y" * 50)

    assert "made-up" not in recording_ci.outputs["text"]


def test_what_fits_stays(context: Context, recording_ci: Any) -> None:
    context.publish(text="x" * LONGEST, rows=["y" * (LONGEST - 4)])

    assert recording_ci.outputs["text"] == "x" * LONGEST
    assert size(recording_ci.outputs["rows"]) == LONGEST
    assert recording_ci.warnings() == []


def test_a_structure_that_is_too_long_is_the_path_of_a_file(
    context: Context, recording_ci: Any
) -> None:
    context.publish(rows=["ü" * LONGEST])

    path = Path(recording_ci.outputs["rows"])
    assert json.loads(path.read_text("utf-8")) == ["ü" * LONGEST]
    assert path.parent == recording_ci.folder
    assert str(path) in recording_ci.warnings()[0]


def test_a_secret_that_is_too_long_is_an_error_that_says_nothing_of_it(
    context: Context, recording_ci: Any
) -> None:
    with pytest.raises(ModelyardError, match="the output token has 32001 bytes") as error:
        context.publish(token="x" * (LONGEST + 1))

    assert "xx" not in str(error.value)
    assert recording_ci.outputs == {}


def test_a_folder_that_takes_no_file_is_an_error(context: Context, recording_ci: Any) -> None:
    recording_ci.folder /= "gone"

    with pytest.raises(FileError, match=r"the output rows has .* can't be written: No such file"):
        context.publish(rows=["x" * LONGEST])


def azure(folder: Path) -> CISystem:
    return AzurePipelines({"AGENT_TEMPDIRECTORY": str(folder)})


def github(folder: Path) -> CISystem:
    return GitHubActions({"RUNNER_TEMP": str(folder), "GITHUB_OUTPUT": str(folder / "output")})


def set_on_azure(_folder: Path, printed: str) -> dict[str, str]:
    commands = agents.azure_commands(printed)
    return {
        one.properties["variable"]: one.data for one in commands if one.name == "task.setvariable"
    }


def set_on_github(folder: Path, _printed: str) -> dict[str, str]:
    return agents.github_file((folder / "output").read_text("utf-8"))


def set_on_a_terminal(folder: Path, _printed: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / "step.outputs.json").read_text("utf-8"))
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="Linux refuses to start a process")
@pytest.mark.parametrize(
    ("new_ci", "found"),
    [
        (azure, set_on_azure),
        (github, set_on_github),
        (
            lambda folder: Terminal({"MODELYARD_JOB": str(folder), "MODELYARD_STEP": "step"}),
            set_on_a_terminal,
        ),
    ],
    ids=["azure-pipelines", "github-actions", "terminal"],
)
def test_the_next_step_starts_with_what_was_set(
    new_ci: Callable[[Path], CISystem],
    found: Callable[[Path, str], dict[str, str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = "ü" * 70_000
    Context(OPERATION, new_ci(tmp_path)).publish(text=long, rows=[long])
    outputs = found(tmp_path, capsys.readouterr().out)

    def start(**variables: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", "import os; print(os.environ['rows'])"],
            env=variables,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    path = Path(start(**outputs))
    assert json.loads(path.read_text("utf-8")) == [long]
    assert outputs["text"].endswith("ü…")
    with pytest.raises(OSError, match="Argument list too long"):
        start(text=long)


def test_a_command_alone_shows_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    Context(OPERATION, Terminal({})).publish(text="x" * (LONGEST + 1))

    assert capsys.readouterr().out == f"text={'x' * (LONGEST + 1)}\n"
