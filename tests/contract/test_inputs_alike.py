"""The same text gives the same value, or the same error, on all three ways in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given as generated
from hypothesis import strategies as st

from modelyard import cli
from modelyard.ci.azure_pipelines import AzurePipelines
from modelyard.ci.base import CISystem
from modelyard.ci.github_actions import GitHubActions
from modelyard.errors import ModelyardError
from modelyard.execution import execute
from modelyard.operation import Member, Operation, Structure, given, result
from modelyard.reading import mapping_source, read_inputs


@dataclass(frozen=True, kw_only=True)
class Inputs:
    some_text: str | None = given("A text.", default=None)
    a_secret: str | None = given("A secret.", default=None, secret=True, environment=("S",))
    a_choice: str = given("A choice.", default="one", choices=("one", "two"))
    some_lines: str | None = given("Lines.", default=None, multiline=True)
    whole_number: int = given("A number.", default=3)
    a_number: float | None = given("A number.", default=None)
    yes_or_no: bool = given("Whether.", default=True)
    maybe: bool | None = given("Whether.", default=None)
    a_list: tuple[str, ...] = given("Texts.", default=("x",))
    some_structure: Structure | None = given("Anything.", default=None)


@dataclass(frozen=True)
class Outputs:
    error: str | None = result("Set when it failed.")


OPERATION: Operation[Inputs, Outputs] = Operation(
    name="cluster-stop",
    title="Stop",
    description="It stops.",
    group="Databricks",
    task_id="00000000-0000-4000-8000-000000000000",
    inputs=Inputs,
    outputs=Outputs,
    run=lambda inputs, context: Outputs(),
)
MEMBERS = {member.name: member for member in OPERATION.input_members}


def azure(values: Mapping[str, str]) -> dict[str, str]:
    """The environment of a task: the agent takes the blanks around a value away."""
    return {f"INPUT_{MEMBERS[name].camel.upper()}": text.strip() for name, text in values.items()}


def github(values: Mapping[str, str]) -> dict[str, str]:
    """The environment of an action: the runner leaves values as they are."""
    return {f"INPUT_{MEMBERS[name].kebab.upper()}": text for name, text in values.items()}


def outcome(source: Any, member: Member) -> Any:
    """The value, or what the error says. Blanks around several lines are the reader's own."""
    try:
        value = getattr(read_inputs(OPERATION, [source]), member.name)
    except ModelyardError as error:
        return type(error), error.what
    lenient = isinstance(value, str) and (member.spec.multiline or member.spec.secret)
    return value.strip() if lenient else value


def three(name: str, text: str) -> list[Any]:
    values = {name: text}
    sources = (
        AzurePipelines(azure(values)).given,
        GitHubActions(github(values)).given,
        mapping_source({MEMBERS[name].kebab: text}),
    )
    return [outcome(source, MEMBERS[name]) for source in sources]


# What an environment can hold; a pipeline variable that isn't defined is Azure Pipelines' own.
texts = st.text(st.characters(exclude_characters="\0$", exclude_categories=("Cs",)))
lines = st.lists(st.sampled_from(["a", " b ", "", "- c", "k: v", "[1, 2]", "true", "1.5", "# d"]))
likely = st.one_of(
    texts,
    lines.map("\n".join),
    lines.map("\r\n".join),
    st.sampled_from(
        [
            "true",
            "True",
            "TRUE",
            "no",
            "Off",
            "0",
            "y",
            " false ",
            "1e3",
            "-7",
            "nan",
            "0x1f",
            "1_0",
        ]
    ),
    st.sampled_from(["one", " two\n", "Two", '["a", "b"]', '{"k": [1]}', "{k: v}", "a: &x [*x]"]),
)


@pytest.mark.parametrize("name", MEMBERS)
@generated(text=likely)
def test_a_text_is_read_alike(name: str, text: str) -> None:
    if MEMBERS[name].type in (Structure, tuple[str, ...]):
        text = text.strip()  # else the agent takes the first line's indentation, which YAML reads
    first, *others = three(name, text)

    assert all(other == first and type(other) is type(first) for other in others)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("yes_or_no", "False", False),
        ("yes_or_no", "off", False),
        ("maybe", "TRUE", True),
        ("maybe", "", None),
        ("yes_or_no", "", True),
        ("whole_number", " 12 ", 12),
        ("a_list", "a\n  b\n\nc  ", ("a", "b", "c")),
        ("a_list", "a\r\nb", ("a", "b")),
        ("a_list", '["a", "b c"]', ("a", "b c")),
        ("some_structure", "a: 1\nb: [x]\n", {"a": 1, "b": ["x"]}),
        ("some_structure", '{"a": null}', {"a": None}),
        ("some_lines", "a=1\nb=2", "a=1\nb=2"),
        ("some_text", "  two words ", "two words"),
    ],
)
def test_and_as_it_is_meant(name: str, text: str, value: Any) -> None:
    assert three(name, text) == [value] * 3


def fails(ci: CISystem, capsys: pytest.CaptureFixture[str]) -> str:
    assert execute(OPERATION, {}, ci, environment={}) == 2
    captured = capsys.readouterr()
    return captured.out + captured.err


NEAR = ("some-text", "someText")


def test_a_misspelt_input_fails_on_azure_pipelines(capsys: pytest.CaptureFixture[str]) -> None:
    said = fails(AzurePipelines({"INPUT_SOMETEX": "x"}), capsys)

    assert any(f"did you mean {name}?" in said for name in NEAR), said


def test_a_misspelt_input_fails_on_github(
    capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    output = tmp_path_factory.mktemp("github") / "output"
    said = fails(GitHubActions({"INPUT_SOME-TEX": "x", "GITHUB_OUTPUT": str(output)}), capsys)

    assert "did you mean some-text?" in said


def test_a_misspelt_input_fails_on_a_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cluster-stop", "--cluster-nam", "x"]) == 2
    assert "did you mean --cluster-name?" in capsys.readouterr().err


def test_the_name_of_the_other_platform_is_a_mistake_that_is_understood(
    capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    output = tmp_path_factory.mktemp("github") / "output"
    on_github = GitHubActions({"INPUT_SOMETEXT": "x", "GITHUB_OUTPUT": str(output)})

    assert "did you mean some-text?" in fails(on_github, capsys)
    said = fails(AzurePipelines({"INPUT_SOME-TEXT": "x"}), capsys)
    assert any(f"did you mean {name}?" in said for name in NEAR), said
