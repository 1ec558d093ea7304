"""Requests and results travel as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from modelyard.local.notebook.runs import CellRecord, NotebookRequest, NotebookResult


def test_request_there_and_back() -> None:
    request = NotebookRequest(
        run_id=7,
        notebook_path="dbfs:/train.py",
        parameters={"a": "1"},
        environment={"DATABRICKS_HOST": "h"},
        timeout_seconds=1.5,
        kind="python",
        arguments=["--x", "1"],
        python=Path("/env/bin/python"),
        context={"job_id": "3"},
    )
    assert NotebookRequest.from_json(json.loads(json.dumps(request.to_json()))) == request


def test_parameters_become_texts() -> None:
    request = NotebookRequest(run_id=1, notebook_path="/x", parameters={"a": 0.5})  # type: ignore[dict-item]
    assert request.to_json()["parameters"] == {"a": "0.5"}


def test_result_there_and_back() -> None:
    cell = CellRecord(1, "python", "t", "1", "success", 1.0, 0.5, "1\n", ("<p>",))
    result = NotebookResult("failed", error="E: x", cell=1, cells=(cell,), logs="l", seconds=2.0)
    assert NotebookResult.from_json(json.loads(json.dumps(result.to_json()))) == result
