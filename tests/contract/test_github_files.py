"""Every action.yml and workflow, by the tools that know GitHub; and that these catch mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from contract.tools import actions, github_findings, program, run
from modelyard import manifest, operations
from modelyard.manifest import action
from modelyard.operation import Operation

ACTIONS = sorted(manifest.ROOT.glob("actions/*/action.yml"))
WORKFLOWS = sorted(manifest.ROOT.glob(".github/workflows/*.yml"))
STARTERS = sorted(
    [
        *manifest.ROOT.glob("templates/github/*.yml"),
        *manifest.ROOT.glob("examples/*/.github/workflows/*.yml"),
    ]
)
SAMPLE = manifest.ROOT / "actions/cluster-start/action.yml"


def schema(kind: str, *files: Path) -> tuple[int, str]:
    """check-jsonschema with the schema that it carries."""
    ended = run(program("check-jsonschema"), "--builtin-schema", f"vendor.github-{kind}", *files)
    return ended.returncode, ended.stdout + ended.stderr


def zizmor(*files: Path) -> tuple[int, str]:
    ended = run(program("zizmor"), "--offline", "--no-progress", *files)
    return ended.returncode, ended.stdout + ended.stderr


def texts(files: list[Path]) -> dict[str, str]:
    return {file.relative_to(manifest.ROOT).as_posix(): file.read_text("utf-8") for file in files}


def test_there_is_an_action_for_each_operation_and_no_other() -> None:
    assert {file.parent.name for file in ACTIONS} == set(operations.NAMES)


def test_actions_fit_the_schema() -> None:
    code, said = schema("actions", *ACTIONS)

    assert code == 0, said


def test_workflows_fit_the_schema() -> None:
    files = [*WORKFLOWS, *STARTERS]
    if files:
        code, said = schema("workflows", *files)
        assert code == 0, said


def test_nothing_is_unsafe() -> None:
    code, said = zizmor(*ACTIONS, *WORKFLOWS, *STARTERS)

    assert code == 0, said


def test_githubs_own_language_service_and_actionlint_find_nothing() -> None:
    assert github_findings(texts([*ACTIONS, *WORKFLOWS, *STARTERS])) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("using: node24", "using: node99"),
        ("main: main.js", "mian: main.js"),
        ("icon: layers", "icon: brick"),
        ("color: orange", "color: pink"),
        ("    description: Exact name", "    descripton: Exact name"),
    ],
)
def test_the_schema_catches_a_broken_action(tmp_path: Path, old: str, new: str) -> None:
    text = SAMPLE.read_text("utf-8")
    assert old in text
    broken = tmp_path / "action.yml"
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")

    code, said = schema("actions", broken)

    assert code == 1, said


def test_the_language_service_catches_a_broken_action() -> None:
    text = SAMPLE.read_text("utf-8")
    broken = {
        "actions/a/action.yml": text.replace("using: node24", "using: node99"),
        "actions/b/action.yml": text.replace("main: main.js", "mian: main.js"),
        "actions/c/action.yml": text.replace("post-if: always()", "post-if: allways()"),
    }
    found = github_findings(broken)

    assert {one.split(":")[0] for one in found} == set(broken)


WORKFLOW = """\
name: try
on: push
permissions: {}
jobs:
  train:
    runs-on: ubuntu-24.04
    steps:
      - id: cluster
        uses: OWNER/modelyard/actions/cluster-start@v1
        with:
          cluster-name: training
      - run: echo "$CLUSTER"
        env:
          CLUSTER: ${{ steps.cluster.outputs.cluster-id }}
"""
BROKEN = {
    "cluster-name: training": ("cluster-nam: training", "Invalid action input 'cluster-nam'"),
    "cluster-start@v1": ("secret-scope@v1", "Missing required input `scope`"),
    "on: push": ("on: pusch", "pusch"),
    "steps.cluster.": ("steps.clusters.", "clusters"),
    "ubuntu-24.04": ("ubuntu-24.04\n    needs: build", "build"),
    "${{ steps": ("${{ nope() && steps", "nope"),
    "uses: OWNER": ("if: allways()\n        uses: OWNER", "allways"),
}


def test_a_right_workflow_has_no_finding() -> None:
    assert github_findings({".github/workflows/try.yml": WORKFLOW}) == []


def test_a_broken_workflow_is_caught() -> None:
    files = {
        f".github/workflows/{number}.yml": WORKFLOW.replace(old, new, 1)
        for number, (old, (new, _)) in enumerate(BROKEN.items())
    }
    found = github_findings(files)

    for path, (_, expected) in zip(files, BROKEN.values(), strict=True):
        assert any(one.startswith(path) and expected in one for one in found), (path, found)


def test_what_is_unsafe_is_caught(tmp_path: Path) -> None:
    file = tmp_path / "workflow.yml"
    file.write_text(
        WORKFLOW.replace('"$CLUSTER"', "${{ github.event.pull_request.title }}"), encoding="utf-8"
    )
    code, said = zizmor(file)

    assert code != 0
    assert "error[template-injection]" in said


@pytest.mark.parametrize("operation", operations.every(), ids=lambda one: one.name)
def test_an_action_says_what_its_operation_says(operation: Operation[Any, Any]) -> None:
    made = actions()[f"actions/{operation.name}"]

    assert made == yaml.safe_load(action.text(operation))
    assert set(made["inputs"]) == {
        one.kebab for one in operation.input_members if not one.spec.connection
    }
    for member in action.github_inputs(operation):
        declared = made["inputs"][member.kebab]
        assert declared["description"].startswith(member.spec.help)
        assert isinstance(declared.get("default", ""), str)
        assert not (member.spec.secret and "default" in declared)
    assert set(made["outputs"]) == {one.kebab for one in operation.output_members}
    assert ("post" in made["runs"]) == bool(operation.release)
