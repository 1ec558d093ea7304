from __future__ import annotations

from typing import Any

from databricks_service import Workspace, until
from fake_drivers import Stage
from modelyard.local.notebook.runs import CellRecord, NotebookResult

EVIL = "<script>alert(1)</script>"


def finished(workspace: Workspace, *keys: str, **notebook: Any) -> dict[str, Any]:
    path = notebook.pop("path", "/Shared/train")
    shared = {
        "notebook_task": {"notebook_path": workspace.notebook(path), **notebook},
        "existing_cluster_id": workspace.cluster(cluster_name=EVIL),
    }
    tasks = [{"task_key": key, **shared} for key in keys or ("train",)]
    run_id = workspace.post("2.1/jobs/runs/submit", run_name=EVIL, tasks=tasks)["run_id"]
    run: dict[str, Any] = workspace.run_ends(run_id)
    return run


def page_of(workspace: Workspace, url: str) -> str:
    return workspace.page(url.removeprefix("http://127.0.0.1:8123"))


def test_the_page_tells_how_a_run_ended(workspace: Workspace, stage: Stage) -> None:
    cells = (
        CellRecord(1, "python", "Load", "x = 1", "success", seconds=0.5, text="loaded\n"),
        CellRecord(2, "python", "", "raise ValueError(x)", "failed"),
    )
    stage.play = lambda _: NotebookResult(
        "failed",
        error="ValueError: 1",
        traceback="Traceback\nValueError: 1",
        cell=2,
        line=1,
        cells=cells,
    )
    run = finished(workspace, base_parameters={"alpha": "0.5"})
    page = page_of(workspace, run["run_page_url"])
    for told in (
        "FAILED",
        "alpha = 0.5",
        "cell 2, line 1",
        "Traceback\nValueError: 1",
        "loaded",
        "Load",
    ):
        assert told in page, told
    assert f"/compute/clusters/{run['tasks'][0]['cluster_instance']['cluster_id']}" in page
    assert "http-equiv" not in page


def test_nothing_that_a_notebook_prints_is_markup(workspace: Workspace, stage: Stage) -> None:
    cell = CellRecord(1, EVIL, EVIL, EVIL, "success", text=EVIL, html=(f'{EVIL}"></iframe>{EVIL}',))
    stage.play = lambda _: NotebookResult("success", exit_value=EVIL, cells=(cell,), error=EVIL)
    run = finished(workspace, base_parameters={EVIL: EVIL}, path=f"/Shared/{EVIL.replace('/', '')}")
    for url in (run["run_page_url"], run["tasks"][0]["run_page_url"], "/jobs", "/compute"):
        page = page_of(workspace, url)
        assert "<script" not in page, url
        assert "&lt;script&gt;" in page, url
    cluster_id = run["tasks"][0]["cluster_instance"]["cluster_id"]
    assert "<script" not in workspace.page(f"/compute/clusters/{cluster_id}")


def test_what_is_displayed_has_no_rights(workspace: Workspace, stage: Stage) -> None:
    cell = CellRecord(1, "python", "", "x", "success", html=("<b>table</b>",))
    stage.play = lambda _: NotebookResult("success", cells=(cell,))
    run = finished(workspace)
    path = run["run_page_url"].removeprefix("http://127.0.0.1:8123")
    response = workspace.raw("GET", path, token=None)
    assert '<iframe sandbox srcdoc="&lt;b&gt;table&lt;/b&gt;">' in response.get_data(as_text=True)
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_page_of_a_run_that_goes_on_renews_itself(workspace: Workspace, stage: Stage) -> None:
    stage.play = lambda _: None
    task = {"task_key": "t", "notebook_task": {"notebook_path": workspace.notebook()}}
    run_id = workspace.post("2.1/jobs/runs/submit", tasks=[task])["run_id"]
    until(lambda: stage.running, "the run")
    run = workspace.run_reaches(run_id, "RUNNING")
    assert 'http-equiv="refresh"' in page_of(workspace, run["run_page_url"])


def test_several_tasks_are_listed_with_their_pages(workspace: Workspace) -> None:
    run = finished(workspace, "a", "b")
    page = page_of(workspace, run["run_page_url"])
    for task in run["tasks"]:
        assert f"/jobs/{run['job_id']}/runs/{task['run_id']}" in page
    assert "done" in page_of(workspace, run["tasks"][1]["run_page_url"])


def test_what_a_script_prints_is_shown(workspace: Workspace, stage: Stage) -> None:
    stage.play = lambda _: NotebookResult("success", logs=f"epoch 1\n{EVIL}")
    run_id = workspace.post(
        "2.0/jobs/runs/submit",
        existing_cluster_id=workspace.cluster(),
        spark_python_task={"python_file": "dbfs:/x.py", "parameters": ["--fast"]},
    )["run_id"]
    page = page_of(workspace, workspace.run_ends(run_id)["run_page_url"])
    assert "epoch 1\n&lt;script&gt;" in page
    assert "--fast" in page


def test_pages_that_are_not_there(workspace: Workspace) -> None:
    run = finished(workspace)
    other = f"/jobs/{run['job_id'] + 1}/runs/{run['run_id']}"
    for path in ("/jobs/9/runs/99", "/jobs/99", "/compute/clusters/x", other):
        response = workspace.raw("GET", path, token=None)
        assert response.status_code == 404, path
        assert "does not exist" in response.get_data(as_text=True)
