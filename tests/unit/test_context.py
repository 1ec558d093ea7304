from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from modelyard.context import Context
from modelyard.errors import Cancelled, FileError
from modelyard.operation import Operation, result


@dataclass(frozen=True)
class Inputs:
    pass


@dataclass(frozen=True)
class Outputs:
    run_id: int | None = result("Set after the submit.")
    is_new: bool | None = result("Set after the submit.")
    token: str | None = result("Set always.", secret=True)


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
