"""Reading YAML. Source of the rules: learn.microsoft.com, pipelines/yaml-schema (index)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.local.runner.pipeline import PipelineError, plan, reader
from modelyard.local.runner.pipeline.nodes import Mapping, Scalar, plain
from modelyard.local.runner.pipeline.problems import Problem, Problems

Lines = Callable[..., list[str]]


def read(text: str | bytes) -> tuple[object, list[str]]:
    problems = Problems()
    data = text.encode() if isinstance(text, str) else text
    node = reader.read(data, "a.yml", problems)
    return (None if node is None else plain(node)), [str(one) for one in problems.found]


def test_every_scalar_is_the_text_that_was_written() -> None:
    text = "a: yes\nb: 1.10\nc: null\nd: ~\ne: 0x1F\nf: 2026-01-31\ng:\nh: 'x'\n"
    assert read(text) == (
        {
            "a": "yes",
            "b": "1.10",
            "c": "null",
            "d": "~",
            "e": "0x1F",
            "f": "2026-01-31",
            "g": "",
            "h": "x",
        },
        [],
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\nA: 3\n", "a.yml:3:1: A is there already, in line 1"),
        ("a: &x 1\nb: 2\n", "a.yml:1:4: &x: Azure Pipelines has no YAML anchors"),
        ("a: 1\nb: *x\n", "a.yml:2:4: *x: Azure Pipelines has no YAML anchors"),
        ("? [a]\n: 1\n", "a.yml:1:3: a key has to be a text, not a list"),
        ("a: 1\n---\nb: 2\n", "a.yml:2:1: a second YAML document"),
        ("steps:\n\t- script: x\n", "a.yml:2:1: a tab indents this line"),
        ("a:\n  b: 1\n \tc: 2\n", "a.yml:3:2: a tab indents this line"),
        ("a: [1\nb: 2\n", "a.yml:2:2: this isn't YAML"),
        ("a: 'x\n", "a.yml:2:1: this isn't YAML"),
        ("a: \x01\n", "a.yml:1:4: a character that YAML doesn't allow (U+0001)"),
        ("x: " + "[" * 101 + "]" * 101, "a.yml:1:103: more than 100 levels of nesting"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, expected: str) -> None:
    _, problems = read(text)
    assert len(problems) >= 1
    assert problems[0].startswith(expected)


def test_bad_utf_8_is_named_where_it_is() -> None:
    node, problems = read(b"a: 1\nb: \xff\n")
    assert node is None
    assert problems == ["a.yml:2:4: the file isn't UTF-8 text from here on: save it as UTF-8"]


def test_a_byte_order_mark_and_windows_line_ends_change_nothing() -> None:
    node, problems = read("\ufeffa: |\r\n  x\r\n  y\r\nb: 2\r\n".encode())
    assert (node, problems) == ({"a": "x\ny\n", "b": "2"}, [])


def test_every_repeated_key_is_told() -> None:
    _, problems = read("a: 1\na: 2\nb:\n  c: 1\n  c: 2\n")
    assert sorted(line.split(" ")[0] for line in problems) == ["a.yml:2:1:", "a.yml:5:3:"]


def test_directives_may_repeat() -> None:
    _, problems = read("${{ if a }}:\n  x: 1\n${{ if a }}:\n  y: 2\n")
    assert problems == []


@pytest.mark.parametrize(
    ("text", "offset", "place"),
    [
        ("a: xyz\n", 2, "a.yml:1:6"),
        ("a: 'xyz'\n", 2, "a.yml:1:7"),
        ("a: |\n  one\n  two\n", 5, "a.yml:3:4"),
        ("a: |\n\n    one\n    two\n", 1, "a.yml:3:5"),
        ("a: >-\n\n  one\n  two\n\n  three\n", 4, "a.yml:4:3"),
        ("a: >-\n  one\n  two\n\n  three\n", 8, "a.yml:5:3"),
        ("a: >-\n  one\n  two\nb: 1\n", 7, "a.yml:3:6"),
        ("a: one\n   two # three\n   \n", 5, "a.yml:2:5"),
    ],
)
def test_a_character_of_a_text_has_a_place(text: str, offset: int, place: str) -> None:
    node = reader.read(text.encode(), "a.yml", Problems())
    assert isinstance(node, Mapping)
    value = node.entries[0][1]
    assert isinstance(value, Scalar)
    assert str(value.place_of(offset)) == place


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "azure-pipelines.yml:1:1: the file is empty; a pipeline or template is a mapping"),
        ("# only this\n", "azure-pipelines.yml:1:1: the file is empty"),
        (
            "- a\n- b\n",
            "azure-pipelines.yml:1:1: here is a list; a pipeline or template is a mapping",
        ),
        ("word\n", "azure-pipelines.yml:1:1: here is a text"),
    ],
)
def test_a_file_that_is_no_mapping_is_one_error(problems: Lines, text: str, expected: str) -> None:
    found = problems(text)
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_a_file_that_is_not_there_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(PipelineError) as caught:
        plan(tmp_path / "none.yml")
    (problem,) = caught.value.problems
    assert str(problem).startswith("none.yml:1:1: none.yml can't be read (No such file")


def test_a_folder_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "a.yml").mkdir()
    with pytest.raises(PipelineError) as caught:
        plan(tmp_path / "a.yml")
    assert len(caught.value.problems) == 1


YAML_LIKE = st.text(
    st.sampled_from("ab:-?[]{}\"'|>&*!%@`#,$() \n\t\r~.0\\\ufeff\x00\x85\u2028é\U0001f600")
)
PIPELINE_LIKE = st.lists(
    st.sampled_from(
        [
            "steps:", "jobs:", "stages:", "variables:", "parameters:", "extends:", "resources:",
            "- ", "  ", "    ", "\n", "script: x", "job: A", "stage: S", "deployment: D",
            "task: A@1",
            "template: azure-pipelines.yml", "template: x@y", "${{ if true }}:", "${{ else }}:",
            "${{ each x in parameters }}:", "${{ insert }}:", "${{ parameters.a }}", "${{", "}}",
            "dependsOn: A", "condition: ", "succeeded(", "strategy:", "matrix:", "runOnce:",
            "deploy:",
            "pool: server", "name: a", "type: stepList", "default: []", "value: $[", "]", "'",
        ]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(st.one_of(YAML_LIKE, PIPELINE_LIKE, st.text()))
def test_no_text_crashes_the_reader_and_every_problem_has_a_place(text: str) -> None:
    problems = Problems()
    data = text.encode("utf-8", "surrogatepass")
    node = reader.read(data, "a.yml", problems)
    assert node is None or not isinstance(node, str)
    lines = text.count("\n") + text.count("\r") + text.count("\x85") + text.count("\u2028")
    lines += text.count("\u2029")
    for one in problems.found:
        assert one.place.file == "a.yml"
        assert 1 <= one.place.line <= lines + 2
        assert one.place.column >= 1
        assert one.message


@given(st.one_of(YAML_LIKE, PIPELINE_LIKE))
def test_no_text_crashes_the_planning(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "azure-pipelines.yml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        stages, problems = plan(path, root=path.parent).pipeline.stages, None
    except PipelineError as error:
        stages, problems = (), error.problems
    assert stages or problems
    _inside(text, problems or ())


def _inside(text: str, problems: Iterable[Problem]) -> None:
    last = len(re.split("\r\n|[\r\n\x85\u2028\u2029]", text)) + 1
    for one in problems:
        assert 1 <= one.place.line <= last
        assert one.place.column >= 1
        assert one.message


KEYS = [
    "steps", "jobs", "stages", "job", "deployment", "stage", "task", "script", "checkout", "name",
    "template", "parameters", "inputs", "value", "type", "dependsOn", "condition", "strategy",
    "matrix", "parallel", "runOnce", "canary", "increments", "deploy", "on", "environment", "pool",
    "container", "env", "target", "enabled", "timeoutInMinutes", "${{ if true }}", "${{ else }}",
    "${{ each x in split('a,b', ',') }}", "${{ insert }}", "${{ x }}", "",
]  # fmt: skip
SCALARS = [
    "", "A", "self", "none", "server", "true", "3", "-1", "50%", "stepList", "Bash@3", "x@self",
    "azure-pipelines.yml", "$(a)", "$[ dependencies.A.outputs['s.v'] ]", "${{ variables.a }}",
    "${{ x.key }}", "succeeded()", "and(succeeded(), eq(1", None, True, 1.5,
]  # fmt: skip
ANYTHING = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)
STEP = st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=4)
JOB = st.dictionaries(
    st.sampled_from(KEYS), st.one_of(ANYTHING, st.lists(STEP, max_size=2)), max_size=5
)
STAGE = st.fixed_dictionaries({"stage": ANYTHING}, optional={"jobs": st.lists(JOB, max_size=2)})
SHAPED = st.fixed_dictionaries(
    {},
    optional={
        "stages": st.lists(STAGE, max_size=2),
        "jobs": st.lists(JOB, max_size=2),
        "steps": st.lists(STEP, max_size=3),
        **dict.fromkeys(("parameters", "variables", "resources", "extends", "pool"), ANYTHING),
    },
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(SHAPED)
def test_no_pipeline_crashes_the_planning(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any]
) -> None:
    """Keys and values of pipelines, where they belong and where they don't."""
    path = tmp_path_factory.getbasetemp() / "azure-pipelines.yml"
    text = yaml.safe_dump(document, sort_keys=False)
    path.write_text(text, encoding="utf-8")
    try:
        stages, problems = plan(path, root=path.parent).pipeline.stages, None
    except PipelineError as error:
        stages, problems = (), error.problems
    assert stages or problems
    _inside(text, problems or ())
