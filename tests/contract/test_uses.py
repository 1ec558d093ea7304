"""Wherever the repository shows or uses a task or an action, it is one that exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.uses import documents, problems
from modelyard import manifest


def test_everything_that_is_shown_exists() -> None:
    shown = list(documents(manifest.ROOT))
    found = [
        f"{path}:{start + line}: {problem}"
        for path, start, text in shown
        for line, problem in problems(text)
    ]

    assert found == []
    assert any("ModelyardJobRun@1" in text for path, _, text in shown if path.endswith(".md"))


def test_a_block_in_markdown_is_found_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("# A\n\n1. So:\n\n   ```yaml\n   a: 1\n   ```\n")

    assert list(documents(tmp_path)) == [("docs/a.md", 6, "   a: 1\n")]


RIGHT = """
steps:
  - task: ModelyardJobRun@1
    name: train
    inputs:
      job: wine
      azureSubscription: production
      ${{ if parameters.metric }}:
        metric: rmse
      better: ${{ parameters.better }}
  - script: echo $(train.runId) $(Build.BuildId)
  - uses: OWNER/modelyard/actions/secret-scope@v1
    id: scope
    with: { scope: a, backend: databricks }
  - uses: ./actions/run-cancel
    with: { run-ids: "${{ steps.scope.outputs.keys }}" }
  - uses: actions/checkout@v5
    with: { anything: x }
  - task: PublishTestResults@2
    inputs: { anything: x }
"""
WRONG = {
    "ModelyardJobRun@1": ("ModelyardJobRum@1", 2, "no task ModelyardJobRum (did you mean Mod"),
    "JobRun@1": ("JobRun@2", 2, "the major version is 1"),
    "      job:": ("      jobb:", 2, "job-run has no input jobb (did you mean job?)"),
    "      job: wine\n": ("", 2, "job-run lacks the input job"),
    "  metric: rmse": ("  metrics: rmse", 2, "no input metrics (did you mean metric?)"),
    "better: ${{ parameters.better }}": ("better: least", 2, "better of job-run is least"),
    "train.runId": ("train.runID", 10, "job-run has no output runID (did you mean runId?)"),
    "secret-scope@v1": ("secret-scopes@v1", 11, "no action secret-scopes (did you mean secret-"),
    "{ scope: a,": ("{ Scope: a,", 11, "secret-scope lacks the input scope"),
    "backend: databricks": ("backend: vault", 11, "backend of secret-scope is vault"),
    "./actions/run-cancel": ("./actions/run-cansel", 14, "no action run-cansel"),
    "{ run-ids:": ("{ runIds:", 14, "run-cancel has no input runIds"),
    "outputs.keys": ("outputs.key", 15, "secret-scope has no output key (did you mean keys?)"),
    "azureSubscription": ("azureSubscribtion", 2, "no input azureSubscribtion"),
    "with: { anything: x }": ("with: { anything: x", 18, "this isn't YAML"),
}


def test_what_is_right_is_left_alone() -> None:
    assert problems(RIGHT) == []


@pytest.mark.parametrize("old", WRONG)
def test_what_is_wrong_is_found_with_its_line(old: str) -> None:
    new, line, expected = WRONG[old]
    assert old in RIGHT

    found = problems(RIGHT.replace(old, new, 1))

    assert any(at == line and expected in problem for at, problem in found), found


def test_an_action_has_no_service_connection() -> None:
    assert problems(
        "- uses: $/actions/job-run\n  with: { job: a, azure-service-connection: b }"
    ) == [(0, "job-run has no input azure-service-connection")]
