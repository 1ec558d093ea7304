from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from modelyard.ci.base import Position
from modelyard.ci.github_actions import (
    GitHubActions,
    escape_data,
    escape_property,
    file_entry,
)
from modelyard.errors import FileError
from modelyard.operation import given, members
from unit.ci import agents
from unit.ci.agents import Command

Printed = Callable[[], str]
# As the runner on Linux and macOS reads its files. On Windows "\r\n" is a line end to it, too.
TEXT = st.text(max_size=80)


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    return lambda: capsys.readouterr().out


@dataclass(frozen=True)
class Inputs:
    workspace_url: str = given("An address.", default="")
    dry_run: bool = given("Whether.", default=False)


@for_all(value=st.text(min_size=1), data=TEXT)
@example(value="50%:,%3A%25", data="%25%0D%0A::")
def test_every_text_reaches_the_runner_as_it_was(value: str, data: str) -> None:
    line = f"::error file={escape_property(value)}::{escape_data(data)}"

    (command,) = agents.github_commands(line)
    assert command.name == "error"
    assert command.data == data
    # The runner trims the blanks around all properties.
    assert command.properties.get("file", "").strip() == value.strip()


@for_all(entries=st.lists(st.tuples(st.sampled_from(["a", "run-id", "b_c"]), TEXT), max_size=6))
@example(entries=[("a", "x\nmodelyard_0\n"), ("b_c", "\n\n"), ("a", "a<<b\nc=d")])
def test_a_file_gives_back_every_value(entries: list[tuple[str, str]]) -> None:
    text = "".join(file_entry(name, value) for name, value in entries)

    assert agents.github_file(text) == dict(entries)


def test_a_value_that_knows_the_last_delimiter_breaks_nothing() -> None:
    first = file_entry("a", "x")
    delimiter = first.splitlines()[-1]
    text = first + file_entry("b", f"{delimiter}\nevil=1\n{delimiter}")

    assert agents.github_file(text) == {"a": "x", "b": f"{delimiter}\nevil=1\n{delimiter}"}


@pytest.mark.parametrize("name", ["", "a\nb", "a=b", "a<<b", "a\rb"])
def test_a_name_that_would_begin_another_entry_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="can't name an output"):
        file_entry(name, "x")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@for_all(value=TEXT)
