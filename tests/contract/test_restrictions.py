"""What a task may do on the agent is what its operation does, no less and no more."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from modelyard import operations
from modelyard.ci import azure_pipelines
from modelyard.ci.azure_pipelines import AzurePipelines
from modelyard.manifest import task
from modelyard.operation import Operation

PACKAGE = Path(operations.__file__).parents[1]
EVERY = operations.every()
ATTACHING = ("summary", "upload")
RESTRICTED = {
    f"task.{name}"
    for name in (
        "complete", "debug", "logdetail", "logissue", "prependpath", "setprogress", "setsecret",
        "settaskvariable", "setvariable",
    )
}  # fmt: skip
"""What the agent still does in restricted mode (its attribute ``CommandRestriction``)."""
PREFIX = "modelyard.operations."


def each() -> Any:
    return pytest.mark.parametrize("operation", EVERY, ids=lambda one: one.name)


@cache
def tree(module: str) -> ast.Module:
    path = PACKAGE.parent / (module.replace(".", "/") + ".py")
    return ast.parse(path.read_text(encoding="utf-8"))


def reached(module: str) -> set[str]:
    """The module and those beneath operations/ that it imports, and the harness around it."""
    found, open_ends = {"modelyard.execution"}, [module]
    while open_ends:
        name = open_ends.pop()
        if name in found:
            continue
        found.add(name)
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = (node.module, *(f"{node.module}.{one.name}" for one in node.names))
                open_ends += [one for one in names if one.startswith(PREFIX) and is_module(one)]
    return found


def is_module(name: str) -> bool:
    return (PACKAGE.parent / (name.replace(".", "/") + ".py")).is_file()


def calls(operation: Operation[Any, Any], name: str) -> Iterator[ast.Call]:
    """Calls of a method of ``ci`` or of ``context`` in what the operation runs."""
    for module in reached(PREFIX + operation.name.replace("-", "_")):
        for node in ast.walk(tree(module)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == name
                and re.search(r"\b(ci|context)$", ast.unparse(node.func.value))
            ):
                yield node


@each()
def test_an_operation_that_attaches_something_says_so(operation: Operation[Any, Any]) -> None:
    attaches = any(list(calls(operation, name)) for name in ATTACHING)

    assert operation.attaches == attaches


@each()
def test_an_operation_that_sets_variables_says_which(operation: Operation[Any, Any]) -> None:
    names = [call.args[0] for call in calls(operation, "set_variable")]
    found = {one.value if isinstance(one, ast.Constant) else "*" for one in names}
    if list(calls(operation, "add_path")):
        found.add("PATH")

    assert set(operation.variables) == found


def test_something_of_each_kind_is_there() -> None:
    assert {one.name for one in EVERY if one.attaches} > {"job-run", "image-build"}
    assert {one.name for one in EVERY if not one.attaches} > {"cluster-start", "run-cancel"}
    assert [one.name for one in EVERY if one.variables] == ["databricks-cli", "keyvault-secrets"]
    assert [one.name for one in EVERY if "*" in one.variables] == ["keyvault-secrets"]


@each()
def test_restricted_mode_is_asked_for_where_nothing_is_attached(
    operation: Operation[Any, Any],
) -> None:
    # It would drop task.uploadsummary and artifact.upload with a warning.
    mode = task.restrictions(operation).get("commands", {}).get("mode")

    assert mode == (None if operation.attaches else "restricted")


@each()
@pytest.mark.parametrize("value", ["one line", "two\nlines of it"])
def test_every_variable_that_an_output_needs_may_be_set(
    operation: Operation[Any, Any], value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ci = AzurePipelines({})
    for member in operation.output_members:
        ci.set_output(member.kebab, value, secret=member.spec.secret)
    for name in operation.variables:
        ci.set_variable(name, value)
    names = re.findall(r"##vso\[task\.setvariable variable=([^;\]]+);", capsys.readouterr().out)

    assert len(names) >= len(operation.output_members)
    allowed = task.restrictions(operation)["settableVariables"]["allowed"]
    assert allowed == ["*"] or set(names) <= set(allowed)


def test_a_secret_of_several_lines_needs_one_variable_more(
    capsys: pytest.CaptureFixture[str],
) -> None:
    AzurePipelines({}).set_output("a-key", "two lines\nof it", secret=True)
    names = re.findall(r"##vso\[task\.setvariable variable=([^;\]]+);", capsys.readouterr().out)

    assert names == [task.MULTILINE, "aKey", task.MULTILINE]


def test_restricted_mode_leaves_every_other_command_that_we_write() -> None:
    library = re.findall(
        r'_command\(\s*"([\w.]+)"', Path(azure_pipelines.__file__).read_text("utf-8")
    )
    launcher = [
        name
        for file in (PACKAGE.parent / "launcher").glob("*.js")
        for name in re.findall(r"##vso\[([\w.]+)", file.read_text("utf-8"))
    ]

    assert {"task.setvariable", "task.uploadsummary"} < set(library)
    assert "task.complete" in launcher
    assert set(library) - RESTRICTED == {"task.uploadsummary", "artifact.upload"}
    assert set(launcher) <= RESTRICTED
