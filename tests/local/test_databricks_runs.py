"""What really happens: driver processes, installed libraries, files that notebooks and the API
share."""

from __future__ import annotations

import io
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import compute, jobs, workspace

from modelyard.local.cloud.cloud import LocalCloud
from wheels import make_wheel

CLOUD_SERVICES = ("entra", "arm", "databricks")
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


@pytest.fixture(scope="module")
def bench(cloud: LocalCloud) -> Bench:
    return Bench(WorkspaceClient(host=cloud.url, token=cloud.environment["DATABRICKS_TOKEN"]))


@pytest.fixture(scope="module")
def cluster_id(bench: Bench) -> str:
    return bench.cluster(cluster_name="shared")


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


def test_a_notebook_works_with_the_workspace(bench: Bench, cluster_id: str) -> None:
    bench.client.secrets.create_scope("runs")
    bench.client.secrets.put_secret("runs", "key", string_value="a-long-secret")
    bench.notebook("/Shared/shared_code", "def double(x):\n    return 2 * x\n")
    path = bench.notebook(
        "/Shared/works",
        """
# MAGIC %run ./shared_code
# COMMAND ----------
import json, os
secret = dbutils.secrets.get("runs", "key")
print("the secret is", secret)
os.makedirs("/dbfs/runs", exist_ok=True)
with open("/dbfs/runs/result.json", "w") as file:
    json.dump({"doubled": double(21)}, file)
with open("/Workspace/Shared/from_notebook.txt", "w") as file:
    file.write("hello")
facts = {"length": len(secret), "files": [f.path for f in dbutils.fs.ls("dbfs:/runs")],
         "runtime": os.environ["DATABRICKS_RUNTIME_VERSION"]}
dbutils.notebook.exit(json.dumps(facts))
""",
    )
    run_id = bench.submit(**on(cluster_id, path))
    facts = json.loads(bench.result(run_id))
    assert facts == {"length": 13, "files": ["dbfs:/runs/result.json"], "runtime": "15.4"}
    with bench.client.dbfs.download("/runs/result.json") as file:
        assert json.loads(file.read()) == {"doubled": 42}
    with bench.client.workspace.download("/Shared/from_notebook.txt") as content:
        assert content.read() == b"hello"
    page = requests.get(bench.client.jobs.get_run(run_id).run_page_url or "", timeout=10)
    assert page.status_code == 200
    assert "the secret is [REDACTED]" in page.text
    assert "a-long-secret" not in page.text


