"""Clusters, pools and libraries as a user gets and stops them: the command line against a local
cloud, over HTTP, with what goes wrong on a bad day."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from modelyard.local.cloud.cloud import LocalCloud

CLOUD_SERVICES = ("entra", "arm", "databricks")
DEADLINE = 90.0
ALIVE = {"PENDING", "RUNNING", "RESTARTING", "RESIZING"}
SPEC = {
    "spark_version": "15.4.x-scala2.12",
    "node_type": "Standard_DS3_v2",
    "num_workers": 1,
    "autotermination_minutes": 30,
}


@pytest.fixture(scope="module", autouse=True)
def no_network() -> Iterator[None]:
    """pip of the clusters, which are children of this process, asks no package index."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        patch.delenv("PIP_FIND_LINKS", raising=False)
        yield


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    text: str
    outputs: dict[str, str]


class Job:
    """One job: the command line in a folder of its own; and the workspace as anybody sees it."""

    def __init__(self, cloud: LocalCloud, environment: dict[str, str], folder: Path) -> None:
        self.cloud, self.folder = cloud, folder
        self.environment = dict(environment)
        self.next_run()
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["Authorization"] = f"Bearer {environment['DATABRICKS_TOKEN']}"

    def next_run(self) -> None:
        """From now on it is another run of the pipeline."""
        self.job = self.folder / secrets.token_hex(4)
        self.environment["MODELYARD_JOB"] = str(self.job)

    def start(self, *arguments: str, **inputs: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "modelyard", *arguments]
        for name, value in inputs.items():
            command += [f"--{name.replace('_', '-')}", str(value)]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def end(self, process: subprocess.Popen[str], operation: str) -> Done:
        try:
            text, _ = process.communicate(timeout=DEADLINE)
        finally:
            process.kill()
        path = self.job / f"{operation}.outputs.json"
        outputs = json.loads(path.read_text()) if path.exists() else {}
        path.unlink(missing_ok=True)
        return Done(process.returncode, text, outputs)

    def run(self, operation: str, **inputs: object) -> Done:
        return self.end(self.start(operation, **inputs), operation)

    def release(self, operation: str = "cluster-start") -> Done:
        return self.end(self.start("release", operation), operation)

    def post(self, call: str, **body: Any) -> dict[str, Any]:
        url = f"{self.cloud.url}/api/2.0/{call}"
        answer = self.http.post(url, json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def get(self, call: str, **query: str) -> dict[str, Any]:
        url = f"{self.cloud.url}/api/2.0/{call}"
        found: dict[str, Any] = self.http.get(url, params=query, timeout=30).json()
        return found

    def clusters(self, name: str) -> list[dict[str, Any]]:
        listed = self.get("clusters/list").get("clusters", [])
        return [one for one in listed if one["cluster_name"] == name]

    def libraries(self, cluster_id: str) -> list[str]:
        answer = self.get("libraries/cluster-status", cluster_id=cluster_id)
        return [one["status"] for one in answer.get("library_statuses", [])]

    def own(self, method: str, path: str, body: object = None) -> Any:
        """The answer of the cloud's own interface."""
        answer = self.http.request(
            method,
            f"{self.cloud.url}/modelyard/{path}",
            json=body,
            headers=self.cloud.admin_headers,
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, **rule: object) -> None:
        self.own("POST", "faults", rule)

    def calls(self, path: str) -> list[dict[str, Any]]:
        answer = self.own("GET", "requests")
        return [one for one in answer["requests"] if one["path"].endswith(path)]

    def writes(self) -> list[str]:
        answer = self.own("GET", "requests")
        return [
            one["path"]
            for one in answer["requests"]
            if one["method"] != "GET" and one["path"].startswith("/api/")
        ]

    def forget(self) -> None:
        self.own("DELETE", "faults")
        self.own("DELETE", "requests")


@pytest.fixture
def job(
    cloud: LocalCloud,
    cloud_environment: dict[str, str],
    library_path: dict[str, str],
    tmp_path: Path,
) -> Iterator[Job]:
    environment = {**cloud_environment, "PYTHONPATH": library_path["PYTHONPATH"]}
    made = Job(cloud, environment, tmp_path)
    made.forget()
    yield made
    made.forget()
    for one in made.get("clusters/list").get("clusters", []):
        made.post("clusters/permanent-delete", cluster_id=one["cluster_id"])
    made.http.close()


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"t{secrets.token_hex(4)}"


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)


