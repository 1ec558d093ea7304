from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.local.runner.job import Job, Result
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
