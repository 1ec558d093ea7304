"""Expressions and values of a workflow that GitHub would refuse are told at plan time, all at once.

Sources: docs.github.com, actions/reference/workflows-and-actions: contexts ("Context
availability"), expressions ("Functions"), workflow-syntax ("strategy", "timeout-minutes").
"""

from __future__ import annotations

import textwrap

import pytest

from modelyard.local.workflows.expressions import availability
from modelyard.local.workflows.expressions.functions import CONTEXTS
from modelyard.runner_errors import PipelineError
from workflow_files import NewPlan

JOB = """
    on: push
    jobs:
      a:
        runs-on: x
        {}
        steps: [{{run: x}}]
    """
STEP = """
    on: push
    jobs:
      a:
        runs-on: x
        steps:
          - run: x
            {}
    """


def problems(new_plan: NewPlan, text: str) -> list[str]:
    with pytest.raises(PipelineError) as caught:
        new_plan(text)
    return [str(one).removeprefix(".github/workflows/main.yml:") for one in caught.value.problems]


def test_all_mistakes_of_a_file_each_with_its_place(new_plan: NewPlan) -> None:
    found = problems(
        new_plan,
        textwrap.dedent("""\
        on: push
        name: of ${{ github.ref }}
        jobs:
          a:
            if: secrets.TOKEN != ''
            runs-on: x
            steps:
              - run: |
                  echo one
                    echo ${{ foo.bar }} ${{ contains('a') }}
                if: >-
                  always()
                  && sucess()
              - run: echo ${{ github.ref
                timeout-minutes: '5'
        """),
    )

    assert found == [
        "2:13: name can't have an expression",
        "5:9: secrets can't be used in jobs.a.if: it has only github, inputs, vars, needs",
        "10:22: there is no context foo; a text has single quotes",
        "10:37: contains takes 2 arguments, not 1",
        "13:14: there is no function sucess (did you mean success?)",
        "14:19: ${{ isn't closed: }} is missing, or a single quote before it",
        "15:26: timeout-minutes is a whole number above 0, not the text '5': leave out the quotes",
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("if: github.ref = 'x'", "there is no operator =: write =="),
        ("if: True", "True is no value: write true"),
        ("if: [a]", "if is a text, not a list"),
        ("if: {a: b}", "if is a text, not a mapping"),
        ("if: ${{ }}", "there is no expression"),
        ("if: runner.os == 'Linux'", "runner can't be used in jobs.a.if"),
        ("if: hashFiles('x')", "hashFiles can't be called in jobs.a.if: it belongs to steps"),
        ("name: ${{ always() }}", "always can't be called in jobs.a.name: it belongs to if"),
        ("env: {A: '${{ env.B }}'}", "env can't be used in jobs.a.env.A"),
        ("if: case(true, 1, false, 2)", "case takes pairs of a condition and a value"),
        ("if: join()", "join takes 1 or 2 arguments, not 0"),
        ("if: always(1)", "always takes no arguments, not 1"),
        ("if: format()", "format takes 1 or more arguments, not 0"),
        ("timeout-minutes: 0", "timeout-minutes is a whole number above 0, not '0'"),
        ("timeout-minutes: 1.5", "timeout-minutes is a whole number above 0, not '1.5'"),
        ("timeout-minutes: -1", "timeout-minutes is a whole number above 0, not '-1'"),
        ("timeout-minutes: ${{ inputs.a }}0", "timeout-minutes is a whole number above 0"),
        ("timeout-minutes:", "timeout-minutes is a whole number above 0, not nothing"),
        ("timeout-minutes: [5]", "timeout-minutes is a whole number above 0, not a list"),
        ("continue-on-error: yes", "continue-on-error is true or false, not 'yes'"),
        ("strategy: [1]", "strategy is a mapping, not a list"),
        ("strategy: {matix: {}}", "matix isn't known of strategy (did you mean matrix?)"),
        ("strategy: {fail-fast: no}", "fail-fast is true or false, not 'no'"),
        ("strategy: {max-parallel: all}", "max-parallel is a whole number above 0, not 'all'"),
        ("strategy: {matrix: [a]}", "matrix is a mapping or an expression, not a list"),
        ("strategy: {matrix: {}}", "the matrix is empty"),
        ("strategy: {matrix: {include: []}}", "the matrix is empty"),
        (
            "strategy: {matrix: {os: linux}}",
            "os of the matrix is a list of values or an expression",
        ),
        ("strategy: {matrix: {os: []}}", "os of the matrix has no values"),
        ("strategy: {matrix: {include: {a: 1}}}", "include of the matrix is a list of mappings"),
        ("strategy: {matrix: {include: [a]}}", "what include of the matrix lists is a mapping"),
        ("strategy: {matrix: {include: [{}]}}", "include of the matrix lists an empty mapping"),
        ("strategy: {matrix: {os: [a], exclude: [{oss: a}]}}", "has no oss to exclude (did you"),
        (
            "strategy: {matrix: {os: ['${{ matrix.b }}']}}",
            "matrix can't be used in jobs.a.strategy",
        ),
    ],
)
def test_a_mistake_of_a_job(new_plan: NewPlan, line: str, message: str) -> None:
    [found] = problems(new_plan, JOB.format(line))

    assert message in found
    assert found.startswith("6:")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("if: secrets.a", "secrets can't be used in jobs.a.steps.if"),
        ("if: success('a')", "success takes no arguments, not 1"),
        ("if: hashFiles()", "hashFiles takes 1 or more arguments, not 0"),
        ("shell: ${{ matrix.shell }}", "jobs.a.steps.shell can't have an expression"),
        ("env: {A: '${{ jobs.b }}'}", "jobs can't be used in jobs.a.steps.env.A"),
        ("continue-on-error: 'true'", "not the text 'true': leave out the quotes"),
        ("timeout-minutes: x", "timeout-minutes is a whole number above 0, not 'x'"),
    ],
)
def test_a_mistake_of_a_step(new_plan: NewPlan, line: str, message: str) -> None:
    [found] = problems(new_plan, STEP.format(line))

    assert message in found


