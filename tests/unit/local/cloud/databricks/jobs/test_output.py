from __future__ import annotations

from typing import Any

import pytest

from databricks_service import ApiFailure, Workspace
from fake_drivers import Stage
from modelyard.local.cloud.databricks.jobs.output import LIMIT, output
from modelyard.local.notebook.runs import CellRecord, NotebookResult

NOTEBOOK: dict[str, Any] = {
    "task": {"notebook_task": {}},
    "life_cycle_state": "TERMINATED",
    "state_message": "",
}
SCRIPT = {**NOTEBOOK, "task": {"spark_python_task": {}}}


def test_results_over_5_mb_are_cut_and_say_so() -> None:
    exact = output(NOTEBOOK, {"exit_value": "x" * LIMIT})["notebook_output"]
    assert (len(exact["result"]), exact["truncated"]) == (LIMIT, False)
    more = output(NOTEBOOK, {"exit_value": "é" * LIMIT})["notebook_output"]
    assert (len(more["result"].encode()), more["truncated"]) == (LIMIT, True)
    cut = output(NOTEBOOK, {"exit_value": "x", "truncated": True})["notebook_output"]
    assert cut["truncated"] is True


def test_a_notebook_without_an_exit_has_no_result() -> None:
    assert output(NOTEBOOK, {"exit_value": None}) == {"notebook_output": {}}
    assert output(NOTEBOOK, {"exit_value": ""})["notebook_output"]["result"] == ""


def test_the_end_of_long_logs_is_kept() -> None:
    found = output(SCRIPT, {"logs": "a" * LIMIT + "the end"})
    assert found["logs"].endswith("the end")
    assert (len(found["logs"]), found["logs_truncated"]) == (LIMIT, True)
    assert "logs" not in output(NOTEBOOK, {"logs": "a"})


def test_what_kept_the_code_from_running_is_an_error_too() -> None:
    lost = {**NOTEBOOK, "life_cycle_state": "INTERNAL_ERROR", "state_message": "no library"}
    assert output(lost, {})["error"] == "no library"


def test_an_export_is_the_page_of_the_run(workspace: Workspace, stage: Stage) -> None:
    cell = CellRecord(1, "python", "", "print('<b>')", "success", text="<b>\n")
    stage.play = lambda _: NotebookResult("success", cells=(cell,))
    run_id = workspace.post(
        "2.0/jobs/runs/submit",
        existing_cluster_id=workspace.cluster(),
        notebook_task={"notebook_path": workspace.notebook()},
    )["run_id"]
    workspace.run_ends(run_id)
    view = workspace.get("2.0/jobs/runs/export", run_id=run_id)["views"][0]
    assert (view["name"], view["type"]) == ("train", "NOTEBOOK")
    assert "print(&#x27;&lt;b&gt;&#x27;)" in view["content"]


def test_only_notebooks_are_exported(workspace: Workspace) -> None:
    run_id = workspace.post(
        "2.0/jobs/runs/submit",
        existing_cluster_id=workspace.cluster(),
        spark_python_task={"python_file": "dbfs:/x.py"},
    )["run_id"]
    workspace.run_ends(run_id)
    with pytest.raises(ApiFailure, match="Only runs of notebooks"):
        workspace.get("2.0/jobs/runs/export", run_id=run_id)
