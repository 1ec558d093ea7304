from __future__ import annotations

from databricks_service import Workspace, until


def test_an_empty_workspace(workspace: Workspace) -> None:
    assert "No jobs yet." in workspace.page("/jobs")
    assert "No clusters yet." in workspace.page("/compute")


def test_jobs_and_their_runs(workspace: Workspace) -> None:
    task = {"task_key": "t", "notebook_task": {"notebook_path": workspace.notebook()}}
    job_id = workspace.post("2.1/jobs/create", name="train", tasks=[task])["job_id"]
    run_id = workspace.post("2.1/jobs/run-now", job_id=job_id)["run_id"]
    workspace.run_ends(run_id)
    for path in ("/jobs", f"/jobs/{job_id}"):
        page = workspace.page(path)
        assert f'href="/jobs/{job_id}/runs/{run_id}"' in page
        assert "SUCCESS" in page
    assert "notebook_path" in workspace.page(f"/jobs/{job_id}")
    submitted = workspace.post("2.1/jobs/runs/submit", tasks=[task], run_name="once")["run_id"]
    run = workspace.run_ends(submitted)
    assert "once" in workspace.page(f"/jobs/{run['job_id']}")


def test_a_cluster_with_its_libraries_and_events(workspace: Workspace) -> None:
    cluster_id = workspace.cluster()
    library = {"pypi": {"package": "numpy"}}
    workspace.post("libraries/install", cluster_id=cluster_id, libraries=[library])

    def installed() -> str:
        page = workspace.page(f"/compute/clusters/{cluster_id}")
        return page if "INSTALLED" in page else ""

    page = until(installed, "the installed library")
    for told in ("RUNNING", "DRIVER_HEALTHY", "15.4.x-cpu-ml-scala2.12"):
        assert told in page
    assert f'href="/compute/clusters/{cluster_id}"' in workspace.page("/compute")
