"""Parameters. Sources on learn.microsoft.com, ``pipelines/process``: [TP] template-parameters,
[RP] runtime-parameters."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from modelyard.local.runner.pipeline.plan import Plan

Lines = Callable[..., list[str]]


def pipeline(kind: str, rest: str = "") -> str:
    return f"parameters:\n- name: p\n  type: {kind}\n{rest}steps:\n- script: x\n"


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("string", "abc", "abc"),
        ("string", "true", "true"),
        ("string", True, "True"),
        ("number", "1.50", 1.5),
        ("number", "1,000", 1000.0),
        ("number", 3, 3.0),
        ("boolean", "TRUE", True),
        ("boolean", "false", False),
        ("boolean", True, True),
        ("object", "{a: [1, yes]}", {"a": [1.0, "yes"]}),
        ("object", {"a": ["x"]}, {"a": ["x"]}),
        ("object", "text", "text"),
        ("stringList", "a, b", ["a", "b"]),
        ("stringList", ["a"], ["a"]),
        (
            "step",
            "script: echo",
            {"task": "CmdLine@2", "inputs": {"script": "echo"}},
        ),
        (
            "stepList",
            "[{task: A@1}, {bash: b, failOnStderr: true, displayName: d}]",
            [
                {"task": "A@1"},
                {
                    "task": "Bash@3",
                    "inputs": {"script": "b", "targetType": "inline", "failOnStderr": "true"},
                    "displayName": "d",
                },
            ],
        ),
        ("stepList", "", []),
        (
            "job",
            "{job: A, steps: [{pwsh: x}]}",
            {
                "job": "A",
                "steps": [
                    {
                        "task": "PowerShell@2",
                        "inputs": {"script": "x", "targetType": "inline", "pwsh": "true"},
                    }
                ],
            },
        ),
        ("jobList", "[{job: A}, {deployment: B}]", [{"job": "A"}, {"deployment": "B"}]),
        ("deployment", "{deployment: B}", {"deployment": "B"}),
        ("deploymentList", "[{deployment: B}]", [{"deployment": "B"}]),
        ("stage", "{stage: S, jobs: []}", {"stage": "S", "jobs": []}),
        ("stageList", "[{stage: S}]", [{"stage": "S"}]),
    ],
)
def test_a_value_of_each_type(
    planned: Callable[..., Plan], kind: str, given: Any, expected: Any
) -> None:
    """[TP] "Parameter data types"."""
    (parameter,) = planned(pipeline(kind), parameters={"P": given}).pipeline.parameters
    assert parameter.value == expected
    assert type(parameter.value) is type(expected) or isinstance(expected, (dict, list))
    assert (parameter.name, parameter.type) == ("p", kind)


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("boolean", "apples", "p takes a boolean, not 'apples'"),
        ("number", "1.2.3", "p takes a number, not '1.2.3'"),
        ("string", ["a"], "p takes a string, not a list"),
        ("step", "[]", "p takes a step, not a list"),
        ("stepList", "{script: x}", "p takes a stepList, not a mapping"),
        ("stepList", "[{job: A}]", "p takes a step: a mapping with task, script, bash"),
        ("jobList", "[{script: A}]", "p takes a job: a mapping with job, deployment or template"),
        ("deploymentList", "[{job: A}]", "p takes a deployment: a mapping with deployment"),
        ("stageList", "[{job: A}]", "p takes a stage: a mapping with stage or template"),
        ("stringList", "{a: b}", None),
        ("object", "{a: b", "this isn't YAML"),
    ],
)
def test_a_value_of_another_type_is_refused(
    problems: Lines, kind: str, given: Any, message: str | None
) -> None:
    if message is None:
        given, message = {"a": "b"}, "p takes a stringList, not a mapping"
    (line,) = problems(pipeline(kind), parameters={"p": given})
    assert line.startswith("--parameter p:")
    assert message in line


def test_a_value_that_is_not_allowed(problems: Lines) -> None:
    rest = "  values: [small, large]\n  default: small\n"
    assert problems(pipeline("string", rest), parameters={"p": "medium"}) == [
        "--parameter p: p can't be 'medium', only small or large"
    ]
    assert problems(pipeline("string", rest.replace("default: small", "default: tiny")))[
        0
    ].endswith("p can't be 'tiny', only small or large")
    (line,) = problems(pipeline("stringList", rest), parameters={"p": "small, huge"})
    assert line.endswith("p can't be 'huge', only small or large")


def test_the_first_allowed_value_is_the_default_of_a_pipeline(planned: Callable[..., Plan]) -> None:
    """[RP] "the first available value is used"."""
    found = planned(pipeline("string", "  values: [small, large]\n"))
    assert found.pipeline.parameters[0].value == "small"


def test_a_required_parameter_is_missing(problems: Lines) -> None:
    """[TP] "Pipelines automatically reports an error if a parameter is missing"."""
    assert problems(pipeline("string")) == [
        "azure-pipelines.yml:1:1: the parameter p needs a value"
    ]


def test_an_unknown_parameter(problems: Lines) -> None:
    text = pipeline("string", "  default: x\n").replace("name: p", "name: size")
    assert problems(text, parameters={"sise": "1"}) == [
        "--parameter sise: the pipeline has no parameter sise (did you mean size?)"
    ]


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        (
            "- {name: p, type: strnig, default: ''}",
            "1:30: strnig isn't a type of parameters (did you mean",
        ),
        (
            "- {name: p, defualt: ''}",
            "1:24: defualt isn't known of a parameter (did you mean default?)",
        ),
        ("- {type: string, default: ''}", "1:14: a parameter needs a name"),
        ("- p", "1:14: a parameter is a mapping, not a text"),
        ("- {name: p, default: 'a${{ 1 }}'}", "1:33: a default is a literal"),
        ("- {name: p, default: [a]}", "1:33: p takes a string, not a list"),
        ("- {name: p, type: boolean, default: maybe}", "1:48: p takes a boolean, not 'maybe'"),
    ],
)
def test_what_is_wrong_with_a_declaration(problems: Lines, declaration: str, message: str) -> None:
    """[TP] "You can only use literals for parameter default values"."""
    found = problems(f"parameters: [{declaration[2:]}]\nsteps: [{{script: x}}]\n")
    assert any(line.startswith(f"azure-pipelines.yml:{message}") for line in found), found


def test_declared_twice(problems: Lines) -> None:
    text = "parameters: [{name: p, default: a}, {name: P, default: b}]\nsteps: [{script: x}]\n"
    assert problems(text) == ["azure-pipelines.yml:1:44: the parameter P is declared twice"]


def test_a_parameter_that_is_not_declared_is_an_error(problems: Lines) -> None:
    (line,) = problems(
        "parameters: [{name: size, default: a}]\nsteps: [{script: '${{ parameters.siz }}'}]\n"
    )
    assert line.startswith("azure-pipelines.yml:2:")
    assert "size" in line


TEMPLATE = "steps:\n- template: t.yml\n  parameters:\n    p: {given}\n"


def test_the_old_form_takes_any_value(scripts: Callable[..., list[str]]) -> None:
    """[T] for older servers: parameters are a mapping of names and defaults."""
    template = (
        "parameters:\n  p: ''\n  q: dflt\nsteps:\n"
        "- script: ${{ parameters.p.x }} ${{ parameters.q }}\n"
    )
    assert scripts(TEMPLATE.format(given="{x: 1}"), {"t.yml": template}) == ["1 dflt"]


def test_a_template_without_declared_types_takes_what_it_is_given(
    scripts: Callable[..., list[str]],
) -> None:
    """Public template libraries hand everything on so."""
    text = "steps:\n- template: t.yml\n  parameters: {p: '1', q: {x: '2'}}\n"
    files = {
        "t.yml": "steps:\n- template: u.yml\n  parameters:\n"
        "    ${{ each one in parameters }}:\n      ${{ one.key }}: ${{ one.value }}\n",
        "u.yml": "parameters: {p: ''}\nsteps:\n"
        "- script: ${{ parameters.p }} ${{ parameters.q.x }} (${{ parameters.none }})\n",
    }
    assert scripts(text, files) == ["1 2 ()"]


def test_a_boolean_keeps_its_type_through_templates(scripts: Callable[..., list[str]]) -> None:
    inner = (
        "parameters: [{name: p, type: boolean}]\nsteps:\n"
        "- ${{ if parameters.p }}:\n  - script: on\n- ${{ else }}:\n  - script: off\n"
    )
    outer = "parameters: [{name: flag, type: boolean, default: false}]\n"
    text = outer + TEMPLATE.format(given="${{ parameters.flag }}")
    assert scripts(text, {"t.yml": inner}) == ["off"]
    assert scripts(text, {"t.yml": inner}, parameters={"flag": "true"}) == ["on"]


def test_an_untyped_parameter_is_a_string(scripts: Callable[..., list[str]]) -> None:
    """[T] "Scalar parameters without a specified type are treated as strings"."""
    template = (
        "parameters: [{name: p}]\nsteps:\n"
        "- ${{ if parameters.p }}:\n  - script: true for any text\n"
    )
    assert scripts(TEMPLATE.format(given="false"), {"t.yml": template}) == ["true for any text"]


MEASURED = """\
      s: text
      n: 3
      f: 0.5
      b: true
      nil:
      list:
      - 1
      - two
      nested:
        deep:
          k: v