def test_a_run_acts_as_its_creator_and_only_while_it_goes(
    bench: Bench, cluster_id: str, cloud: LocalCloud
) -> None:
    path = bench.notebook(
        "/Shared/who",
        """
import os, requests
token = os.environ["DATABRICKS_TOKEN"]
answer = requests.get(os.environ["DATABRICKS_HOST"] + "/api/2.0/preview/scim/v2/Me",
                      headers={"Authorization": "Bearer " + token}).json()
with open("/dbfs/token", "w") as file:
    file.write(token)
dbutils.notebook.exit(answer["userName"])
""",
    )
    assert bench.result(bench.submit(**on(cluster_id, path))) == "owner@modelyard.local"
    token = (cloud.folder / "databricks" / "dbfs" / "token").read_text()
    assert token != cloud.environment["DATABRICKS_TOKEN"]
    answer = requests.get(
        f"{cloud.url}/api/2.0/clusters/list",
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    assert answer.status_code == 403


def test_a_python_file_with_arguments(bench: Bench, cluster_id: str) -> None:
    bench.client.dbfs.upload(
        "/scripts/train.py", io.BytesIO(b"import sys\nprint('got', sys.argv[1:])\n"), overwrite=True
    )
    run_id = bench.submit(
        existing_cluster_id=cluster_id,
        spark_python_task={"python_file": "dbfs:/scripts/train.py", "parameters": ["--a", "1"]},
    )
    assert bench.finish(run_id) == ("TERMINATED", "SUCCESS")
    assert "got ['--a', '1']" in (bench.output(run_id).logs or "")


def test_tasks_hand_on_values(bench: Bench, cluster_id: str) -> None:
    bench.notebook("/Shared/first", "dbutils.jobs.taskValues.set('auc', 0.9)\n")
    bench.notebook(
        "/Shared/second",
        "auc = dbutils.jobs.taskValues.get('first', 'auc')\n"
        "dbutils.notebook.exit(f'{auc} ' + dbutils.widgets.get('again'))\n",
    )
    tasks = [
        {"task_key": "first", **on(cluster_id, "/Shared/first")},
        {
            "task_key": "second",
            "depends_on": [{"task_key": "first"}],
            **on(cluster_id, "/Shared/second", again="{{tasks.first.values.auc}}"),
        },
    ]
    answer = bench.client.api_client.do("POST", "/api/2.1/jobs/runs/submit", body={"tasks": tasks})
    assert isinstance(answer, dict)
    assert bench.result(int(answer["run_id"])) == "0.9 0.9"


def test_cancelling_ends_every_process_of_the_run(
    bench: Bench, cluster_id: str, cloud: LocalCloud
) -> None:
    run_id = bench.submit(**on(cluster_id, sleeper(bench, "cancelled")))
    found = processes(cloud, "cancelled")
    bench.client.jobs.cancel_run(run_id)
    assert bench.finish(run_id) == ("TERMINATED", "CANCELED")
    assert all_gone(found)
    assert driver_of(cloud, cluster_id).is_running()


def test_a_time_out_ends_every_process_of_the_run(
    bench: Bench, cluster_id: str, cloud: LocalCloud
) -> None:
    run_id = bench.submit(**on(cluster_id, sleeper(bench, "late")), timeout_seconds=2)
    found = processes(cloud, "late")
    assert bench.finish(run_id) == ("TERMINATED", "TIMEDOUT")
    assert all_gone(found)


def test_a_driver_that_is_killed(bench: Bench, cloud: LocalCloud) -> None:
    cluster_id = bench.cluster(cluster_name="doomed")
    run_id = bench.submit(**on(cluster_id, sleeper(bench, "lost")))
    found = processes(cloud, "lost")
    os.kill(driver_of(cloud, cluster_id).pid, signal.SIGKILL)
    assert bench.finish(run_id) == ("INTERNAL_ERROR", "FAILED")
    details = bench.task(run_id).status
    assert details is not None
    assert details.termination_details is not None
    assert details.termination_details.code is jobs.TerminationCodeCode.DRIVER_ERROR
    gone = bench.client.clusters.wait_get_cluster_terminated(cluster_id)
    assert gone.termination_reason is not None
    assert gone.termination_reason.code is compute.TerminationReasonCode.DRIVER_UNREACHABLE
    assert all_gone(found)
    # It can be started again, and works.
    bench.client.clusters.start_and_wait(cluster_id)
    path = bench.notebook("/Shared/again", "dbutils.notebook.exit('alive')\n")
    assert bench.result(bench.submit(**on(cluster_id, path))) == "alive"
    bench.client.clusters.permanent_delete(cluster_id)


def test_terminating_a_cluster_ends_its_driver(bench: Bench, cloud: LocalCloud) -> None:
    cluster_id = bench.cluster(cluster_name="short")
    driver = driver_of(cloud, cluster_id)
    bench.client.clusters.delete(cluster_id).result()
    assert all_gone([driver])


def test_a_new_cluster_is_gone_after_its_run(bench: Bench) -> None:
    path = bench.notebook("/Shared/once", "dbutils.notebook.exit('once')\n")
    run_id = bench.submit(new_cluster=CLUSTER, notebook_task={"notebook_path": path})
    assert bench.result(run_id) == "once"
    instance = bench.task(run_id).cluster_instance
    assert instance is not None
    assert instance.cluster_id is not None
    gone = bench.client.clusters.wait_get_cluster_terminated(instance.cluster_id)
    assert gone.termination_reason is not None
    assert gone.termination_reason.code is compute.TerminationReasonCode.JOB_FINISHED


@pytest.fixture(scope="module")
def wheel_paths(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A wheel in each file system, and a requirements file that names one."""
    folder = tmp_path_factory.mktemp("wheels")
    bench.client.files.create_directory("/Volumes/main/default/libs")
    made = {}
    for place in ("dbfs", "volumes", "workspace"):
        wheel = make_wheel(folder, f"wine_{place}", "1.0", f"PLACE = {place!r}\n")
        made[place] = {
            "dbfs": f"dbfs:/libs/{wheel.name}",
            "volumes": f"/Volumes/main/default/libs/{wheel.name}",
            "workspace": f"/Workspace/Shared/{wheel.name}",
        }[place]
        content = io.BytesIO(wheel.read_bytes())
        if place == "dbfs":
            bench.client.dbfs.upload(made[place], content, overwrite=True)
        elif place == "volumes":
            bench.client.files.upload(made[place], content)
        else:
            target = made[place].removeprefix("/Workspace")
            bench.client.workspace.upload(target, content, format=workspace.ImportFormat.AUTO)
    return made


def test_libraries_are_really_installed(bench: Bench, wheel_paths: dict[str, str]) -> None:
    cluster_id = bench.cluster(cluster_name="libraries")
    wheels = [compute.Library(whl=path) for path in wheel_paths.values()]
    bench.client.libraries.install(cluster_id, wheels)
    statuses = {status.status for status in bench.libraries(cluster_id)}
    assert statuses == {compute.LibraryInstallStatus.INSTALLED}
    path = bench.notebook(
        "/Shared/imports",
        "import wine_dbfs, wine_volumes, wine_workspace\n"
        "dbutils.notebook.exit(wine_dbfs.PLACE + wine_volumes.PLACE + wine_workspace.PLACE)\n",
    )
    assert bench.result(bench.submit(**on(cluster_id, path))) == "dbfsvolumesworkspace"
    # Gone after an uninstall and a restart, and not before.
    bench.client.libraries.uninstall(cluster_id, wheels[:1])
    assert bench.result(bench.submit(**on(cluster_id, path)))
    bench.client.clusters.restart_and_wait(cluster_id)
    left = bench.libraries(cluster_id)
    assert len(left) == 2
    run_id = bench.submit(**on(cluster_id, path))
    assert bench.finish(run_id) == ("TERMINATED", "FAILED")
    assert bench.output(run_id).error == "ModuleNotFoundError: No module named 'wine_dbfs'"
    bench.client.clusters.permanent_delete(cluster_id)


def test_a_library_that_cannot_be_installed_says_what_pip_said(
    bench: Bench, cluster_id: str, tmp_path: Path
) -> None:
    broken = make_wheel(tmp_path, "broken", "1.0", "", requires="no-such-package-of-nobody==9.9")
    bench.client.dbfs.upload(f"/libs/{broken.name}", io.BytesIO(broken.read_bytes()))
    library = {"whl": f"dbfs:/libs/{broken.name}"}
    path = bench.notebook("/Shared/never", "print('never')\n")
    run_id = bench.submit(**on(cluster_id, path), libraries=[library])
    assert bench.finish(run_id) == ("INTERNAL_ERROR", "FAILED")
    state = bench.task(run_id).state
    assert state is not None
    assert "Library installation failed for library due to user error" in (
        state.state_message or ""
    )
    assert "no-such-package-of-nobody" in (state.state_message or "")
    statuses = {s.status for s in bench.libraries(cluster_id)}
    assert statuses == {compute.LibraryInstallStatus.FAILED}


def test_a_cloud_that_stops_leaves_nothing_running_and_tells_the_truth(
    tmp_path: Path,
) -> None:
    with LocalCloud(tmp_path / "state", services=("entra", "databricks")) as cloud:
        token = cloud.environment["DATABRICKS_TOKEN"]
        bench = Bench(WorkspaceClient(host=cloud.url, token=token))
        cluster_id = bench.cluster()
        run_id = bench.submit(**on(cluster_id, sleeper(bench, "stopped")))
        found = [*processes(cloud, "stopped"), driver_of(cloud, cluster_id)]
    assert all_gone(found)
    with LocalCloud(tmp_path / "state", services=("entra", "databricks")) as cloud:
        bench = Bench(WorkspaceClient(host=cloud.url, token=token))
        assert bench.state(run_id) == ("INTERNAL_ERROR", "FAILED")
        known = bench.client.clusters.get(cluster_id)
        assert known.state is compute.State.TERMINATED
        assert known.termination_reason is not None
        assert (
            known.termination_reason.code is compute.TerminationReasonCode.CLOUD_PROVIDER_SHUTDOWN
        )
        bench.client.clusters.start_and_wait(cluster_id)
