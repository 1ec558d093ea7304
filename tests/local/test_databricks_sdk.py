"""databricks-sdk 0.156 and the SDK of databricks-cli 0.18, unmodified, against the local cloud."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import (
    InvalidParameterValue,
    NotFound,
    OperationFailed,
    PermissionDenied,
    ResourceAlreadyExists,
    ResourceDoesNotExist,
)
from databricks.sdk.service import compute, jobs, workspace
from databricks_cli.clusters.api import ClusterApi
from databricks_cli.jobs.api import JobsApi
from databricks_cli.sdk import ApiClient
from databricks_cli.workspace.api import WorkspaceApi

from modelyard.local.cloud.cloud import LocalCloud

CLOUD_SERVICES = ("entra", "arm", "databricks")

NOTEBOOK = b"""# Databricks notebook source
import json
dbutils.widgets.text("alpha", "0.5")
alpha = float(dbutils.widgets.get("alpha"))
print("alpha is", alpha)

# COMMAND ----------

if alpha > 1:
    raise ValueError("alpha is too large")
dbutils.notebook.exit(json.dumps({"alpha": alpha}))
"""
SOON = timedelta(seconds=60)


@pytest.fixture(scope="module")
def client(cloud: LocalCloud) -> WorkspaceClient:
    return WorkspaceClient(host=cloud.url, token=cloud.environment["DATABRICKS_TOKEN"])


@pytest.fixture(scope="module")
def cluster_id(client: WorkspaceClient) -> Iterator[str]:
    made = client.clusters.create_and_wait(
        cluster_name="ml",
        spark_version=client.clusters.select_spark_version(long_term_support=True, ml=True),
        node_type_id=client.clusters.select_node_type(local_disk=False, min_cores=4),
        num_workers=1,
        autotermination_minutes=20,
        timeout=SOON,
    )
    assert made.state is compute.State.RUNNING
    assert made.cluster_id
    yield made.cluster_id
    gone = client.clusters.delete(made.cluster_id).result(timeout=SOON)
    assert gone.termination_reason is not None
    assert gone.termination_reason.code is compute.TerminationReasonCode.USER_REQUEST


@pytest.fixture(scope="module")
def notebook(client: WorkspaceClient) -> str:
    client.workspace.mkdirs("/Shared/wine")
    client.workspace.upload(
        "/Shared/wine/train",
        io.BytesIO(NOTEBOOK),
        format=workspace.ImportFormat.SOURCE,
        language=workspace.Language.PYTHON,
        overwrite=True,
    )
    return "/Shared/wine/train"


def only_task(run: jobs.Run) -> int:
    assert run.tasks is not None
    run_id = run.tasks[0].run_id
    assert run_id is not None
    return run_id


def test_who_am_i(client: WorkspaceClient) -> None:
    assert client.current_user.me().user_name == "owner@modelyard.local"
    assert client.get_workspace_id() == 1000000000000001


def test_clusters(client: WorkspaceClient, cluster_id: str) -> None:
    assert cluster_id in [found.cluster_id for found in client.clusters.list()]
    events = {event.type for event in client.clusters.events(cluster_id)}
    assert {compute.EventType.CREATING, compute.EventType.RUNNING} <= events
    with pytest.raises(ResourceDoesNotExist):
        client.clusters.get("0101-000000-nowhere")
    with pytest.raises(InvalidParameterValue, match="Node type Big is not supported"):
        client.clusters.create(spark_version="15.4.x-scala2.12", node_type_id="Big", num_workers=1)


def test_notebooks(client: WorkspaceClient, notebook: str) -> None:
    status = client.workspace.get_status(notebook)
    assert status.object_type is workspace.ObjectType.NOTEBOOK
    with client.workspace.download(notebook) as content:
        assert content.read() == NOTEBOOK
    with pytest.raises(ResourceAlreadyExists):
        client.workspace.upload(
            notebook,
            io.BytesIO(NOTEBOOK),
            format=workspace.ImportFormat.SOURCE,
            language=workspace.Language.PYTHON,
        )
    client.workspace.upload(
        "/Shared/wine/data.csv", io.BytesIO(b"a,b\n"), format=workspace.ImportFormat.AUTO
    )
    listed = {found.path: found.object_type for found in client.workspace.list("/Shared/wine")}
    assert listed["/Shared/wine/data.csv"] is workspace.ObjectType.FILE
    with pytest.raises(NotFound):
        client.workspace.get_status("/Shared/nothing")


def test_dbfs(client: WorkspaceClient) -> None:
    content = bytes(range(256)) * 10_000
    client.dbfs.upload("/sdk/large.bin", io.BytesIO(content))
    with client.dbfs.download("/sdk/large.bin") as file:
        assert file.read() == content
    assert [info.path for info in client.dbfs.list("/sdk")] == ["/sdk/large.bin"]
    client.dbfs.delete("/sdk", recursive=True)
    assert not client.dbfs.exists("/sdk")


def test_volumes(client: WorkspaceClient, tmp_path: Path) -> None:
    volume = "/Volumes/main/default/data"
    client.files.create_directory(f"{volume}/raw")
    client.files.upload(f"{volume}/raw/a.txt", io.BytesIO(b"text"), overwrite=True)
    downloaded = client.files.download(f"{volume}/raw/a.txt")
    assert downloaded.contents is not None
    assert downloaded.contents.read() == b"text"
    assert client.files.get_metadata(f"{volume}/raw/a.txt").content_length == 4
    entries = list(client.files.list_directory_contents(f"{volume}/raw"))
    assert [(entry.name, entry.file_size) for entry in entries] == [("a.txt", 4)]
    with pytest.raises(NotFound):
        client.files.upload("/Volumes/other/s/v/a.txt", io.BytesIO(b"x"))
    client.files.delete(f"{volume}/raw/a.txt")
    client.files.delete_directory(f"{volume}/raw")


def test_large_files_are_sent_and_fetched_whole(cloud: LocalCloud, tmp_path: Path) -> None:
    """Above a size the SDK asks for parts; without presigned URLs it sends the whole file."""
    client = WorkspaceClient(host=cloud.url, token=cloud.environment["DATABRICKS_TOKEN"])
    config: Any = client.files._config  # type: ignore[attr-defined]
    config.files_ext_multipart_upload_min_stream_size = 1024
    config.files_ext_parallel_download_min_file_size = 1024
    content = bytes(range(256)) * 8_000
    path = "/Volumes/main/default/data/large.bin"
    client.files.upload(path, io.BytesIO(content))
    client.files.download_to(path, str(tmp_path / "back.bin"))
    assert (tmp_path / "back.bin").read_bytes() == content


def test_secrets(client: WorkspaceClient) -> None:
    client.secrets.create_scope("sdk")
    client.secrets.put_secret("sdk", "key", string_value="geheim")
    assert client.dbutils.secrets.get("sdk", "key") == "geheim"
    assert [secret.key for secret in client.secrets.list_secrets("sdk")] == ["key"]
    client.secrets.delete_scope("sdk")
    with pytest.raises(ResourceDoesNotExist):
        client.secrets.get_secret("sdk", "key")


def test_a_job_is_run_with_parameters(
    client: WorkspaceClient, cluster_id: str, notebook: str
) -> None:
    task = jobs.Task(
        task_key="train",
        existing_cluster_id=cluster_id,
        notebook_task=jobs.NotebookTask(notebook, base_parameters={"alpha": "0.5"}),
    )
    job_id = client.jobs.create(name="train", tasks=[task]).job_id
    assert job_id is not None
    run = client.jobs.run_now(job_id, notebook_params={"alpha": "0.25"}).result(timeout=SOON)
    assert run.state is not None
    assert run.state.result_state is jobs.RunResultState.SUCCESS
    assert run.status is not None
    assert run.status.state is jobs.RunLifecycleStateV2State.TERMINATED
    output = client.jobs.get_run_output(only_task(run))
    assert output.notebook_output is not None
    assert json.loads(output.notebook_output.result or "") == {"alpha": 0.25}
    with pytest.raises(InvalidParameterValue, match="multiple tasks"):
        client.jobs.get_run_output(run.run_id or 0)
    assert [job.job_id for job in client.jobs.list(name="TRAIN")] == [job_id]
    client.jobs.delete(job_id)


def test_a_failure_is_told_with_its_error_and_its_place(
    client: WorkspaceClient, cluster_id: str, notebook: str
) -> None:
    task = jobs.SubmitTask(
        task_key="train",
        existing_cluster_id=cluster_id,
        notebook_task=jobs.NotebookTask(notebook, base_parameters={"alpha": "7"}),
    )
    waiter = client.jobs.submit(run_name="bad", tasks=[task])
    with pytest.raises(OperationFailed, match="Task train failed with message: Workload failed"):
        waiter.result(timeout=SOON)
    run = client.jobs.get_run(waiter.run_id)
    output = client.jobs.get_run_output(only_task(run))
    assert output.error == "ValueError: alpha is too large"
    assert "cell 2, line 2" in (output.error_trace or "")


def test_a_submission_is_made_once(client: WorkspaceClient, cluster_id: str, notebook: str) -> None:
    task = jobs.SubmitTask(
        task_key="t", existing_cluster_id=cluster_id, notebook_task=jobs.NotebookTask(notebook)
    )
    first = client.jobs.submit(tasks=[task], idempotency_token="attempt-1")
    again = client.jobs.submit(tasks=[task], idempotency_token="attempt-1")
    assert first.run_id == again.run_id
    assert first.result(timeout=SOON).state


def test_tokens(client: WorkspaceClient, cloud: LocalCloud) -> None:
    made = client.tokens.create(comment="short", lifetime_seconds=600)
    assert made.token_info is not None
    other = WorkspaceClient(host=cloud.url, token=made.token_value)
    assert other.current_user.me().user_name == "owner@modelyard.local"
    client.tokens.delete(made.token_info.token_id or "")
    with pytest.raises(PermissionDenied, match="Invalid access token"):
        other.clusters.get("x")


def test_the_real_host_name_is_the_same_workspace(
    inside_cloud: dict[str, str], notebook: str
) -> None:
    """Environment only: DATABRICKS_HOST, DATABRICKS_TOKEN, HTTPS_PROXY and the CA."""
    client = WorkspaceClient()
    assert client.config.host.startswith("https://adb-")
    assert client.workspace.get_status(notebook).path == notebook


def test_the_sdk_of_the_old_command_line(
    inside_cloud: dict[str, str], client: WorkspaceClient, cluster_id: str, notebook: str
) -> None:
    api = ApiClient(host=inside_cloud["DATABRICKS_HOST"], token=inside_cloud["DATABRICKS_TOKEN"])
    listed = ClusterApi(api).list_clusters()["clusters"]
    assert cluster_id in [found["cluster_id"] for found in listed]
    assert notebook in [found.path for found in WorkspaceApi(api).list_objects("/Shared/wine")]
    job = {
        "name": "old",
        "existing_cluster_id": cluster_id,
        "notebook_task": {"notebook_path": notebook},
    }
    job_id = JobsApi(api).create_job(job)["job_id"]
    assert JobsApi(api).run_now(job_id, None, {"alpha": "0.5"}, None, None)["run_id"]
    JobsApi(api).delete_job(job_id)