"""


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        # E03-parameters/pass-object-deep
        (
            "[{name: p, type: object}]",
            '{"s": "text", "n": 3, "f": 0.5, "b": true, "nil": "", "list": [1, "two"], '
            '"nested": {"deep": {"k": "v"}}}',
        ),
        # E03-parameters/legacyobject-deep
        (
            "{p: ''}",
            '{"s": "text", "n": "3", "f": "0.5", "b": "true", "nil": "", "list": ["1", "two"], '
            '"nested": {"deep": {"k": "v"}}}',
        ),
    ],
)
def test_literals_of_an_object_keep_their_types(
    scripts: Callable[..., list[str]], declared: str, expected: str
) -> None:
    """What the service answered, in PGielniak/azdo-pipeline-emulator at c13a24e4."""
    show = "steps:\n- script: ${{ convertToJson(parameters.p) }}\n"
    template = f"parameters: {declared}\n{show}"
    text = f"steps:\n- template: t.yml\n  parameters:\n    p:\n{MEASURED}"
    (found,) = scripts(text, {"t.yml": template})
    assert json.dumps(json.loads(found)) == expected


def test_the_result_of_an_expression_is_a_text_in_an_object(
    scripts: Callable[..., list[str]],
) -> None:
    """MicrosoftDocs/azure-devops-docs, issue 13472: a literal true stays one, a parameter's not."""
    template = (
        "parameters: [{name: p, type: object}]\nsteps:\n"
        "- script: ${{ convertToJson(parameters.p) }}\n"
    )
    text = (
        "parameters: [{name: flag, type: boolean, default: true}]\nsteps:\n- template: t.yml\n"
        "  parameters:\n    p: {given: '${{ parameters.flag }}', written: true, quoted: 'true'}\n"
    )
    (found,) = scripts(text, {"t.yml": template})
    assert json.loads(found) == {"given": "True", "written": True, "quoted": "true"}


