"""A plan shows the inputs that are known before a run, and leaves what only a run knows.

Sources: docs.github.com, actions/reference/workflows-and-actions: expressions ("Operators",
"Functions", "Literals"), workflow-syntax ("on.workflow_call.inputs", "jobs.<job_id>.with").
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.local.workflows.expanded import expanded
from modelyard.local.workflows.expressions.partial import UNKNOWN, evaluated
from modelyard.local.workflows.filling import dispatched, filled
from modelyard.local.workflows.leaves import Leaf, leaves
from modelyard.runner_errors import PipelineError
from workflow_files import CALLING, NewPlan

INPUTS: dict[str, Any] = {"name": "it's", "none": "", "yes": True, "no": False, "ten": 10.0}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("inputs.name", "it's"),
        ("Inputs['NAME']", "it's"),
        ("inputs.none || vars.x && 'a' || 'b'", UNKNOWN),
        ("inputs.name || vars.x", "it's"),
        ("inputs.no && vars.x", False),
        ("!inputs.none", True),
        ("!(inputs.yes && inputs.ten > 9)", False),
        ("inputs.name == 'IT''S'", True),
        ("inputs.name != null", True),
        ("inputs.none == 0", True),
        ("inputs.ten == '0xa'", True),
        ("inputs.yes < 2 && 'less'", "less"),
        ("'a' < 'B'", True),
        ("NaN == NaN", False),
        ("format('{0}-{{{1}}}', inputs.name, inputs.ten)", "it's-{10}"),
        ("contains('Hello', 'ELL')", True),
        ("contains(fromJSON('[1, 2]'), '2')", True),
        ("startsWith(inputs.name, 'IT') && endsWith(inputs.name, 'S')", True),
        ("join(fromJSON('[1, true, null]'), '-')", "1-true-"),
        ('fromJSON(\'{"A": [5, {"b": "c"}]}\').a[1][\'B\']', "c"),
        ("fromJSON('[1]')[3]", None),
        ("toJSON(fromJSON('{\"a\":1.0}'))", '{\n  "a": 1\n}'),
        ("case(inputs.no, 'a', inputs.yes, 'b', 'c')", "b"),
        ("inputs.other", UNKNOWN),
        ("inputs", UNKNOWN),
        ("inputs.*", UNKNOWN),
        ("success()", UNKNOWN),
        ("fromJSON('{')", UNKNOWN),
        ("format('{2}', 1)", UNKNOWN),
        ("(" * 200 + "inputs.yes" + ")" * 200, UNKNOWN),
    ],
)
def test_what_is_known_of_an_expression(text: str, value: Any) -> None:
    found = evaluated(text, INPUTS).value

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("inputs.none || vars.x || 'd'", "vars.x || 'd'"),
        ("inputs.yes && github.ref", "github.ref"),
        (" github.x  ==  inputs.name ", "github.x  ==  'it''s'"),
        ("github.a && (inputs.name == 'b' || c.d)", "github.a && (c.d)"),
        ("!inputs.other && f( inputs.ten , a.b[inputs.name].*.c )", None),
        ("contains(matrix.x, inputs.name) != inputs.yes", "contains(matrix.x, 'it''s') != true"),
        ("fromJSON('[1]') == github.x", "fromJSON('[1]') == github.x"),
    ],
)
def test_what_is_not_known_stays_as_it_is_written(text: str, filled: str | None) -> None:
    wanted = filled or "!inputs.other && f( 10 , a.b['it''s'].*.c )"

    assert evaluated(text, INPUTS).text.strip() == wanted


_ATOM = st.sampled_from(["inputs.name", "inputs.none", "inputs.ten", "vars.x", "null", "'a'", "3"])
_EXPRESSION = st.recursive(
    _ATOM,
    lambda one: st.one_of(
        st.tuples(one, st.sampled_from(["&&", "||", "==", "<"]), one).map(" ".join),
        one.map("({})".format),
        one.map("!({})".format),
        st.tuples(one, one).map(lambda both: f"format('{{0}}{{1}}', {both[0]}, {both[1]})"),
    ),
    max_leaves=12,
)


@given(_EXPRESSION)
def test_the_rest_means_the_same_once_all_is_known(text: str) -> None:
    """Filled in by and by or at once: the same value."""
    rest = evaluated(text, {"none": "", "ten": 10.0}).text
    everything = {"name": "n", "none": "", "ten": 10.0, "x": "v"}
    at_once = evaluated(text.replace("vars.x", "inputs.x"), everything)
    at_last = evaluated(rest.replace("vars.x", "inputs.x"), everything)

    assert at_once.is_known
    assert at_last.value == at_once.value


def jobs_of(new_plan: NewPlan, text: str, **files: str) -> dict[str, Leaf]:
    plan = new_plan(text, **files)
    return {one.shown: one for one in leaves(filled(plan.workflow, {}))}


TWICE = """
    on: push
    jobs:
      one:
        uses: OWNER/library/.github/workflows/called.yml@v1
        with: {to: here}
        secrets: {token: "${{ secrets.TOKEN }}"}
      two:
        needs: one
        if: github.ref != 'x'
        uses: OWNER/library/.github/workflows/called.yml@v1
        with: {to: "${{ needs.one.outputs.to }}", often: 3}
        secrets: {token: "${{ secrets.TOKEN }}"}
    """


def test_each_call_has_its_own_values(new_plan: NewPlan) -> None:
    found = jobs_of(new_plan, TWICE)

    assert list(found) == ["one / first", "one / last", "two / first", "two / last"]
    assert found["one / first"].job.title == "First for here"
    assert found["two / first"].job.title == "First for ${{ inputs.to }}"
    assert found["one / last"].job.environment == "here"
    assert found["one / last"].job.steps[1].title == "Run echo here"
    assert found["two / last"].job.steps[1].title == "Run echo ${{ inputs.to }}"
    assert found["two / last"].calls[0].condition == "github.ref != 'x'"
    assert found["one / last"].job.steps[0].action is not None


DEEP = """
    on: push
    jobs:
      outer:
        uses: ./.github/workflows/middle.yml
        with: {name: a, on: "false"}
    """
MIDDLE = """
    on:
      workflow_call:
        inputs:
          name: {type: string}
          "on": {type: boolean, default: true}
          many: {type: number, default: 4}
          nothing: {type: number}
          second: {type: string, default: "${{ inputs.name }}-2"}
    env: {ALL: "${{ inputs.second }}", OWN: all}
    jobs:
      inner:
        uses: $/.github/workflows/inner.yml
        if: inputs.on
        with: {names: '["${{ inputs.name }}", "x"]', limit: "${{ inputs.many }}"}
      steps:
        runs-on: ${{ fromJSON(format('["{0}"]', inputs.name)) }}
        timeout-minutes: ${{ inputs.many }}
        env: {OWN: job}
        steps: [{run: "echo ${{ inputs.nothing }} ${{ inputs.second }}\\necho ${{ env.ALL }}"}]
    """
INNER = """
    on: {workflow_call: {inputs: {names: {type: string}, limit: {type: number}}}}
    jobs:
      x:
        strategy: {matrix: {name: "${{ fromJSON(inputs.names) }}"}}
        runs-on: ubuntu-latest
        steps: [{if: inputs.limit > 3, run: "echo ${{ matrix.name }}"}]
    """
FILES = {"__github__workflows__middle": MIDDLE, "__github__workflows__inner": INNER}


def test_values_go_through_every_call(new_plan: NewPlan) -> None:
    files = {name.replace("__github", ".github"): text for name, text in FILES.items()}
    found = jobs_of(new_plan, DEEP, **files)

    assert list(found) == ["outer / inner / x", "outer / steps"]
    inner = found["outer / inner / x"]
    assert inner.job.steps[0].condition == "true"
    assert [one.condition for one in inner.calls] == ["", "false"]
    assert found["outer / steps"].job.steps[0].title == "Run echo 0 a-2"


def test_the_expanded_yaml_has_every_job_with_its_values(new_plan: NewPlan) -> None:
    files = {name.replace("__github", ".github"): text for name, text in FILES.items()}
    workflow = filled(new_plan(DEEP, **files).workflow, {})

    assert expanded(workflow, leaves(workflow)).splitlines() == [
        "on: push",
        "jobs:",
        "  outer / inner / x:",
        "    strategy:",
        "      matrix:",
        "        name:",
        '        - "a"',
        '        - "x"',
        "    runs-on: ubuntu-latest",
        "    steps:",
        "    - if: true",
        '      run: "echo ${{ matrix.name }}"',
        "  outer / steps:",
        "    env:",
        '      ALL: "a-2"',
        "      OWN: job",
        "    runs-on:",
        '    - "a"',
        "    timeout-minutes: 4",
        "    steps:",
        "    - run: |-",
        "        echo 0 a-2",
        "        echo ${{ env.ALL }}",
    ]


@pytest.mark.parametrize("value", ["many", "'${{ format(''{0}'', ''x'') }}'"])
def test_a_value_of_another_type(new_plan: NewPlan, value: str) -> None:
    with pytest.raises(PipelineError) as caught:
        jobs_of(new_plan, CALLING.replace("to: here", f"to: here, often: {value}"))

    shown = "many" if value == "many" else "x"
    assert [str(one) for one in caught.value.problems] == [
        f".github/workflows/main.yml:6:22: often is a number, not '{shown}'"
    ]


@pytest.mark.parametrize(
    ("value", "wrong"),
    [("'[{\"a\": 1},]'", True), ("'{\"a\": 1'", True), ("'[1]'", False), ("ubuntu-latest", False)],
)
def test_json_that_is_none_is_told_where_it_is_written(
    new_plan: NewPlan, value: str, wrong: bool
) -> None:
    called = """
        on: {workflow_call: {inputs: {on: {type: string, required: true}}}}
        jobs:
          a:
            runs-on: "${{ startsWith(inputs.on, '[') && fromJSON( inputs.ON ) || inputs.on }}"
            steps: [{run: echo}]
        """
    plan = new_plan(
        f"on: push\njobs:\n  c:\n    uses: ./.github/workflows/d.yml\n    with: {{on: {value}}}\n",
        **{"__github__workflows__d".replace("__github", ".github", 1): called},
    )

    if not wrong:
        filled(plan.workflow, {})
        return
    with pytest.raises(PipelineError) as caught:
        filled(plan.workflow, {})
    assert str(caught.value).startswith(".github/workflows/main.yml:5:12: on isn't JSON: ")


def test_inputs_of_a_start_by_hand(new_plan: NewPlan) -> None:
    text = """
        on:
          workflow_dispatch:
            inputs:
              size: {type: number, default: "3"}
              must: {required: true}
              loud: {type: boolean}
        jobs:
          a:
            runs-on: x
            steps: [{run: "echo ${{ inputs.size }} ${{ inputs.must }} ${{ inputs.loud }}"}]
        """
    workflow = new_plan(text).workflow
    for values, shown in (
        ({}, "3 ${{ inputs.must }} false"),
        ({"Size": "4", "must": "m", "loud": "True"}, "4 m true"),
    ):
        inputs = dispatched(workflow.dispatch, values)
        [leaf] = leaves(filled(workflow, inputs))
        assert leaf.job.steps[0].title == f"Run echo {shown}"


def test_what_no_input_is_in_stays_as_it_is(new_plan: NewPlan) -> None:
    text = """
        on: push
        jobs:
          a:
            if: (github.ref == 'x'  && true)
            runs-on: ${{matrix.on}}
            strategy: {matrix: {on: [x]}}
            steps: [{if: "always( )", run: "a ${{env.A}}${{ 'b' }}"}]
        """
    workflow = new_plan(text).workflow
    [leaf] = leaves(filled(workflow, {}))

    assert leaf.job.condition == "(github.ref == 'x'  && true)"
    assert leaf.job.steps[0].condition == "always( )"
    assert leaf.job.steps[0].title == "Run a ${{env.A}}b"
