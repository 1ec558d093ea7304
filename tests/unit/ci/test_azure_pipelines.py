from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from modelyard.ci.azure_pipelines import AzurePipelines, escape_data, escape_property
from modelyard.ci.base import Position
from modelyard.errors import InputError
from modelyard.operation import given, members
from unit.ci import agents
from unit.ci.agents import Command

Printed = Callable[[], str]
SAME_CAPTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    return lambda: capsys.readouterr().out


@dataclass(frozen=True)
class Inputs:
    workspace_url: str = given("An address.", default="", aliases=("adbUrl", "old name.x"))


@for_all(name=st.text(min_size=1), value=st.text(min_size=1), data=st.text())
@example(name="a", value="50%;]%3B%AZP25", data="%AZP25%0D%0A]")
def test_every_text_reaches_the_agent_as_it_was(name: str, value: str, data: str) -> None:
    line = f"##vso[task.x name={escape_property(value)};]{escape_data(data)}"

    assert agents.azure_commands(line) == [Command("task.x", {"name": value}, data)]


@SAME_CAPTURE
@for_all(value=st.text())
def test_an_output_arrives_whole_whatever_it_holds(printed: Printed, value: str) -> None:
    printed()
    AzurePipelines({}).set_output("run-page-url", value)

    expected = {"variable": "runPageUrl", "issecret": "false", "isoutput": "true"}
    assert agents.azure_commands(printed()) == [Command("task.setvariable", expected, value)]


def test_a_secret_output_is_masked_before_it_is_set(printed: Printed) -> None:
    AzurePipelines({}).set_output("token", "dapi-made-up", secret=True)

    *masks, last = agents.azure_commands(printed())
    assert masks
    assert {one.name for one in masks} == {"task.setsecret"}
    assert "dapi-made-up" in [one.data for one in masks]
    assert last.name == "task.setvariable"
    assert last.properties == {"variable": "token", "issecret": "true", "isoutput": "true"}
    assert last.data == "dapi-made-up"


def test_a_secret_of_several_lines_is_masked_line_by_line_and_then_let_in(
    printed: Printed,
) -> None:
    AzurePipelines({}).set_variable("key", "first line\nsecond line\n", secret=True)

    *masks, allow, value, forbid = agents.azure_commands(printed())
    assert {one.name for one in masks} == {"task.setsecret"}
    assert {"first line", "second line"} <= {one.data for one in masks}
    assert not any("\n" in one.data for one in masks)
    knob = "SYSTEM_UNSAFEALLOWMULTILINESECRET"
    assert (allow.properties["variable"], allow.data) == (knob, "true")
    assert (value.properties["issecret"], value.data) == ("true", "first line\nsecond line\n")
    assert (forbid.properties["variable"], forbid.data) == (knob, "false")


def test_what_the_pipeline_itself_allows_is_left_alone(printed: Printed) -> None:
    ci = AzurePipelines({"SYSTEM_UNSAFEALLOWMULTILINESECRET": "True"})
    ci.set_variable("key", "first line\nsecond line", secret=True)

    variables = [
        one.properties["variable"]
        for one in agents.azure_commands(printed())
        if one.name == "task.setvariable"
    ]
    assert variables == ["key"]


def test_a_secret_of_one_line_needs_no_permission(printed: Printed) -> None:
    AzurePipelines({}).set_variable("key", "one-line-only", secret=True)

    assert "MULTILINE" not in printed()


def test_remote_output_commands_nothing(printed: Printed) -> None:
    ci = AzurePipelines({"SYSTEM_DEBUG": "true"})
    attack = "x\r##vso[task.setvariable variable=path]evil\n##[error]no"
    ci.write(attack)
    ci.annotate("notice", attack)
    with ci.group(f"cell 1 {attack}"):
        ci.write("inside")

    out = printed()
    assert agents.azure_commands(out) == []
    assert agents.azure_formats(out) == ["group", "endgroup"]


def test_annotations_name_the_place(printed: Printed) -> None:
    ci = AzurePipelines({})
    ci.annotate("error", "first\nsecond", Position("src/a;b].py", 7, 3))
    ci.annotate("warning", "careful", Position("src/a.py"))

    assert agents.azure_commands(printed()) == [
        Command(
            "task.logissue",
            {
                "type": "error",
                "sourcepath": "src/a;b].py",
                "linenumber": "7",
                "columnnumber": "3",
            },
            "first\nsecond",
        ),
        Command("task.logissue", {"type": "warning", "sourcepath": "src/a.py"}, "careful"),
    ]


def test_a_notice_is_a_plain_line(printed: Printed) -> None:
    AzurePipelines({}).annotate("notice", "by the way")

    assert printed() == "by the way\n"


def test_debug_lines_come_only_when_the_pipeline_debugs(printed: Printed) -> None:
    AzurePipelines({}).debug("detail")
    assert printed() == ""

    AzurePipelines({"SYSTEM_DEBUG": "True"}).debug("detail")
    assert agents.azure_commands(printed()) == [Command("task.debug", {}, "detail")]


def test_progress_stays_within_what_the_agent_takes(printed: Printed) -> None:
    ci = AzurePipelines({})
    ci.progress(150, "much")
    ci.progress(-3, "little")

    values = [one.properties["value"] for one in agents.azure_commands(printed())]
    assert values == ["100", "0"]


