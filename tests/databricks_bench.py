"""What tests with a real workspace of the local cloud do often: clusters, notebooks, runs."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

import psutil
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import compute, jobs, workspace

from modelyard.local.cloud.cloud import LocalCloud

DEADLINE = 60.0

CLUSTER: dict[str, Any] = {
    "spark_version": "15.4.x-cpu-ml-scala2.12",
    "node_type_id": "Standard_DS3_v2",
    "num_workers": 1,
}


def until(reached: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        value = reached()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {DEADLINE} s")


class Bench:
    """A workspace with what these tests do over and over."""

    def __init__(self, client: WorkspaceClient) -> None:
        self.client = client

    def cluster(self, **fields: Any) -> str:
        return str(self.client.clusters.create_and_wait(**{**CLUSTER, **fields}).cluster_id)

    def notebook(self, path: str, source: str) -> str:
        self.client.workspace.upload(
            path,
            io.BytesIO(f"# Databricks notebook source\n{source}".encode()),
            format=workspace.ImportFormat.SOURCE,
            language=workspace.Language.PYTHON,
            overwrite=True,
        )
        return path

    def submit(self, **task: Any) -> int:
        answer = self.client.api_client.do(
            "POST", "/api/2.1/jobs/runs/submit", body={"tasks": [{"task_key": "t", **task}]}
        )
        assert isinstance(answer, dict)
        return int(answer["run_id"])

    def task(self, run_id: int) -> jobs.RunTask:
        tasks = self.client.jobs.get_run(run_id).tasks
        assert tasks is not None
        return tasks[-1]

    def state(self, run_id: int) -> tuple[str, str]:
        state = self.task(run_id).state
        assert state is not None
        assert state.life_cycle_state is not None
        result = state.result_state.value if state.result_state else ""
        return state.life_cycle_state.value, result

    def finish(self, run_id: int) -> tuple[str, str]:
        until(lambda: (self.client.jobs.get_run(run_id).end_time or 0) > 0, f"the end of {run_id}")
        return self.state(run_id)

    def output(self, run_id: int) -> jobs.RunOutput:
        return self.client.jobs.get_run_output(self.task(run_id).run_id or 0)

    def result(self, run_id: int) -> str:
        """The exit value of a run that succeeded."""
        assert self.finish(run_id) == ("TERMINATED", "SUCCESS"), self.output(run_id)
        output = self.output(run_id).notebook_output
        assert output is not None
        return output.result or ""

    def libraries(self, cluster_id: str) -> list[compute.LibraryFullStatus]:
        waiting = {"PENDING", "RESOLVING", "INSTALLING"}

        def settled() -> Any:
            found = list(self.client.libraries.cluster_status(cluster_id))
            return found if all(s.status and s.status.value not in waiting for s in found) else None

        return list(until(settled, "the installation"))


def on(cluster_id: str, path: str, **parameters: str) -> dict[str, Any]:
    task = {"notebook_path": path, "base_parameters": parameters}
    return {"existing_cluster_id": cluster_id, "notebook_task": task}


def driver_of(cloud: LocalCloud, cluster_id: str) -> psutil.Process:
    record = cloud.cloud.store.get("databricks.clusters", cluster_id)
    assert record is not None
    return psutil.Process(record["driver_pid"])


SLEEPER = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open("/dbfs/pids/NAME", "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
time.sleep(600)
"""


def sleeper(bench: Bench, name: str) -> str:
    bench.client.dbfs.mkdirs("/pids")
    return bench.notebook(f"/Shared/{name}", SLEEPER.replace("NAME", name))


def processes(cloud: LocalCloud, name: str) -> list[psutil.Process]:
    """The notebook's process and its child, once they are there."""
    file = cloud.folder / "databricks" / "dbfs" / "pids" / name
    until(lambda: file.exists() and file.read_text().count(" ") == 1, "the notebook's start")
    return [psutil.Process(int(pid)) for pid in file.read_text().split()]


def all_gone(found: list[psutil.Process]) -> bool:
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in found)
