"""The context of a run"""

from __future__ import annotations

import json

import pytest

from modelyard.local.notebook.dbutils.context import Context, EntryPoint

FACTS = {"job_id": "12", "job_run_id": "40", "task_key": "train", "cluster_id": "c-1"}


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("DATABRICKS_HOST", "https://workspace.example")
    monkeypatch.setenv("DATABRICKS_TOKEN", "token-of-the-run")
    return Context("/Shared/train", 41, FACTS)


def test_ways_notebooks_go(context: Context) -> None:
    entry = EntryPoint(lambda: context)
    found = entry.getDbutils().notebook().getContext()
    assert found.notebookPath().get() == "/Shared/train"
    assert found.currentRunId().get() == 41
    assert found.currentRunId().toString() == "Some(41)"
    assert found.currentRunId().get().id() == 41
    assert found.jobId().getOrElse(None) == "12"
    assert found.tags().apply("jobId") == "12"
    assert found.tags().get("clusterId").get() == "c-1"
    assert found.tags().get("none").isEmpty()
    assert found.browserHostName().get() == "workspace.example"
    assert found.apiUrl().get() == "https://workspace.example"
    assert found.apiToken().get() == "token-of-the-run"
    document = json.loads(found.toJson())
    assert document["tags"]["multitaskParentRunId"] == "40"
    assert document["extraContext"]["notebook_path"] == "/Shared/train"
    assert document["currentRunId"] == {"id": 41}


def test_one_time_run_has_no_job() -> None:
    context = Context("/x", 1, {})
    assert not context.jobId().isDefined()
    assert str(context.jobId()) == "None"
    assert json.loads(context.toJson())["rootRunId"] is None
    with pytest.raises(LookupError, match=r"None\.get"):
        context.jobId().get()
