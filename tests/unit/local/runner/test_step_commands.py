from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.local.runner.job import Job, Result
from modelyard.local.runner.service_endpoints import Endpoint
from modelyard.local.runner.step_commands import StepCommands
from modelyard.local.runner.task_definition import TaskDefinition
from modelyard.local.runner.variables import Variable, Variables
from task_folders import NewTask


class Step:
    """One step's commands, and the log they leave."""

    def __init__(self, task: TaskDefinition, job: Job, name: str = "one") -> None:
        self.log: list[str] = []
        self.job = job
        self.commands = StepCommands(task, name, job, Variables(), self.log.append)

    def take(self, *lines: str) -> None:
        for line in lines:
            self.commands.take(line)

    @property
    def issues(self) -> list[tuple[str, str]]:
        return [(one.kind, one.text) for one in self.commands.report.issues]


@pytest.fixture
def step(new_task: NewTask, job: Job) -> Step:
    return Step(new_task(), job)


def test_variables_and_outputs(step: Step) -> None:
    step.take(
        "##vso[task.setvariable variable=a]1",
        "##vso[TASK.SETVARIABLE VARIABLE=b;ISOUTPUT=True]2",
    )
    assert step.job.variables.value("a") == "1"
    assert step.job.variables.value("one.b") == "2"
    assert step.commands.variables.outputs == {"b": "2"}
    found = step.job.variables.find("one.b")
    assert found is not None
    assert found.read_only
    assert step.log == []


def test_a_declared_output_needs_no_flag(new_task: NewTask, job: Job) -> None:
    step = Step(new_task(outputVariables=[{"name": "Out"}]), job)
    step.take("##vso[task.setvariable variable=out]1")
    assert step.commands.variables.outputs == {"out": "1"}


def test_secrets_are_masked_from_then_on(step: Step) -> None:
    step.take("hidden", "##vso[task.setsecret]hidden", "hidden too")
    step.take("##vso[task.setvariable variable=s;issecret=true]value", "a value")
    assert step.log == ["hidden", "*** too", "a ***"]


def test_a_secret_of_several_lines_is_refused_unless_the_job_allows_it(step: Step) -> None:
    command = "##vso[task.setvariable variable=s;issecret=true]a%0Ab"
    step.take(command)
    assert step.commands.command_result is Result.FAILED
    assert step.job.variables.find("s") is None
    step.take("##vso[task.setvariable variable=SYSTEM_UNSAFEALLOWMULTILINESECRET]true", command)
    assert step.job.variables.value("s") == "a\nb"


@pytest.mark.parametrize(
    "command",
    [
        "##vso[task.setvariable variable=s;issecret=true]open%0Asesame",  # several lines
        "##vso[task.setvariable issecret=true]open sesame",  # no name
        "##vso[task.setvariable variable=fixed;issecret=true]open sesame",  # read-only
        "##vso[task.settaskvariable variable=s;issecret=true]open%0Asesame",
        "##vso[task.setendpoint id=1;field=authParameter;key=k]open sesame",
    ],
)
def test_a_secret_that_is_refused_is_not_shown(step: Step, command: str) -> None:
    step.job.variables.set(Variable("fixed", "1", read_only=True))
    step.take(command)
    assert step.commands.command_result is Result.FAILED
    assert any("***" in line for line in step.log)
    assert not any("sesame" in line for line in [*step.log, *(text for _, text in step.issues)])


def test_what_is_read_only_can_not_be_set_again(step: Step) -> None:
    step.take("##vso[task.setvariable variable=once;isreadonly=true]1")
    step.take("##vso[task.setvariable variable=ONCE]2")
    assert step.job.variables.value("once") == "1"
    assert step.commands.command_result is Result.FAILED
    assert step.issues[-1] == ("error", "the variable ONCE is read-only: it can't be set again")


@pytest.mark.parametrize(
    "command",
    [
        "##vso[task.setvariable variable=x]a\0b",
        "##vso[task.setvariable variable=x\0y;isoutput=true]a",
        "##vso[task.setvariable variable=x=y]a",
        "##vso[task.settaskvariable variable=x=y]a",
    ],
)
def test_a_variable_that_no_process_can_have_is_refused(step: Step, command: str) -> None:
    before = list(step.job.variables)
    step.take(command)
    assert list(step.job.variables) == before
    assert step.commands.variables.outputs == {}
    assert step.commands.command_result is Result.FAILED
    assert "no process can have the variable" in step.issues[-1][1]


@pytest.mark.parametrize("name", ["Build.BuildId", "System.TeamProject", "Agent.JobStatus"])
def test_the_agents_own_variables_are_read_only(step: Step, name: str) -> None:
    before = step.job.variables.value(name)
    step.take(f"##vso[task.setvariable variable={name}]mine")
    assert step.job.variables.value(name) == before
    assert step.commands.command_result is Result.FAILED