def test_a_matrix_of_too_many_jobs(new_plan: NewPlan) -> None:
    numbers = list(range(17))
    [found] = problems(
        new_plan, JOB.format(f"strategy: {{matrix: {{a: {numbers}, b: {numbers}}}}}")
    )

    assert "the matrix makes 289 jobs, and 256 are the most" in found


@pytest.mark.parametrize(
    "line",
    [
        "if: success('b') || failure('b', 'c') && !cancelled()",
        "if: GITHUB.ref == 'x' && STARTSWITH(github.ref, 'y') && toJson(needs) != ''",
        "if: true",
        "if:",
        "timeout-minutes: ${{ fromJSON(inputs.minutes) }}",
        "continue-on-error: ${{ matrix.may-fail }}",
        "concurrency: {group: '${{ github.ref }}-${{ matrix.a }}', cancel-in-progress: false}",
        "container: {image: '${{ matrix.a }}', env: {A: '${{ runner.temp }}'}}",
        "services: {db: {image: x, credentials: {password: '${{ secrets.P }}'}}}",
        "defaults: {run: {shell: '${{ matrix.shell }}', working-directory: '${{ env.A }}'}}",
        "environment: {name: '${{ matrix.a }}', url: '${{ steps.b.outputs.url }}'}",
        "outputs: {a: '${{ steps.b.outputs.c }}'}",
        "strategy: ${{ fromJSON(vars.STRATEGY) }}",
        "strategy: {matrix: '${{ fromJSON(needs.b.outputs.c) }}', max-parallel: 2}",
        "strategy: {matrix: {a: [1]}, fail-fast: TRUE, max-parallel: '${{ inputs.n }}'}",
        "strategy: {matrix: {include: [{a: 1}, '${{ vars.A }}'], b: '${{ vars.B }}'}}",
        "strategy: {matrix: {a: [1, {b: 2}], exclude: [{A: 1}]}}",
    ],
)
def test_what_github_takes(new_plan: NewPlan, line: str) -> None:
    new_plan(JOB.format(line))


def test_an_input_of_an_action_may_be_called_as_a_keyword(new_plan: NewPlan) -> None:
    new_plan(
        "on: push\njobs: {a: {runs-on: x, steps: [{uses: OTHER/action@v1, with: "
        "{if: this is no expression, uses: '${{ secrets.A }}'}}]}}"
    )


def test_a_condition_with_text_beside_an_expression_always_holds(new_plan: NewPlan) -> None:
    plan = new_plan(STEP.format("if: ${{ github.ref }} == 'x'"))

    [(place, message)] = plan.warnings
    assert str(place).startswith(".github/workflows/main.yml:8:")
    assert "always counts as true" in message


