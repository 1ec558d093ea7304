from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.ci.base import Position
from modelyard.ci.terminal import Terminal

Printed = Callable[[], str]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    return lambda: capsys.readouterr().out


def in_job(folder: Path, step: str = "train", **more: str) -> Terminal:
    return Terminal({"MODELYARD_JOB": str(folder), **more}, step=step)


def test_outputs_are_lines(printed: Printed) -> None:
    ci = Terminal({})
    ci.set_output("run-id", "12")
    ci.set_output("report", "one\ntwo")
    ci.set_variable("RUN", "12")

    assert printed() == "run-id=12\nreport=\none\ntwo\nexport RUN=12\n"


def test_a_secret_is_never_shown_nor_kept(tmp_path: Path, printed: Printed) -> None:
    ci = in_job(tmp_path)
    ci.set_output("token", "dapi-made-up", secret=True)
    ci.set_variable("TOKEN", "dapi-made-up", secret=True)
    ci.write("it is dapi-made-up")

    assert printed() == "token=***\nTOKEN=***  (a terminal hands no secret on)\nit is ***\n"
    assert not any("dapi" in file.read_text() for file in tmp_path.iterdir())


def test_messages_say_where_and_how_bad(printed: Printed) -> None:
    ci = Terminal({})
    ci.annotate("error", "broken", Position("a.py", 7))
    ci.annotate("warning", "odd", Position("a.py"))
    ci.annotate("notice", "by the way")
    ci.progress(50, "half")
    with ci.group("cell 1"):
        ci.write("inside")

    assert printed().splitlines() == [
        "a.py:7: error: broken", "a.py: warning: odd", "by the way", "half (50 %)", "cell 1",
        "inside",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "start"), [({}, "\x1b[31merror: x\x1b[0m"), ({"NO_COLOR": "1"}, "error: x")]
)
def test_colours_are_for_people(
    monkeypatch: pytest.MonkeyPatch,
    printed: Printed,
    environment: dict[str, str],
    start: str,
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    Terminal(environment).annotate("error", "x")

    assert printed() == f"{start}\n"


def test_remote_output_moves_no_cursor(printed: Printed) -> None:
    Terminal({}).write("loss\x1b[2J\x1b]0;pwned\x07 0.1")

    assert printed() == "loss[2J]0;pwned 0.1\n"


def test_debug_lines_come_on_demand(printed: Printed) -> None:
    Terminal({}).debug("detail")
    assert printed() == ""

    Terminal({"MODELYARD_DEBUG": "1"}).debug("detail")
    assert printed() == "detail\n"


def test_a_command_alone_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: Printed
) -> None:
    monkeypatch.chdir(tmp_path)
    report = tmp_path / "report.html"
    report.write_text("<p>")
    ci = Terminal({}, step="train")
    ci.save_state("run-id", "12")
    ci.set_output("run-id", "12")
    ci.set_output("error", "it was said above")
    ci.summary("# Done")
    ci.upload("report", report)

    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    assert ci.load_state() == {}
    assert ci.releases_later is False
    assert printed() == "run-id=12\nDone\n----\n"


def test_a_job_folder_keeps_what_other_systems_keep(tmp_path: Path, printed: Printed) -> None:
    report = tmp_path / "report.html"
    report.write_text("<p>")
    job = tmp_path / "jobs" / "1"
    ci = in_job(job)
    ci.mask("dapi-made-up")
    ci.set_output("run-id", "12")
    ci.set_output("state", "SUCCESS")
    ci.set_output("error", "it was said above")
    ci.summary("# Done dapi-made-up")
    ci.summary("# Really")
    ci.upload("report", report)

    outputs = json.loads((job / "train.outputs.json").read_text())
    assert outputs == {"run-id": "12", "state": "SUCCESS", "error": "it was said above"}
    assert "said above" not in printed()
    assert (job / "summary.md").read_text() == "# Done ***\n# Really\n"
    assert (job / "artifacts" / "report" / "report.html").read_text() == "<p>"
    assert ci.releases_later is True


@pytest.mark.skipif(sys.platform == "win32", reason="permission bits")
def test_a_job_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    in_job(tmp_path / "job").save_state("a", "1")

    assert (tmp_path / "job").stat().st_mode & 0o077 == 0


def test_the_release_command_of_the_same_step_finds_its_state(tmp_path: Path) -> None:
    in_job(tmp_path).save_state("run-id", "12")
    in_job(tmp_path).save_state("cluster-id", "c")

    assert in_job(tmp_path).load_state() == {"run-id": "12", "cluster-id": "c"}
    assert in_job(tmp_path, step="other").load_state() == {}


def test_a_job_folder_is_one_run_and_another_folder_of_that_name_is_another(
    tmp_path: Path,
) -> None:
    one, other = tmp_path / "a" / "job", tmp_path / "b" / "job"

    assert in_job(one).identity() == in_job(one).identity()
    assert in_job(one).identity().build != in_job(other).identity().build
    assert in_job(one).identity().key != in_job(one, step="deploy").identity().key
    again = in_job(one, MODELYARD_ATTEMPT="2").identity()
    assert in_job(one).identity().key != again.key
    assert in_job(one).identity().build == again.build


def test_two_commands_alone_are_two_runs() -> None:
    assert Terminal({}).identity().key != Terminal({}).identity().key


def test_inputs_come_from_the_command_line_alone() -> None:
    ci = Terminal({"INPUT_TOKEN": "x"})

    assert ci.unknown_inputs(()) == []
    assert ci.is_fork() is False