def test_an_output_needs_the_name_of_its_step(new_task: NewTask, job: Job) -> None:
    step = Step(new_task(), job, name="")
    step.take("##vso[task.setvariable variable=a;isoutput=true]1")
    assert step.commands.command_result is Result.FAILED
    assert step.commands.variables.outputs == {}


def test_a_name_keeps_its_case_in_the_environment_where_asked(step: Step) -> None:
    step.take("##vso[task.setvariable variable=Mixed.Case;preservecase=true]1")
    step.take("##vso[task.setvariable variable=Other.Case]1")
    names = [one.environment_name for one in step.job.variables]
    assert names[-2:] == ["Mixed_Case", "OTHER_CASE"]


CONNECTION = "6f0e7f4c-1111-4222-8333-944455556666"


def test_a_step_may_change_a_connection_for_those_that_follow(step: Step) -> None:
    step.job.endpoints = (
        Endpoint("mine", "https://a.example", "Token", {"apitoken": "one"}, CONNECTION, {"x": "1"}),
        Endpoint("other", "https://b.example", "Token", {}, CONNECTION.replace("6f", "7f")),
    )
    step.take(
        f"##vso[task.setendpoint id={CONNECTION};field=authParameter;key=ApiToken]hidden-two",
        f"##vso[task.setendpoint id={CONNECTION.upper()};field=dataParameter;key=y]2",
        f"##vso[task.setendpoint id={CONNECTION};field=url]https://c.example",
        "hidden-two",
    )
    changed, other = step.job.endpoints
    assert (changed.url, changed.parameters, changed.data) == (
        "https://c.example", {"apitoken": "hidden-two"}, {"x": "1", "y": "2"},
    )  # fmt: skip
    assert other.url == "https://b.example"
    assert step.log == ["***"]
    assert step.commands.command_result is None


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (f"id={CONNECTION};field=url]", "the command has no value"),
        ("field=url]https://c.example", "task.setendpoint lacks its property id"),
        (f"id={CONNECTION}]x", "task.setendpoint lacks its property field"),
        ("id=mine;field=url]https://c.example", "'mine' is no id of a service connection"),
        (f"id={CONNECTION};field=url]c", "'c' is no absolute URL"),
        (f"id={CONNECTION};field=dataParameter]1", "task.setendpoint lacks its property key"),
        (f"id={CONNECTION};field=name;key=k]1", "field is 'name', not url"),
        (
            f"id={CONNECTION.replace('6f', '8f')};field=url]https://c.example",
            "no step of this job has used a service connection",
        ),
    ],
)
def test_a_change_of_a_connection_that_can_not_be_made(step: Step, command: str, why: str) -> None:
    step.job.endpoints = (Endpoint("mine", "https://a.example", "Token", {}, CONNECTION),)
    before = step.job.endpoints
    step.take(f"##vso[task.setendpoint {command}")
    assert step.commands.command_result is Result.FAILED
    assert step.issues[-1][1].startswith(why)
    assert step.job.endpoints == before


def test_the_jobs_own_connection_can_not_be_changed(step: Step) -> None:
    step.take(f"##vso[task.setendpoint id={'0' * 8}-0000-0000-0000-{'0' * 12};field=url]http://x")
    assert step.issues == [("warning", "a step can't change the job's own connection")]
    assert step.commands.command_result is None


def test_state_for_the_release_step(step: Step) -> None:
    step.take("##vso[task.settaskvariable variable=STATE]{}")
    assert step.commands.variables.task_variables.value("STATE") == "{}"
    assert step.job.variables.find("STATE") is None


@pytest.mark.parametrize(
    ("lines", "result"),
    [
        (["##vso[task.complete result=Succeeded]"], Result.SUCCEEDED),
        (["##vso[task.complete result=Failed]", "##vso[task.complete result=Succeeded]"],
         Result.FAILED),
        (["##vso[task.complete result=SucceededWithIssues]"], Result.SUCCEEDED_WITH_ISSUES),
        (["##vso[task.complete result=Canceled]"], Result.CANCELED),
        (["##vso[task.complete result=Skipped]"], Result.SKIPPED),
    ],
)  # fmt: skip
def test_the_worst_result_counts(step: Step, lines: list[str], result: Result) -> None:
    step.take(*lines)
    assert step.commands.result is result


def test_results_are_spelt_in_one_way_only(step: Step) -> None:
    step.take("##vso[task.complete result=failed]")
    assert step.commands.result is None
    assert step.commands.command_result is Result.FAILED


def test_issues(step: Step) -> None:
    step.take("##vso[task.logissue type=Error;sourcepath=a.py;linenumber=3]broken")
    step.take("##vso[task.issue type=warning]hm", "##vso[task.logissue]?")
    step.take(*(f"##vso[task.logissue type=error]{n}" for n in range(20)))
    assert step.issues[:3] == [
        ("error", "broken"),
        ("warning", "hm"),
        ("warning", "an issue was logged without its type"),
    ]
    assert sum(kind == "error" for kind, _ in step.issues) == 10
    assert step.log[0] == "##[error]broken"
    assert "##[error]19" in step.log


