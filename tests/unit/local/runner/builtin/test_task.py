from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelyard.local.runner import builtin
from modelyard.local.runner.builtin.task import BuiltinTask, Input
from modelyard.local.runner.engine.tasks import available, of_builtin
from modelyard.local.runner.pipeline import plan
from modelyard.local.runner.pipeline.known_tasks import is_visible
from modelyard.runner_errors import PipelineError


def test_all_of_the_issue_are_there() -> None:
    named = {f"{task.name}@{task.major}" for task in builtin.all_tasks()}
    assert named == {
        "UsePythonVersion@0", "CmdLine@2", "Bash@3", "PowerShell@2", "PythonScript@0",
        "CopyFiles@2", "PublishBuildArtifacts@1", "DownloadBuildArtifacts@0",
        "DownloadBuildArtifacts@1", "PublishPipelineArtifact@0", "PublishPipelineArtifact@1",
        "DownloadPipelineArtifact@2", "PublishTestResults@2", "PublishCodeCoverageResults@1",
        "PublishCodeCoverageResults@2", "AzureKeyVault@2", "AzureCLI@2", "Docker@2",
        "TerraformInstaller@0", "TerraformInstaller@1", "ManualValidation@0", "ManualValidation@1",
        "Delay@1", "InvokeRESTAPI@1", "Cache@2",
    }  # fmt: skip


@pytest.mark.parametrize("task", builtin.all_tasks(), ids=lambda one: f"{one.name}@{one.major}")
def test_declarations_hold_together(task: BuiltinTask) -> None:
    known = of_builtin(task).known
    assert task.definition.inputs == task.inputs
    names = [name.lower() for one in task.inputs for name in (one.name, *one.aliases)]
    assert len(names) == len(set(names))
    for one in known.inputs:
        assert is_visible(one, known, {}) in (True, False)
        assert not one.values or one.default in (*one.values, "")
    assert (task.run is not None) + (task.command is not None) + task.server == 1


FACTS = json.loads((Path(__file__).parent / "task_facts.json").read_text(encoding="utf-8"))["tasks"]
"""What the real tasks' ``task.json`` say; the file names where it is from."""


@pytest.mark.parametrize("task", builtin.all_tasks(), ids=lambda one: f"{one.name}@{one.major}")
def test_inputs_and_outputs_are_those_of_the_real_task(task: BuiltinTask) -> None:
    real = FACTS[f"{task.name}@{task.major}"]

    assert task.id == real["id"]
    assert task.outputs == {name.lower() for name in real["outputs"]}
    assert {one.name: _facts(one) for one in task.inputs} == {
        name: (kind.lower(), default, required, set(aliases), rule, set(options))
        for name, kind, default, required, aliases, rule, options in real["inputs"]
    }


def _facts(one: Input) -> tuple[object, ...]:
    return (
        one.type.lower(), one.default, one.required, set(one.aliases), one.visible,
        set(one.options),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("task", "inputs", "wrong"),
    [
        ("Bash@3", "{targetType: inline, script: x}", []),
        ("Bash@3", "{TARGETTYPE: Inline, Script: x}", []),
        ("Bash@3", "{}", ["Bash@3 needs the input filePath"]),
        ("Bash@3", "{filePath: a, filepth: x}", ["Bash@3 has no input filepth"]),
        ("Bash@3", "{targetType: both}", ["targetType can't be 'both', only filePath or inline"]),
        ("Bash@3", "{filePath: a, failOnStderr: $(strict)}", []),
        ("AzureCLI@2", "{azureSubscription: x, scriptType: bash, inlineScript: az, "
         "scriptLocation: inlineScript}", []),
        ("AzureCLI@2", "{azureSubscription: x, scriptType: bash, inlineScript: az}",
         ["AzureCLI@2 needs the input scriptPath"]),
        ("ManualValidation@1", "{notifyUsers: ''}", []),
        ("Bash@2", "{}", ["the task Bash@2 isn't known here"]),
        ("Npm@1", "{}", ["the task Npm@1 isn't known here"]),
    ],
)  # fmt: skip
def test_what_the_planning_knows_of_them(
    tmp_path: Path, task: str, inputs: str, wrong: list[str]
) -> None:
    file = tmp_path / "azure-pipelines.yml"
    file.write_text(f"steps:\n- task: {task}\n  inputs: {inputs}\n")

    try:
        plan(file, tasks=available().known)
        found: list[str] = []
    except PipelineError as error:
        found = [one.message for one in error.problems]

    assert len(found) == len(wrong)
    for said, expected in zip(found, wrong, strict=True):
        assert said.startswith(expected)