@pytest.mark.parametrize(("given", "left_out"), [("null", True), ("~", True), ("'null'", False)])
def test_null_leaves_an_object_out(
    scripts: Callable[..., list[str]], given: str, left_out: bool
) -> None:
    """Public template libraries write ``default: null`` and ask ``if parameters.x``."""
    template = (
        f"parameters: [{{name: p, type: object, default: {given}}}]\njobs:\n- job: a\n"
        "  steps: [{script: x}]\n- job: b\n  dependsOn: ${{ iif(eq(parameters.p, ''), "
        "parameters.p, 'a') }}\n  steps:\n  - ${{ if parameters.p }}:\n    - script: there\n"
    )
    found = scripts("jobs:\n- template: t.yml\n", {"t.yml": template})
    assert found == (["x"] if left_out else ["x", "there"])


def test_string_lists_are_not_for_templates(problems: Lines) -> None:
    """[TP] "The stringList data type isn't available in templates"."""
    template = "parameters: [{name: p, type: stringList}]\nsteps: [{script: x}]\n"
    (line,) = problems(TEMPLATE.format(given="[a]"), {"t.yml": template})
    assert line == "t.yml:1:21: stringList isn't there for templates: use object"


def test_a_template_parameter_is_missing_where_it_is_included(problems: Lines) -> None:
    template = "parameters: [{name: p}, {name: size}]\nsteps: [{script: x}]\n"
    assert problems(
        "steps:\n- template: t.yml\n  parameters: {sice: 1}\n", {"t.yml": template}
    ) == [
        "azure-pipelines.yml:2:3: the parameter p of t.yml needs a value",
        "azure-pipelines.yml:2:3: the parameter size of t.yml needs a value",
        "azure-pipelines.yml:3:16: the template t.yml has no parameter sice (did you mean size?)",
    ]


def test_template_context_is_passed_to_the_template(scripts: Callable[..., list[str]]) -> None:
    """[TP] "Use templateContext to pass properties to templates"."""
    template = (
        "parameters: [{name: jobs, type: jobList}]\njobs:\n"
        "- ${{ each job in parameters.jobs }}:\n"
        "  - ${{ if eq(job.templateContext.code, 200) }}:\n"
        "    - job:\n      steps:\n      - script: ok\n      - ${{ job.steps }}\n"
        "  - ${{ else }}:\n    - job:\n      steps:\n      - ${{ job.steps }}\n"
    )
    text = (
        "extends:\n  template: t.yml\n  parameters:\n    jobs:\n"
        "    - job: a\n      templateContext: {code: 200}\n      steps: [{script: one}]\n"
        "    - job: b\n      templateContext: {code: 500}\n      steps: [{script: two}]\n"
    )
    assert scripts(text, {"t.yml": template}) == ["ok", "one", "two"]