@pytest.mark.parametrize(
    ("path", "missing"),
    [
        # From the table "Context availability": what a keyword does not have.
        ("run-name", "env job jobs steps runner secrets strategy matrix needs"),
        ("concurrency", "env job jobs steps runner secrets strategy matrix needs"),
        ("env.A", "env job jobs steps runner strategy matrix needs"),
        ("jobs.a.concurrency.group", "env job jobs steps runner secrets"),
        ("jobs.a.container.image", "env job jobs steps runner secrets"),
        ("jobs.a.container.credentials.password", "job jobs steps runner"),
        ("jobs.a.container.env.A", "jobs steps"),
        ("jobs.a.continue-on-error", "env job jobs steps runner secrets"),
        ("jobs.a.defaults.run.shell", "job jobs steps runner secrets"),
        ("jobs.a.env.A", "env job jobs steps runner"),
        ("jobs.a.environment", "env job jobs steps runner secrets"),
        ("jobs.a.environment.url", "jobs secrets"),
        ("jobs.a.if", "env job jobs steps runner secrets strategy matrix"),
        ("jobs.a.name", "env job jobs steps runner secrets"),
        ("jobs.a.outputs.A", "jobs"),
        ("jobs.a.runs-on", "env job jobs steps runner secrets"),
        ("jobs.a.secrets.A", "env job jobs steps runner"),
        ("jobs.a.services.b.image", "env job jobs steps runner secrets"),
        ("jobs.a.services.b.credentials.password", "job jobs steps runner"),
        ("jobs.a.services.b.env.A", "jobs steps"),
        ("jobs.a.steps.continue-on-error", "jobs"),
        ("jobs.a.steps.env.A", "jobs"),
        ("jobs.a.steps.if", "jobs secrets"),
        ("jobs.a.steps.name", "jobs"),
        ("jobs.a.steps.run", "jobs"),
        ("jobs.a.steps.timeout-minutes", "jobs"),
        ("jobs.a.steps.with.A", "jobs"),
        ("jobs.a.steps.working-directory", "jobs"),
        ("jobs.a.strategy.matrix", "env job jobs steps runner secrets strategy matrix"),
        ("jobs.a.timeout-minutes", "env job jobs steps runner secrets"),
        ("jobs.a.with.A", "env job jobs steps runner secrets"),
        (
            "on.workflow_call.inputs.a.default",
            "env job jobs steps runner secrets strategy matrix needs",
        ),
        (
            "on.workflow_call.outputs.a.value",
            "env job steps runner secrets strategy matrix needs",
        ),
        ("on.workflow_dispatch.inputs.a.default", " ".join(CONTEXTS)),
        ("defaults.run.shell", " ".join(CONTEXTS)),
    ],
)
def test_which_contexts_a_keyword_has(path: str, missing: str) -> None:
    available = availability.of(tuple(path.split(".")))

    assert set(available.contexts) == set(CONTEXTS) - set(missing.split())


ACTION_FILE = """
    name: mine
    description: "says ${{ what.a.description.may }}"
    inputs:
      to: {description: Who, default: "%s"}
    outputs:
      told: {description: What, value: "%s"}
    runs:
      using: composite
      steps:
        - id: first
          if: %s
          shell: bash
          run: "%s"
          env: {A: "%s"}
    """
USES_TWICE = (
    "on: push\njobs: {a: {runs-on: x, steps: [{uses: actions/checkout@v5}, {uses: ./mine}, "
    "{uses: ./mine}]}}"
)
RIGHT = ("${{ github.actor }}", "${{ steps.first.outputs.a }}", "always()", "${{ inputs.to }}", "")


def action_with(at: int, text: str) -> str:
    values = [*RIGHT]
    values[at] = text
    return ACTION_FILE % tuple(values)


def test_an_action_of_the_repository_may_have_expressions(new_plan: NewPlan) -> None:
    assert new_plan(USES_TWICE, mine__action=ACTION_FILE % RIGHT).warnings == ()


@pytest.mark.parametrize(
    ("at", "text", "place", "told"),
    [
        (0, "${{ inputs.to }}", "5:40", "inputs can't be used in inputs.to.default"),
        (1, "${{ stepz.first }}", "7:41", "there is no context stepz (did you mean steps?)"),
        (2, "failed()", "12:11", "there is no function failed (did you mean"),
        (3, "${{ secrets.TOKEN }}", "14:17", "secrets can't be used in runs.steps.run"),
        (4, "${{ github.actor", "15:17", "isn't closed"),
    ],
)
def test_expressions_of_an_action_are_checked_once_where_they_stand(
    new_plan: NewPlan, at: int, text: str, place: str, told: str
) -> None:
    with pytest.raises(PipelineError) as failure:
        new_plan(USES_TWICE, mine__action=action_with(at, text))

    (line,) = [one for one in str(failure.value).splitlines() if "action.yml:" in one]
    assert told in line
    assert line.strip().startswith(f"mine/action.yml:{place}:")
