"""A job that is cancelled while a run goes on: the run is cancelled too, and the log says so."""

from __future__ import annotations

import base64
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from modelyard import operations
from modelyard.local.runner.job import Result
from modelyard.local.runner.task_definition import read
from modelyard.local.runner.task_process import Patience
from parity import scenario
from parity.act import Runner
from parity.as_actions import github_step
from parity.as_tasks import start_task_job, task_step
from parity.scenario import WORKSPACE
from parity.task_run import StepResult, run_post_job, run_task
from parity.ways import NewPlace, Place, Step

SERVICES = ("entra", "arm", "databricks")
NOTEBOOK = "/Shared/wait"
ENDED = ("TERMINATED", "INTERNAL_ERROR", "SKIPPED")


class Workspace:
    """The workspace as anybody sees it."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["Authorization"] = f"Bearer {place.secrets['databricks-token']}"

    def call(self, method: str, to: str, /, **fields: Any) -> dict[str, Any]:
        given = {"params" if method == "GET" else "json": fields}
        url = f"{self.place.cloud.url}/api/{to}"
        answer = self.http.request(method, url, timeout=30, **given)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def prepare(self) -> str:
        """Import the notebook and start a cluster; its id."""
        self.call("POST", "2.0/workspace/mkdirs", path="/Shared")
        content = base64.b64encode(scenario.WAIT.encode()).decode()
        fields = {"format": "SOURCE", "language": "PYTHON", "content": content}
        self.call("POST", "2.0/workspace/import", path=NOTEBOOK, **fields)
        spec = {"spark_version": "15.4.x-scala2.12", "node_type_id": "Standard_DS3_v2"}
        made = self.call("POST", "2.0/clusters/create", cluster_name="wait", num_workers=1, **spec)
        cluster = str(made["cluster_id"])

        def runs() -> bool:
            return bool(
                self.call("GET", "2.0/clusters/get", cluster_id=cluster)["state"] == "RUNNING"
            )

        until(runs)
        return cluster

    def runs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", "2.1/jobs/runs/list").get("runs", [])
        return [run["state"] for run in found]

    def one_is_running(self) -> bool:
        return any(state["life_cycle_state"] == "RUNNING" for state in self.runs())

    def assert_cancelled(self) -> None:
        [state] = self.runs()
        assert state["life_cycle_state"] in ENDED
        assert state["result_state"] == "CANCELED"


def until(condition: Any) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


@pytest.fixture
def workspace(new_place: NewPlace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    files = tmp_path_factory.mktemp("nothing")
    (files / "README.md").write_text("nothing\n")
    with new_place(files, SERVICES) as place:
        made = Workspace(place)
        yield made
        made.http.close()


def job_run(cluster: str, gate: Path) -> Step:
    return Step(
        "job-run",
        {
            **WORKSPACE,
            "job": "wait",
            "notebook": NOTEBOOK,
            "cluster-id": cluster,
            "parameters": f"gate={gate}",
        },
    )


def test_a_task(workspace: Workspace, tmp_path: Path) -> None:
    place = workspace.place
    step = task_step(job_run(workspace.prepare(), tmp_path / "never"))
    running = start_task_job(place)
    definition = read(running.task(operations.load("job-run")))
    cancelled, log = threading.Event(), list[str]()
    results: list[StepResult] = []

    def run() -> None:
        results.append(run_task(definition, step, running.job, log.append, cancelled=cancelled))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        until(lambda: workspace.one_is_running() or not thread.is_alive())
    finally:
        cancelled.set()
        thread.join()
    [done] = results
    assert done.result is Result.CANCELED, log
    assert done.exit_code == 130
    workspace.assert_cancelled()
    assert done.outputs["error"] == "cancelled by SIGINT"
    running.job.set_result(done.result)
    released: list[str] = []
    after = run_post_job(definition, step, running.job, released.append, done.task_variables)
    assert after is not None
    assert after.result is Result.SUCCEEDED
    # The step itself had the time to see its run end: nothing is left to stop, and it says so.
    assert "job-run: nothing to release" in released


def test_a_task_that_is_killed_leaves_it_to_its_release_step(
    workspace: Workspace, tmp_path: Path
) -> None:
    place = workspace.place
    step = task_step(job_run(workspace.prepare(), tmp_path / "never"))
    running = start_task_job(place)
    definition = read(running.task(operations.load("job-run")))
    log: list[str] = []
    results: list[StepResult] = []
    cancelled = threading.Event()

    def run() -> None:
        results.append(
            run_task(
                definition, step, running.job, log.append, cancelled=cancelled,
                patience=Patience(interrupt=0.0, terminate=0.0, streams=5.0),
            )
        )  # fmt: skip

    thread = threading.Thread(target=run)
    thread.start()
    try:
        until(lambda: workspace.one_is_running() or not thread.is_alive())
    finally:
        cancelled.set()
        thread.join()
    [done] = results
    assert done.result is Result.CANCELED
    running.job.set_result(done.result)
    released: list[str] = []
    after = run_post_job(definition, step, running.job, released.append, done.task_variables)
    assert after is not None
    assert after.result is Result.SUCCEEDED, released
    until(lambda: all(state["life_cycle_state"] in ENDED for state in workspace.runs()))
    workspace.assert_cancelled()


def action(runner: int) -> psutil.Process:
    """The Node process of the action that a runner has started."""
    [found] = (
        one
        for one in psutil.Process(runner).children(recursive=True)
        if any(part.endswith("main.js") for part in one.cmdline())
    )
    return found


# GitHub's runner sends SIGINT to the action first. act kills it at once: its part is played here.
def test_an_action(workspace: Workspace, tmp_path: Path) -> None:
    place = workspace.place
    step = job_run(workspace.prepare(), tmp_path / "never")
    interrupted = threading.Event()

    def watch(process: subprocess.Popen[str], _event: dict[str, Any]) -> None:
        if not interrupted.is_set() and workspace.one_is_running():
            interrupted.set()
            action(process.pid).send_signal(signal.SIGINT)

    done = Runner(place.checkout, place.tools, place.environment()).run(
        [github_step(step)],
        files=place.files,
        secrets={"DATABRICKS_TOKEN": place.secrets["databricks-token"]},
        watch=watch,
    )
    assert interrupted.is_set(), done.log
    assert done.steps["job-run"].code == 130
    assert done.steps["job-run"].outputs["error"] == "cancelled by SIGINT"
    assert done.steps["job-run"].post_result == "success"

    until(lambda: all(state["life_cycle_state"] in ENDED for state in workspace.runs()))
    workspace.assert_cancelled()