def test_an_output_arrives_whole_whatever_it_holds(printed: Printed, value: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        ci = GitHubActions({"GITHUB_OUTPUT": str(output)})
        ci.set_output("before", "1")
        ci.set_output("run-page-url", value)

        written = agents.github_file(output.read_bytes().decode())
        assert written == {"before": "1", "run-page-url": value}
        assert printed() == ""


def test_a_secret_output_is_masked_before_it_is_set(tmp_path: Path, printed: Printed) -> None:
    output = tmp_path / "output"
    GitHubActions({"GITHUB_OUTPUT": str(output)}).set_output(
        "token", "dapi-made-up\nsecond line", secret=True
    )

    masks = agents.github_commands(printed())
    assert {one.name for one in masks} == {"add-mask"}
    assert {"dapi-made-up", "second line"} <= {one.data for one in masks}
    assert not any("\n" in one.data for one in masks)
    assert agents.github_file(output.read_text()) == {"token": "dapi-made-up\nsecond line"}


def test_a_secret_is_masked_even_when_it_cannot_be_set(printed: Printed) -> None:
    with pytest.raises(FileError, match="GITHUB_ENV isn't set"):
        GitHubActions({}).set_variable("TOKEN", "dapi-made-up", secret=True)

    assert "::add-mask::dapi-made-up\n" in printed()


def test_remote_output_commands_nothing(printed: Printed) -> None:
    ci = GitHubActions({})
    attack = "x\r::add-mask::e\n##[set-env name=PATH]evil"
    ci.write(attack)
    ci.progress(10, attack)

    assert agents.github_commands(printed()) == []


def test_a_hostile_title_stays_one_command(printed: Printed) -> None:
    ci = GitHubActions({})
    with ci.group("cell\n::add-mask::e"):
        ci.write("inside")

    assert [one.name for one in agents.github_commands(printed())] == ["group", "endgroup"]


def test_annotations_name_the_place(printed: Printed) -> None:
    ci = GitHubActions({})
    ci.annotate("error", "first\nsecond: 50%", Position("src/a,b:c.py", 7, 3))
    ci.annotate("notice", "by the way")

    assert agents.github_commands(printed()) == [
        Command("error", {"file": "src/a,b:c.py", "line": "7", "col": "3"}, "first\nsecond: 50%"),
        Command("notice", {}, "by the way"),
    ]


def test_a_summary_is_appended_without_secrets(tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    ci = GitHubActions({"GITHUB_STEP_SUMMARY": str(summary)})
    ci.mask("dapi-made-up")
    ci.summary("# One\ndapi-made-up")
    ci.summary("# Two")

    assert summary.read_text() == "# One\n***\n# Two\n"


def test_an_artifact_is_put_where_the_workflow_uploads_from(
    tmp_path: Path, printed: Printed
) -> None:
    report = tmp_path / "report.html"
    report.write_text("<p>")
    GitHubActions({"RUNNER_TEMP": str(tmp_path)}).upload("report", report)

    kept = tmp_path / "modelyard-artifacts" / "report" / "report.html"
    assert kept.read_text() == "<p>"
    assert str(kept) in printed()


def later(state: Path) -> GitHubActions:
    """The post step: with the environment that the runner makes for it."""
    entries = agents.github_file(state.read_bytes().decode())
    state.unlink()
    environment = {f"STATE_{name}": value for name, value in entries.items()}
    return GitHubActions({**environment, "STATE_isPost": "true", "GITHUB_STATE": str(state)})


def test_the_release_step_finds_what_was_kept_and_nothing_else(tmp_path: Path) -> None:
    state = tmp_path / "state"
    ci = GitHubActions({"GITHUB_STATE": str(state)})
    ci.save_state("run-id", "12")
    ci.save_state("Some key", "a\nb")
    ci.save_state("run-id", "")
    then = later(state)
    assert then.load_state() == {"run-id": "", "Some key": "a\nb"}

    then.save_state("Some key", "")
    assert later(state).load_state() == {"run-id": "", "Some key": ""}


def test_nothing_kept_is_an_empty_state() -> None:
    assert GitHubActions({"STATE_isPost": "true"}).load_state() == {}


def test_inputs_come_by_their_kebab_case_names() -> None:
    ci = GitHubActions(
        {"INPUT_WORKSPACE-URL": "https://x", "INPUT_DRY-RUN": "", "INPUT_WORKSPACE-URI": "y"}
    )
    url, dry_run = members(Inputs)

    assert ci.given(url) == "https://x"
    assert ci.given(dry_run) is None
    assert ci.unknown_inputs(members(Inputs)) == ["workspace-uri"]


def test_the_legs_of_a_matrix_are_told_apart() -> None:
    environment = {
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "house/models",
        "GITHUB_WORKFLOW_REF": "house/models/.github/workflows/train.yml@refs/heads/main",
        "GITHUB_RUN_ID": "5",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_JOB": "train",
        "GITHUB_ACTION": "__self",
        "RUNNER_TRACKING_ID": "github_1",
    }
    one = GitHubActions(environment).identity()
    other = GitHubActions({**environment, "RUNNER_TRACKING_ID": "github_2"}).identity()
    again = GitHubActions({**environment, "GITHUB_RUN_ATTEMPT": "2"}).identity()

    assert one.key != other.key
    assert one.key != again.key
    assert one.build == other.build == again.build
    assert GitHubActions(environment).identity() == one


@pytest.mark.parametrize(
    ("name", "event", "fork"),
    [
        ("pull_request", {"pull_request": {"head": {"repo": {"full_name": "me/models"}}}}, True),
        ("pull_request", {"pull_request": {"head": {"repo": None}}}, True),
        ("pull_request", {"pull_request": {"head": {"repo": {"full_name": "us/models"}}}}, False),
        ("push", {}, False),
    ],
)
def test_a_forks_pull_request_is_known(
    tmp_path: Path, name: str, event: dict[str, object], fork: bool
) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(event))
    environment = {
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_EVENT_NAME": name,
        "GITHUB_REPOSITORY": "us/models",
    }

    assert GitHubActions(environment).is_fork() is fork


def test_no_event_is_no_fork() -> None:
    assert GitHubActions({}).is_fork() is False
