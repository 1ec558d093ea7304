from __future__ import annotations

import pytest

from modelyard.local.runner import builtin
from modelyard.local.runner.builtin.task import is_visible


def test_all_of_the_issue_are_there() -> None:
    named = {f"{task.name}@{task.major}" for task in builtin.all_tasks()}
    assert named == {
        "UsePythonVersion@0", "CmdLine@2", "Bash@3", "PowerShell@2", "PythonScript@0",
        "CopyFiles@2", "PublishBuildArtifacts@1", "DownloadBuildArtifacts@0",
        "DownloadBuildArtifacts@1", "PublishPipelineArtifact@0", "PublishPipelineArtifact@1",
        "DownloadPipelineArtifact@2", "PublishTestResults@2", "PublishCodeCoverageResults@1",
        "PublishCodeCoverageResults@2", "AzureKeyVault@2", "AzureCLI@2", "Docker@2",
        "TerraformInstaller@0", "TerraformInstaller@1", "ManualValidation@0", "ManualValidation@1",
        "Delay@1",
    }  # fmt: skip


@pytest.mark.parametrize("task", builtin.all_tasks(), ids=lambda one: f"{one.name}@{one.major}")
def test_declarations_hold_together(task: builtin.task.BuiltinTask) -> None:
    assert builtin.find(task.name.upper(), task.major) is task
    assert builtin.find(task.id, f"{task.major}.12.3") is task
    assert task.definition.inputs == task.inputs
    names = [name.lower() for one in task.inputs for name in (one.name, *one.aliases)]
    assert len(names) == len(set(names))
    for one in task.inputs:
        assert is_visible(one.visible, {}) in (True, False)
        assert not one.options or one.default in (*one.options, "")
    assert (task.run is not None) + (task.command is not None) + task.server == 1


def test_what_isnt_built_in_isnt_found() -> None:
    assert builtin.find("Bash", "2") is None
    assert builtin.find("Npm", "1") is None


def test_problems_of_inputs() -> None:
    bash = builtin.find("Bash", "3")
    assert bash is not None
    assert bash.problems({"targetType": "inline", "script": "x"}) == []
    assert bash.problems({"TARGETTYPE": "Inline", "Script": "x"}) == []
    assert bash.problems({}) == ["Bash@3 needs the input filePath"]
    assert bash.problems({"targetType": "$(kind)", "filePath": "x", "script": ""}) == [
        "Bash@3 needs the input script"
    ]
    assert bash.problems({"targetType": "both", "filepth": "x"}) == [
        "Bash@3 has no input filepth",
        "the input targetType is 'both', not one of filePath, inline",
    ]
    assert bash.problems({"filePath": "a", "failOnStderr": "yes"}) == [
        "the input failOnStderr is 'yes', not one of true, false"
    ]
    assert bash.problems({"filePath": "a", "failOnStderr": "$(strict)"}) == []


def test_aliases_count_as_the_input() -> None:
    task = builtin.find("AzureCLI", "2")
    assert task is not None
    given = {"azureSubscription": "x", "scriptType": "bash", "inlineScript": "az"}
    assert task.problems(given | {"scriptLocation": "inlineScript"}) == []
    assert task.problems(given) == ["AzureCLI@2 needs the input scriptPath"]


def test_nobody_to_notify_is_said_by_an_empty_text() -> None:
    task = builtin.find("ManualValidation", "1")
    assert task is not None
    assert task.server
    assert task.problems({"notifyUsers": ""}) == []
    assert task.problems({}) == ["ManualValidation@1 needs the input notifyUsers"]


@pytest.mark.parametrize(
    ("rule", "values", "visible"),
    [
        ("a = x", {"A": "X"}, True),
        ("a == x", {"a": "y"}, False),
        ("a != x", {"a": "y"}, True),
        ("a = x && b = y", {"a": "x", "b": "z"}, False),
        ("a = x || b = y", {"a": "z", "b": "y"}, True),
        ("a in x,y", {"a": "y"}, True),
        ("a notIn x,y", {"a": "y"}, False),
        ("a = x", {"a": "$(later)"}, True),
        ("", {}, True),
    ],
)
def test_visibility(rule: str, values: dict[str, str], visible: bool) -> None:
    assert is_visible(rule, values) is visible