def test_files_have_to_exist(step: Step, tmp_path: Path) -> None:
    there = tmp_path / "a.md"
    there.write_text("x")
    step.take(f"##vso[task.uploadsummary]{there}")
    step.take(f"##vso[artifact.upload artifactname=n]{tmp_path}")
    assert [(one.kind, one.name) for one in step.commands.report.uploads] == [
        ("summary", "a.md"),
        ("artifact", "n"),
    ]
    assert step.commands.command_result is None
    step.take("##vso[task.uploadsummary]/nowhere")
    assert step.commands.command_result is Result.FAILED


def test_folders_on_path_the_last_first_and_once(step: Step) -> None:
    step.take(*(f"##vso[task.prependpath]{one}" for one in ("/a", "/b", "/a")))
    assert step.job.prepended_path == ["/b", "/a"]


def test_unknown_areas_are_a_warning_and_unknown_events_a_failure(step: Step) -> None:
    step.take("##vso[nobody.knows]x")
    assert step.commands.command_result is None
    assert step.issues[0][0] == "warning"
    step.take("##vso[task.unknown]x")
    assert step.commands.command_result is Result.FAILED


def test_what_looks_like_a_command_is_shown_with_a_warning(step: Step) -> None:
    step.take("##vso task")
    assert step.log[-1] == "##vso task"
    assert step.issues[0][0] == "warning"


def test_restrictions(new_task: NewTask, job: Job, tmp_path: Path) -> None:
    (tmp_path / "a.md").touch()
    task = new_task(
        restrictions={
            "commands": {"mode": "restricted"},
            "settableVariables": {"allowed": ["out*"]},
        }
    )
    step = Step(task, job)
    step.take(
        "##vso[task.setvariable variable=OutPut;isOutput=true]1",
        "##vso[task.setvariable variable=other]1",
        f"##vso[task.uploadsummary]{tmp_path / 'a.md'}",
        "##vso[task.prependpath]/a",
    )
    assert step.commands.variables.outputs == {"OutPut": "1"}
    assert job.variables.find("other") is None
    assert step.commands.report.uploads == []
    assert job.prepended_path == []
    assert [kind for kind, _ in step.issues] == ["warning"] * 3
    assert step.commands.command_result is None


ALLOWED = {
    "task.logdetail", "task.logissue", "task.issue", "task.complete", "task.setprogress",
    "task.setsecret", "task.setvariable", "task.debug", "task.settaskvariable",
    "task.prependpath", "telemetry.publish",
}  # fmt: skip
REFUSED = {
    "task.setendpoint", "task.addattachment", "task.uploadsummary", "task.uploadfile",
    "artifact.associate", "artifact.upload", "build.uploadlog", "build.updatebuildnumber",
    "build.addbuildtag", "build.uploadsummary", "release.updatereleasename", "results.publish",
    "codecoverage.publish", "results.publishtoevidencestore", "plugininternal.updaterepositorypath",
}  # fmt: skip


@pytest.mark.parametrize("command", sorted(ALLOWED | REFUSED))
def test_which_commands_a_restricted_step_may_give(
    new_task: NewTask, job: Job, command: str
) -> None:
    """The agent's ``CommandRestriction`` attributes; every command there is is known here."""
    step = Step(new_task(restrictions={"commands": {"mode": "restricted"}}), job)
    step.take(f"##vso[{command} ]x")
    refused = "the task's restrictions don't allow" in " ".join(text for _, text in step.issues)
    assert refused is (command in REFUSED)
    assert not any("there is no command" in text for _, text in step.issues)


def test_debug_lines_are_for_those_who_ask(step: Step) -> None:
    step.take("##vso[task.debug]one")
    step.job.variables.set(Variable("System.Debug", "true"))
    step.take("##vso[task.debug]two")
    assert step.log == ["##[debug]two"]


@pytest.mark.parametrize(
    "command",
    ["release.updatereleasename", "plugininternal.updaterepositorypath alias=x", "task.logdetail"],
)
def test_what_only_a_service_could_answer_is_said_to_have_no_effect(
    step: Step, command: str
) -> None:
    step.take(f"##vso[{command}]x")
    assert step.log == [f"##[debug]{command.partition(' ')[0]} has no effect on this machine"]
    assert step.commands.command_result is None


@pytest.mark.parametrize("command", ["results.publish type=JUnit", "build.updatebuildnumber"])
def test_a_task_by_itself_has_no_run_to_tell(step: Step, command: str) -> None:
    step.take(f"##vso[{command}]x")
    assert step.log == [f"##[debug]{command.partition(' ')[0]} has no effect on this machine"]


def test_a_folder_is_no_file_to_upload(step: Step, tmp_path: Path) -> None:
    step.take(f"##vso[task.uploadfile]{tmp_path}", "##vso[task.uploadfile]gone.txt")
    told = [text for _, text in step.issues if text.startswith("what")]
    assert told == [
        f"what the command uploads, {tmp_path}, is no file",
        "what the command uploads, gone.txt, doesn't exist",
    ]
