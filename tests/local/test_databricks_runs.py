"""What really happens: driver processes, and files that notebooks and the API share."""

from __future__ import annotations

import io
import json
import os
import signal
from pathlib import Path

import pytest
import requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import compute, jobs

from databricks_bench import CLUSTER, Bench, all_gone, driver_of, on, processes, sleeper
from modelyard.local.cloud.cloud import LocalCloud

CLOUD_SERVICES = ("entra", "arm", "databricks")


@pytest.fixture(scope="module")
def bench(cloud: LocalCloud) -> Bench:
    return Bench(WorkspaceClient(host=cloud.url, token=cloud.environment["DATABRICKS_TOKEN"]))


@pytest.fixture(scope="module")
def cluster_id(bench: Bench) -> str:
    return bench.cluster(cluster_name="shared")


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