def wheel(project: str, version: str = "1.0") -> bytes:
    """A wheel with a module of the project's name."""
    info = f"{project}-{version}.dist-info"
    files = {
        f"{project}.py": f"VERSION = '{version}'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()
            record += f"{path},sha256={digest.rstrip('=')},{len(text)}\n"
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return buffer.getvalue()


def upload(job: Job, project: str) -> str:
    """The path of such a wheel where clusters see it."""
    path = f"/wheels/{project}-1.0-py3-none-any.whl"
    contents = base64.b64encode(wheel(project)).decode()
    job.post("dbfs/put", path=path, contents=contents, overwrite=True)
    return f"dbfs:{path}"


def test_a_cluster_is_created_and_stopped_at_the_end_of_the_job(job: Job, name: str) -> None:
    done = job.run("cluster-start", cluster_name=name, **SPEC)
    assert done.code == 0, done.text
    (cluster,) = job.clusters(name)
    assert cluster["state"] == "RUNNING"
    host = job.environment["DATABRICKS_HOST"]
    assert done.outputs == {
        "cluster-id": cluster["cluster_id"],
        "cluster-url": f"{host}/compute/clusters/{cluster['cluster_id']}",
        "state": "RUNNING",
        "created": "true",
        "action": "created",
    }
    page = job.http.get(f"{job.cloud.url}/compute/clusters/{cluster['cluster_id']}", timeout=30)
    assert page.status_code == 200, "the page that cluster-url names is there"
    released = job.release()
    assert released.code == 0, released.text
    assert f"cluster {name} ({cluster['cluster_id']}): terminated" in released.text
    assert [one["state"] for one in job.clusters(name)] == ["TERMINATED"]
    again = job.release()
    assert again.code == 0, again.text
    token = job.environment["DATABRICKS_TOKEN"]
    assert not any(token in one.text for one in (done, released, again))


def test_the_next_run_starts_updates_or_leaves_it_alone(job: Job, name: str) -> None:
    job.run("cluster-start", cluster_name=name, **SPEC, release="none")
    (cluster,) = job.clusters(name)
    job.next_run()
    same = job.run("cluster-start", cluster_name=name, **SPEC)
    assert (same.code, same.outputs["action"]) == (0, "left-alone"), same.text
    job.forget()
    wider = {**SPEC, "num_workers": 2}
    changed = job.run("cluster-start", cluster_name=name, **wider)
    assert (changed.code, changed.outputs["action"]) == (0, "updated"), changed.text
    assert "num_workers 1, asked for 2" in changed.text
    (now,) = job.clusters(name)
    assert (now["state"], now["num_workers"]) == ("RUNNING", 2)
    assert now["last_restarted_time"] > cluster["start_time"]
    assert job.release().code == 0
    assert [one["state"] for one in job.clusters(name)] == ["RUNNING"], "it wasn't ours to stop"
    stopped = job.run("cluster-stop", cluster_name=name)
    assert (stopped.code, stopped.outputs["action"]) == (0, "terminated"), stopped.text
    started = job.run("cluster-start", cluster_name=name, **wider)
    assert (started.code, started.outputs["action"]) == (0, "started"), started.text
    assert job.release().code == 0
    assert [one["state"] for one in job.clusters(name)] == ["TERMINATED"]


def test_a_cluster_for_one_run_is_gone_after_it(job: Job, name: str) -> None:
    job.environment["BUILD_BUILDID"] = "77"
    inputs = {"cluster_name": name, "name_suffix": "ENV_BUILD_BUILDID", **SPEC}
    done = job.run("cluster-start", **inputs)
    assert done.code == 0, done.text
    assert len(job.clusters(f"{name}-77")) == 1
    released = job.release()
    assert "deleted for ever" in released.text
    assert job.clusters(f"{name}-77") == []


def test_two_of_one_name_are_listed_and_left(job: Job, name: str) -> None:
    fields = {
        "cluster_name": name,
        "spark_version": SPEC["spark_version"],
        "node_type_id": SPEC["node_type"],
        "num_workers": 1,
    }
    ids = [job.post("clusters/create", **fields)["cluster_id"] for _ in range(2)]
    job.forget()
    done = job.run("cluster-start", cluster_name=name, **SPEC)
    assert done.code == 16, done.text
    assert all(one in done.outputs["error"] for one in ids)
    assert job.writes() == []


FAULTS: dict[str, list[dict[str, object]]] = {
    "the answer is lost": [{"action": "reset", "when": "after", "path": "*/clusters/create"}],
    "the answer is cut": [{"action": "cut", "when": "after", "path": "*/clusters/create"}],
    "503 after the effect": [
        {"action": "status", "status": 503, "when": "after", "path": "*/clusters/create"}
    ],
    "a page after the effect": [{"action": "html", "when": "after", "path": "*/clusters/create"}],
    "reset before it": [{"action": "reset", "path": "*/clusters/create"}],
    "every other read breaks": [
        {"action": "reset", "path": "*/clusters/get", "times": 2},
        {"action": "status", "status": 503, "path": "*/clusters/get", "times": 1},
        {"action": "status", "status": 500, "path": "*/clusters/list", "times": 1},
    ],
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_bad_days_make_exactly_one_cluster(
    job: Job, name: str, faults: list[dict[str, object]]
) -> None:
    for fault in faults:
        job.fault(**fault)
    done = job.run("cluster-start", cluster_name=name, **SPEC)
    assert done.code == 0, done.text
    assert [one["cluster_id"] for one in job.clusters(name)] == [done.outputs["cluster-id"]]
    assert done.outputs["created"] == "true"
    assert job.release().code == 0
    assert [one["state"] for one in job.clusters(name)] == ["TERMINATED"]


def test_lost_answers_to_what_sets_a_state_are_no_failure(job: Job, name: str) -> None:
    assert job.run("cluster-start", cluster_name=name, **SPEC, release="none").code == 0
    job.next_run()
    job.fault(action="reset", when="after", path="*/clusters/edit")
    edited = job.run("cluster-start", cluster_name=name, **{**SPEC, "num_workers": 2})
    assert (edited.code, edited.outputs["action"]) == (0, "updated"), edited.text
    assert [one["num_workers"] for one in job.clusters(name)] == [2]
    job.fault(action="reset", when="after", path="*/clusters/delete")
    job.fault(action="reset", when="after", path="*/clusters/permanent-delete")
    stopped = job.run("cluster-stop", cluster_name=name, permanent="true")
    assert (stopped.code, stopped.outputs["state"]) == (0, "DELETED"), stopped.text


def test_a_lost_answer_to_a_start_is_no_failure(job: Job, name: str) -> None:
    assert job.run("cluster-start", cluster_name=name, **SPEC).code == 0
    assert job.release().code == 0
    job.next_run()
    job.fault(action="reset", when="after", path="*/clusters/start")
    started = job.run("cluster-start", cluster_name=name, **SPEC)
    assert (started.code, started.outputs["action"]) == (0, "started"), started.text


def test_throttling_is_waited_out_as_long_as_the_service_asks(job: Job, name: str) -> None:
    headers = {"Retry-After": "2"}
    job.fault(action="status", status=429, headers=headers, path="*/clusters/create", times=1)
    done = job.run("cluster-start", cluster_name=name, **SPEC)
    assert done.code == 0, done.text
    refused, taken = job.calls("/clusters/create")
    assert refused["status"] == 429
    assert taken["time"] - refused["time"] >= 2
    assert len(job.clusters(name)) == 1


def test_a_page_in_place_of_the_workspace_is_no_success(job: Job, name: str) -> None:
    job.fault(action="html", path="*/clusters/list", times=None)
    done = job.run("cluster-start", cluster_name=name, **SPEC)
    assert done.code == 13, done.text
    assert "text/html" in done.outputs["error"]
    job.forget()
    assert job.clusters(name) == []


def test_a_policy_is_kept_before_anything_is_sent(job: Job, name: str) -> None:
    rules = {
        "num_workers": {"type": "range", "maxValue": 1},
        "instance_pool_id": {"type": "forbidden"},
    }
    job.post("policies/clusters/create", name=name, definition=json.dumps(rules))
    wide = {**SPEC, "num_workers": 3, "policy_name": name}
    refused = job.run("cluster-start", cluster_name=name, **wide)
    assert refused.code == 22, refused.text
    assert "num_workers: 3 isn't allowed" in refused.outputs["error"]
    assert job.calls("/api/2.1/clusters/create") == []
    fine = job.run("cluster-start", cluster_name=name, **{**wide, "num_workers": 1})
    assert fine.code == 0, fine.text
    job.next_run()
    again = job.run("cluster-start", cluster_name=name, **{**wide, "num_workers": 1})
    assert again.outputs["action"] == "left-alone", again.text


def test_what_a_policy_puts_in_is_no_difference_the_next_time(job: Job, name: str) -> None:
    rules = {
        "spark_conf.spark.speculation": {"type": "fixed", "value": "true"},
        "autotermination_minutes": {"type": "unlimited", "defaultValue": 20},
    }
    job.post("policies/clusters/create", name=name, definition=json.dumps(rules))
    inputs = {k: v for k, v in SPEC.items() if k != "autotermination_minutes"}
    inputs |= {"cluster_name": name, "policy_name": name, "spark_conf": '{"a": "b"}'}
    first = job.run("cluster-start", **inputs)
    assert first.code == 0, first.text
    (cluster,) = job.clusters(name)
    assert cluster["autotermination_minutes"] == 20
    assert cluster["spark_conf"] == {"a": "b", "spark.speculation": "true"}
    job.next_run()
    second = job.run("cluster-start", **inputs)
    assert second.outputs["action"] == "left-alone", second.text


def test_ready_means_that_the_libraries_can_be_used(job: Job, name: str) -> None:
    path = upload(job, f"{name}lib")
    inputs = {"cluster_name": name, **SPEC, "libraries": json.dumps([path])}
    done = job.run("cluster-start", **inputs)
    assert done.code == 0, done.text
    assert job.libraries(done.outputs["cluster-id"]) == ["INSTALLED"]
    job.forget()
    again = job.run("cluster-start", **inputs)
    assert "1 of the libraries asked for are there already" in again.text
    assert job.writes() == []


def test_every_library_that_fails_is_told_with_pips_words(job: Job, name: str) -> None:
    wanted = json.dumps(["no-such-package-at-all==9", "dbfs:/wheels/nothing.whl"])
    done = job.run("cluster-start", cluster_name=name, **SPEC, libraries=wanted)
    assert done.code == 35, done.text
    assert "2 of 2 libraries" in done.outputs["error"]
    assert "No matching distribution found for no-such-package-at-all==9" in done.outputs["error"]
    assert "dbfs:/wheels/nothing.whl" in done.outputs["error"]
    assert job.release().code == 0
    assert [one["state"] for one in job.clusters(name)] == ["TERMINATED"]


def test_a_driver_that_is_killed_ends_the_step_with_the_reason(job: Job, name: str) -> None:
    # Libraries are on their way for as long as the answers say so.
    pending = [{"library": {"whl": "dbfs:/x.whl"}, "status": "INSTALLING"}]
    body = {"cluster_id": "x", "library_statuses": pending}
    job.fault(action="status", status=200, body=body, path="*/libraries/cluster-status", times=None)
    step = job.start("cluster-start", cluster_name=name, **SPEC)
    until(lambda: len(job.calls("/libraries/cluster-status")) > 2, "it waits for libraries")
    (cluster,) = job.clusters(name)
    os.kill(driver_of(job, cluster["cluster_id"]), signal.SIGKILL)
    done = job.end(step, "cluster-start")
    assert done.code == 30, done.text
    assert "DRIVER_UNREACHABLE" in done.outputs["error"]


def driver_of(job: Job, cluster_id: str) -> int:
    """Process id of a cluster's driver."""
    document = job.cloud.cloud.store.get("databricks.clusters", cluster_id)
    assert document is not None
    return int(document["driver_pid"])


def stay_pending(job: Job, name: str) -> None:
    """Whoever reads a cluster from now on sees it coming up."""
    body = {"cluster_id": "x", "cluster_name": name, "state": "PENDING"}
    job.fault(action="status", status=200, body=body, path="*/clusters/get", times=None)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_cancelled_start_terminates_the_cluster_in_time(
    job: Job, name: str, number: int, code: int
) -> None:
    stay_pending(job, name)
    step = job.start("cluster-start", cluster_name=name, **SPEC)
    until(lambda: len(job.calls("/clusters/get")) > 1, "it waits for the cluster")
    sent = time.time()
    step.send_signal(number)
    done = job.end(step, "cluster-start")
    assert done.code == code, done.text
    (call,) = job.calls("/clusters/delete")
    assert call["time"] - sent <= 7
    job.forget()
    until(lambda: job.clusters(name)[0]["state"] == "TERMINATED", "it is terminated")
    assert job.release().code == 0


def test_a_step_that_is_killed_while_it_creates_leaves_nothing_behind(job: Job, name: str) -> None:
    job.fault(action="delay", seconds=3, when="after", path="*/clusters/create")
    step = job.start("cluster-start", cluster_name=name, **SPEC)
    until(lambda: job.clusters(name), "the cluster is there, its answer isn't")
    step.kill()
    assert job.end(step, "cluster-start").outputs.get("cluster-id") is None
    released = job.release()
    assert released.code == 0, released.text
    assert [one["state"] for one in job.clusters(name)] == ["TERMINATED"]


def test_a_step_that_waits_too_long_leaves_nothing_behind(job: Job, name: str) -> None:
    stay_pending(job, name)
    done = job.run("cluster-start", cluster_name=name, **SPEC, timeout_minutes=0.03)
    assert done.code == 36, done.text
    assert "still PENDING" in done.outputs["error"]
    job.forget()
    assert job.release().code == 0
    assert not {one["state"] for one in job.clusters(name)} & ALIVE


def test_a_state_nobody_knows_is_told_raw(job: Job, name: str) -> None:
    body = {"cluster_id": "x", "cluster_name": name, "state": "HIBERNATING"}
    job.fault(action="status", status=200, body=body, path="*/clusters/get", times=None)
    done = job.run("cluster-start", cluster_name=name, **SPEC)
    assert done.code == 34, done.text
    assert "'HIBERNATING'" in done.outputs["error"]


def test_a_dry_run_sends_nothing_that_writes(job: Job, name: str) -> None:
    told = job.run("cluster-start", cluster_name=name, **SPEC, dry_run="true")
    assert told.code == 0, told.text
    assert f"cluster {name}: would create it" in told.text
    assert job.writes() == []
    assert job.clusters(name) == []


def test_stopping_says_what_it_did(job: Job, name: str) -> None:
    missing = job.run("cluster-stop", cluster_name=name)
    assert missing.code == 14, missing.text
    fine = job.run("cluster-stop", cluster_name=name, missing="ok")
    assert (fine.code, fine.outputs["action"]) == (0, "left-alone")
    path = upload(job, f"{name}lib")
    inputs = {"cluster_name": name, **SPEC, "libraries": json.dumps([path]), "release": "none"}
    assert job.run("cluster-start", **inputs).code == 0
    stopped = job.run("cluster-stop", cluster_name=name, uninstall_libraries="true")
    assert stopped.code == 0, stopped.text
    assert "uninstalled 1 libraries" in stopped.text
    assert stopped.outputs["state"] == "TERMINATED"
    started = job.run("cluster-start", cluster_name=name, **SPEC, release="none")
    assert job.libraries(started.outputs["cluster-id"]) == [], started.text
    gone = job.run("cluster-stop", cluster_id=started.outputs["cluster-id"], permanent="true")
    assert (gone.code, gone.outputs["state"]) == (0, "DELETED"), gone.text
    assert job.clusters(name) == []


def test_libraries_of_a_running_cluster(job: Job, name: str) -> None:
    one, two = upload(job, f"{name}one"), upload(job, f"{name}two")
    cluster_id = job.run("cluster-start", cluster_name=name, **SPEC).outputs["cluster-id"]
    first = job.run("library-install", cluster_id=cluster_id, libraries=json.dumps([one]))
    assert (first.code, first.outputs["installed"]) == (0, "1"), first.text
    second = job.run(
        "library-install", cluster_name=name, libraries=json.dumps([two]), prune="true"
    )
    assert second.code == 0, second.text
    assert second.outputs["restart-needed"] == "true"
    assert sorted(job.libraries(cluster_id)) == ["INSTALLED", "UNINSTALL_ON_RESTART"]
    job.run("cluster-stop", cluster_id=cluster_id)
    stopped = job.run("library-install", cluster_id=cluster_id, libraries=json.dumps([one]))
    assert stopped.code == 30, stopped.text
    assert "on a running cluster only" in stopped.outputs["error"]


def test_an_instance_pool_and_a_cluster_from_it(job: Job, name: str) -> None:
    settings: dict[str, object] = {
        "pool_name": name,
        "node_type": "Standard_DS3_v2",
        "min_idle_instances": 0,
        "max_capacity": 5,
        "preloaded_spark_version": SPEC["spark_version"],
    }
    job.fault(action="reset", when="after", path="*/instance-pools/create")
    created = job.run("instance-pool", **settings)
    assert (created.code, created.outputs["action"]) == (0, "created"), created.text
    assert job.run("instance-pool", **settings).outputs["action"] == "left-alone"
    updated = job.run("instance-pool", **{**settings, "max_capacity": 9})
    assert (updated.code, updated.outputs["action"]) == (0, "updated"), updated.text
    pool_id = created.outputs["pool-id"]
    pool = job.get("instance-pools/get", instance_pool_id=pool_id)
    assert pool["max_capacity"] == 9
    assert pool["preloaded_spark_versions"] == [SPEC["spark_version"]]
    fixed = job.run("instance-pool", **{**settings, "node_type": "Standard_DS4_v2"})
    assert fixed.code == 15, fixed.text
    spec = {k: v for k, v in SPEC.items() if k != "node_type"}
    cluster = job.run("cluster-start", cluster_name=name, **spec, instance_pool_name=name)
    assert cluster.code == 0, cluster.text
    assert job.clusters(name)[0]["instance_pool_id"] == pool_id
    assert job.release().code == 0
    deleted = job.run("instance-pool", pool_name=name, ensure="absent")
    assert (deleted.code, deleted.outputs["action"]) == (0, "deleted"), deleted.text
    assert job.run("instance-pool", pool_name=name, ensure="absent").outputs == {
        "action": "left-alone"
    }