def test_a_summary_is_a_file_of_its_own_without_secrets(tmp_path: Path, printed: Printed) -> None:
    ci = AzurePipelines({"AGENT_TEMPDIRECTORY": str(tmp_path)})
    ci.mask("dapi-made-up")
    printed()
    ci.summary("# One\ndapi-made-up")
    ci.summary("# Two")

    uploads = agents.azure_commands(printed())
    assert [one.name for one in uploads] == ["task.uploadsummary"] * 2
    texts = [Path(one.data).read_text(encoding="utf-8") for one in uploads]
    assert texts == ["# One\n***", "# Two"]
    assert [one.data for one in uploads] == sorted(one.data for one in uploads)


def test_an_artifact_outlives_the_file_it_was_made_from(tmp_path: Path, printed: Printed) -> None:
    agents_folder, made = tmp_path / "agent", tmp_path / "report.html"
    agents_folder.mkdir()
    made.write_text("<p>figures</p>")
    AzurePipelines({"AGENT_TEMPDIRECTORY": str(agents_folder)}).upload("report", made)
    made.unlink()

    (command,) = agents.azure_commands(printed())
    assert command.name == "artifact.upload"
    assert command.properties == {"containerfolder": "report", "artifactname": "report"}
    kept = Path(command.data)
    assert kept.is_relative_to(agents_folder)
    assert (kept.name, kept.read_text()) == ("report.html", "<p>figures</p>")


def later(output: str) -> AzurePipelines:
    """The release step of the task: with the environment that the agent makes for it."""
    variables = {
        one.properties["variable"]: one.data
        for one in agents.azure_commands(output)
        if one.name == "task.settaskvariable"
    }
    return AzurePipelines(
        {
            "VSTS_TASKVARIABLE_" + name.replace(".", "_").replace(" ", "_").upper(): value
            for name, value in variables.items()
        }
    )


def test_the_release_step_finds_what_was_kept(printed: Printed) -> None:
    ci = AzurePipelines({})
    ci.save_state("run-id", "12")
    ci.save_state("Some key", "50 %;]\nx")
    ci.save_state("run-id", "")
    then = later(printed())
    assert then.load_state() == {"run-id": "", "Some key": "50 %;]\nx"}

    then.save_state("Some key", "")
    assert later(printed()).load_state() == {"run-id": "", "Some key": ""}


def test_nothing_kept_is_an_empty_state() -> None:
    assert AzurePipelines({}).load_state() == {}


@pytest.mark.parametrize("name", ["INPUT_WORKSPACEURL", "INPUT_ADBURL", "INPUT_OLD_NAME_X"])
def test_inputs_come_by_name_and_alias(name: str) -> None:
    (member,) = members(Inputs)

    assert AzurePipelines({name: "https://x"}).given(member) == "https://x"


def test_an_empty_input_is_not_set() -> None:
    (member,) = members(Inputs)

    assert AzurePipelines({"INPUT_WORKSPACEURL": ""}).given(member) is None


def test_a_macro_that_nothing_replaced_is_named() -> None:
    (member,) = members(Inputs)
    with pytest.raises(InputError, match=r"workspaceUrl is \$\(adb.url\): this job has no variab"):
        AzurePipelines({"INPUT_WORKSPACEURL": "$(adb.url)"}).given(member)


def test_the_identity_tells_attempts_apart_but_not_in_the_build() -> None:
    environment = {
        "SYSTEM_COLLECTIONURI": "https://dev.azure.com/house/",
        "SYSTEM_TEAMPROJECT": "wine",
        "BUILD_REPOSITORY_NAME": "models",
        "SYSTEM_DEFINITIONID": "3",
        "BUILD_BUILDID": "99",
        "SYSTEM_STAGEATTEMPT": "1",
        "SYSTEM_JOBATTEMPT": "2",
        "SYSTEM_JOBID": "job-guid",
        "SYSTEM_TASKINSTANCEID": "task-guid",
        "BUILD_SOURCEVERSION": "abc",
        "BUILD_SOURCEBRANCH": "refs/heads/main",
    }
    identity = AzurePipelines(environment).identity()
    again = AzurePipelines({**environment, "SYSTEM_JOBATTEMPT": "3"}).identity()

    assert identity.build == "https://dev.azure.com/house/wine/models/3/99" == again.build
    assert identity.key != again.key
    assert (identity.commit, identity.branch) == ("abc", "refs/heads/main")


@pytest.mark.parametrize(("value", "fork"), [("True", True), ("False", False), ("", False)])
def test_a_forks_pull_request_is_known(value: str, fork: bool) -> None:
    assert AzurePipelines({"SYSTEM_PULLREQUEST_ISFORK": value}).is_fork() is fork


def test_an_input_that_nobody_declares_is_named() -> None:
    environment = {
        "INPUT_WORKSPACEURL": "x",
        "INPUT_OLD_NAME_X": "x",
        "INPUT_WORKSPACURL": "x",
        "INPUT_EMPTY": "",
        "INPUT_FOLDER": "a pipeline variable, input.folder",
        "VSTS_PUBLIC_VARIABLES": '["input.folder", "Build.BuildId"]',
    }

    assert AzurePipelines(environment).unknown_inputs(members(Inputs)) == ["workspacurl"]


@pytest.mark.parametrize("name", ["SYSTEM_STAGEATTEMPT", "SYSTEM_JOBATTEMPT"])
def test_a_rerun_is_another_attempt(name: str) -> None:
    first, second = (AzurePipelines({name: number}).identity() for number in ("1", "2"))

    assert first.key != second.key
    assert first.build == second.build
