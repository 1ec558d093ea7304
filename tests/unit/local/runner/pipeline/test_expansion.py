"""Compile-time expansion, a test for each sentence of its specification.

Sources, all on learn.microsoft.com below ``azure/devops/pipelines/process``: [TE]
template-expressions, [T] templates, [V] variables, [S] the page security/templates.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from modelyard.local.runner.pipeline import render
from modelyard.local.runner.pipeline.plan import Plan, Step, Variable

Scripts = Callable[..., list[str]]
Lines = Callable[..., list[str]]


def steps_text(*lines: str, before: str = "") -> str:
    return before + "steps:\n" + "".join(f"{line}\n" for line in lines)


PARAMETERS = """\
parameters:
- {name: flag, type: boolean, default: true}
- {name: word, type: string, default: abc}
- {name: number, type: number, default: 2}
- {name: list, type: object, default: [a, b]}
- {name: nested, type: object, default: [[a, b], [c]]}
- {name: map, type: object, default: {one: '1', two: '2'}}
- {name: empty, type: object, default: []}
- {name: steps, type: stepList, default: [{script: p}, {script: q}]}
variables: {v: val}
"""


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # [TE] "Wrap your template expression inside this syntax: ${{ }}"
        (["- script: ${{ parameters.word }}"], ["abc"]),
        # [TE] index syntax and property dereference syntax
        (["- script: ${{ parameters['word'] }}"], ["abc"]),
        # [TE] context variables: "all the variables specified in the YAML file"
        (["- script: a ${{ variables.v }} b"], ["a val b"]),
        # an expression within text becomes text: True, 2
        (["- script: x${{ parameters.flag }}-${{ parameters.number }}"], ["xTrue-2"]),
        # a missing variable renders as nothing
        (["- script: x${{ variables.none }}y"], ["xy"]),
        # [TE] "Escape a value"
        (["- script: ${{ 'my${{value' }}"], ["my${{value"]),
        (
            ["- script: \"${{ 'my${{value with a '' single quote too' }}\""],
            ["my${{value with a ' single quote too"],
        ),
        # [TE] "When an array is inserted into an array, the nested array is flattened"
        (["- script: x", "- ${{ parameters.steps }}", "- script: y"], ["x", "p", "q", "y"]),
        # [TE] conditional insertion into a sequence
        (
            [
                "- ${{ if eq(parameters.word, 'abc') }}:",
                "  - script: x",
                "  - script: y",
                "- ${{ if eq(parameters.word, 'other') }}:",
                "  - script: z",
            ],
            ["x", "y"],
        ),
        # if, elseif, else: the first that holds
        (
            [
                "- ${{ if not(parameters.flag) }}:",
                "  - script: x",
                "- ${{ elseif eq(parameters.number, 2) }}:",
                "  - script: y",
                "- ${{ elseif parameters.flag }}:",
                "  - script: z",
                "- ${{ else }}:",
                "  - script: e",
            ],
            ["y"],
        ),
        (["- ${{ if false }}:", "  - script: x", "- ${{ else }}:", "  - script: e"], ["e"]),
        # a mapping under one if in a list is one member
        (["- ${{ if parameters.flag }}:", "    script: x"], ["x"]),
        (["- ${{ if parameters.flag }}: ${{ parameters.steps }}"], ["p", "q"]),
        (["- ${{ if parameters.flag }}:", "  - ${{ if true }}:", "    - script: x"], ["x"]),
        # an if that doesn't hold leaves nothing, not an empty member
        (["- ${{ if false }}:", "    script: x", "- script: y"], ["y"]),
        # [TE] each over an array, and a blank before the colon
        (["- ${{ each one in parameters.list }} :", "  - script: x ${{ one }}"], ["x a", "x b"]),
        # [TE] each over a mapping: key and value
        (
            [
                "- ${{ each pair in parameters.map }}:",
                "  - script: ${{ pair.key }}=${{ pair.value }}",
            ],
            ["one=1", "two=2"],
        ),
        # [T] "You can also iterate through nested elements"
        (
            [
                "- ${{ each outer in parameters.nested }}:",
                "  - ${{ each inner in outer }}:",
                "    - script: ${{ inner }}",
            ],
            ["a", "b", "c"],
        ),
        (["- ${{ each one in parameters.empty }}:", "  - script: x", "- script: y"], ["y"]),
        # [TE] "Insert all properties other than": each and if within one member
        (
            [
                "- ${{ each step in parameters.steps }}:",
                "  - ${{ each pair in step }}:",
                "      ${{ if ne(pair.key, 'displayName') }}:",
                "        ${{ pair.key }}: ${{ pair.value }}",
                "    displayName: new",
            ],
            ["p", "q"],
        ),
        # [S] "- ${{ step }}"
        (["- ${{ each step in parameters.steps }}:", "  - ${{ step }}"], ["p", "q"]),
        # [S] a step parameter holds the task that a short form stands for
        (
            [
                "- ${{ each step in parameters.steps }}:",
                "  - ${{ if eq(step.task, 'CmdLine@2') }}:",
                "    - script: was ${{ step.inputs.script }}",
            ],
            ["was p", "was q"],
        ),
    ],
)
def test_steps(scripts: Scripts, lines: list[str], expected: list[str]) -> None:
    assert scripts(steps_text(*lines, before=PARAMETERS)) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # [TE] conditional insertion into a mapping
        (["${{ if parameters.flag }}:", "  A: 1", "  B: 2"], {"A": "1", "B": "2"}),
        (["${{ if false }}:", "  A: 1", "${{ else }}:", "  B: 2"], {"B": "2"}),
        # [TE] "To insert into a mapping, use the special property ${{ insert }}"
        (["A: 1", "${{ insert }}: ${{ parameters.map }}"], {"A": "1", "one": "1", "two": "2"}),
        (["${{ insert }}:", "  A: 1"], {"A": "1"}),
        # an expression as a key
        (["${{ parameters.word }}: x", "p_${{ parameters.word }}: y"], {"abc": "x", "p_abc": "y"}),
        # [TE] each over an array within a mapping
        (
            ["${{ each one in parameters.list }}:", "  K_${{ one }}: ${{ one }}"],
            {"K_a": "a", "K_b": "b"},
        ),
        (["${{ if false }}:", "  A: 1"], {}),
    ],
)
def test_mappings(
    planned: Callable[..., Plan],
    steps: Callable[[Plan], list[Step]],
    lines: list[str],
    expected: dict[str, str],
) -> None:
    text = steps_text(
        "- script: x", "  env:", *(f"    {line}" for line in lines), before=PARAMETERS
    )
    (step,) = steps(planned(text))
    assert step.env == expected


@pytest.mark.parametrize(
    ("lines", "place", "message"),
    [
        (["- script: a ${{ nothing.x }}"], "2:17", "there is no nothing here"),
        (["- script: |", "    one", "    two ${{ nothing }}"], "4:13", "there is no nothing here"),
        (["- script: ${{ parameters.x"], "2:11", "the expression isn't closed"),
        (["- ${{ elseif true }}:", "  - script: x"], "2:3", "elseif follows no if"),
        (["- script: x", "- ${{ else }}:", "  - script: x"], "3:3", "else follows no if"),
        (["- ${{ each x of y }}:", "  - script: x"], "2:3", "each is written ${{ each name in"),
        (["- ${{ if }}:", "  - script: x"], "2:3", "if needs a condition"),
        (["- ${{ else x }}:", "  - script: x"], "2:3", "else takes nothing"),
        (["- ${{ each x in 'text' }}:", "  - script: x"], "2:17", "each takes a list or a mapping"),
        (
            ["- script: x", "  env:", "    A: 1", "    ${{ if true }}:", "      a: 2"],
            "6:7",
            "a is there already, in azure-pipelines.yml:4:5",
        ),
        (
            ["- script: x", "  env:", "    ${{ if true }}:", "    - A"],
            "4:5",
            "a list can't be inserted into a mapping",
        ),
    ],
)
def test_what_can_not_be_expanded(
    problems: Lines, lines: list[str], place: str, message: str
) -> None:
    found = problems(steps_text(*lines))
    assert found[0].startswith(f"azure-pipelines.yml:{place}: {message}"), found


@pytest.mark.parametrize(
    "text",
    [
        "trigger: ['${{ variables.x }}']\n",
        "pr:\n  branches:\n    include: ['${{ variables.x }}']\n",
        "trigger:\n  ${{ if true }}:\n    batch: true\n",
        "schedules: [{cron: '${{ variables.x }}'}]\n",
        "resources:\n  repositories:\n  - repository: a\n    name: ${{ variables.x }}\n",
    ],
)
def test_expressions_are_not_expanded_in_triggers_and_repositories(
    problems: Lines, text: str
) -> None:
    """[TE] "You cannot, for example, use an expression inside trigger or a resource"."""
    (line,) = problems(text + "steps:\n- script: x\n")
    assert line.endswith("no expression is expanded here")


def test_expressions_are_expanded_in_container_resources(planned: Callable[..., Plan]) -> None:
    """[TE] "Expressions are only expanded for stages, jobs, steps, and containers"."""
    found = planned(
        "variables: {tag: '8'}\nresources:\n  containers:\n  - container: c\n"
        "    image: postgres:${{ variables.tag }}\nsteps: [{script: x}]\n"
    )
    assert found.pipeline.resources.containers[0].image == "postgres:8"


def values(found: tuple[object, ...]) -> dict[str, str]:
    return {one.name: one.value for one in found if isinstance(one, Variable)}


def test_variables_are_seen_top_down_and_by_scope(planned: Callable[..., Plan]) -> None:
    """[V] stage and job variables add to those above; a sibling sees nothing of them."""
    found = planned(
        "variables:\n- {name: a, value: '1'}\n- {name: b, value: '${{ variables.a }}2'}\n"
        "- ${{ if eq(variables.b, '12') }}:\n  - {name: c, value: '${{ variables.b }}3'}\n"
        "- {name: early, value: '${{ variables.late }}'}\n- {name: late, value: x}\n"
        "stages:\n- stage: A\n  variables: {d: '${{ variables.c }}4'}\n  jobs:\n"
        "  - job: J\n    variables: {e: '${{ variables.d }}5', a: job}\n"
        "    steps: [{script: '${{ variables.a }} ${{ variables.e }}'}]\n"
        "  - job: K\n    steps: [{script: '${{ variables.a }} ${{ variables.e }}'}]\n"
        "- stage: B\n  jobs:\n  - job: J\n    steps: [{script: '${{ variables.d }}'}]\n"
    )
    first, second = found.pipeline.stages
    assert values(found.pipeline.variables) == {
        "a": "1",
        "b": "12",
        "c": "123",
        "early": "",
        "late": "x",
    }
    assert values(first.variables) == {"d": "1234"}
    assert [job.steps[-1].inputs["script"] for job in first.jobs] == ["job 12345", "1 "]
    assert second.jobs[0].steps[-1].inputs["script"] == ""


def test_variables_of_a_level_are_seen_above_their_block(scripts: Scripts) -> None:
    assert scripts("steps: [{script: '${{ variables.a }}'}]\nvariables: {a: '1'}\n") == ["1"]


def test_predefined_variables_are_seen_and_those_of_the_run_are_not(scripts: Scripts) -> None:
    """[TE] "it doesn't have runtime variables such as those [...] given when you start a run"."""
    text = "steps: [{script: \"${{ variables['Build.Reason'] }} ${{ variables.given }}\"}]\n"
    found = scripts(text, predefined={"Build.Reason": "Manual"}, variables={"given": "x"})
    assert found == ["Manual "]


def test_groups_and_runtime_values_are_kept(planned: Callable[..., Plan]) -> None:
    found = planned(
        "variables:\n- group: g\n- {name: r, value: \"$[counter('a', 1)]\", readonly: true}\n"
        "steps: [{script: x}]\n"
    )
    group, variable = found.pipeline.variables
    assert group.name == "g"
    assert isinstance(variable, Variable)
    assert (variable.value, variable.read_only) == ("$[counter('a', 1)]", True)


def test_dependencies_can_be_added_to_each_job(planned: Callable[..., Plan]) -> None:
    """[TE] the second example of "Iterative insertion"."""
    found = planned(
        "jobs:\n- template: job.yml\n  parameters:\n    jobs:\n"
        "    - job: A\n      steps: [{script: a}]\n"
        "    - job: B\n      dependsOn: [A]\n      steps: [{script: b}]\n",
        {
            "job.yml": "parameters: [{name: jobs, type: jobList, default: []}]\njobs:\n"
            "- job: First\n- ${{ each job in parameters.jobs }}:\n  - ${{ each pair in job }}:\n"
            "      ${{ if ne(pair.key, 'dependsOn') }}:\n"
            "        ${{ pair.key }}: ${{ pair.value }}\n    dependsOn:\n    - First\n"
            "    - ${{ if job.dependsOn }}:\n      - ${{ job.dependsOn }}\n"
        },
    )
    (stage,) = found.pipeline.stages
    assert {job.name: job.depends_on for job in stage.jobs} == {
        "First": (),
        "A": ("First",),
        "B": ("First", "A"),
    }


def test_what_is_inserted_is_not_expanded_again(scripts: Scripts) -> None:
    text = (
        "parameters: [{name: l, type: object, default: []}]\nsteps:\n"
        "- ${{ each one in parameters.l }}:\n  - script: ${{ one }}\n- script: $(x) $[y]\n"
    )
    assert scripts(text, parameters={"l": ["${{ 1 }}"]}) == ["${{ 1 }}", "$(x) $[y]"]


def test_explosive_growth_ends(problems: Lines) -> None:
    """[TE] "No more than 10 megabytes of memory consumed while parsing the YAML"."""
    lines = ["steps:"]
    indent = ""
    for number in range(8):
        lines.append(f"{indent}- ${{{{ each x{number} in split('a,a,a,a,a,a,a,a,a,a', ',') }}}}:")
        indent += "  "
    lines.append(f"{indent}- script: x")
    found = problems("\n".join(lines) + "\n")
    assert len(found) == 1
    assert found[0].endswith("the pipeline takes more than 10 MB when expanded")


def test_the_expanded_yaml_is_expanded(planned: Callable[..., Plan]) -> None:
    text = steps_text("- ${{ parameters.steps }}", before=PARAMETERS)
    assert "${{" not in render(planned(text))
