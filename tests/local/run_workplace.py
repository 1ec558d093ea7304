"""What tests of runs share: the command line against a local cloud, and the workspace beside it."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from modelyard.local.cloud.cloud import LocalCloud

DEADLINE = 90.0
ENDED = {"TERMINATED", "SKIPPED", "INTERNAL_ERROR"}
TRAIN = """\
# Databricks notebook source
import json
import os
import time

dbutils.widgets.text("alpha", "0.5")
dbutils.widgets.text("mode", "train")
dbutils.widgets.text("gate", "")

# COMMAND ----------

# MAGIC %md
# MAGIC What the run is asked to do.

# COMMAND ----------

alpha, mode = float(dbutils.widgets.get("alpha")), dbutils.widgets.get("mode")
if mode == "wait":
    while not os.path.exists(dbutils.widgets.get("gate")):
        time.sleep(0.02)

# COMMAND ----------

if mode == "raise":
    raise ValueError("##vso[task.setvariable variable=stolen]1\\n::set-output name=stolen::1")
if mode == "die":
    os.kill(os.getppid() if dbutils.widgets.get("gate") == "parent" else os.getpid(), 9)
    time.sleep(600)

# COMMAND ----------

dbutils.notebook.exit(json.dumps({"metrics": {"rmse": 0.6 + alpha / 10}}))
"""
RAISED_IN = (4, 2)
"""Cell and line of the ``raise`` above."""
FILE_LINE = 1 + TRAIN.splitlines().index(next(x for x in TRAIN.splitlines() if "raise Va" in x))


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    text: str
    outputs: dict[str, str]
    seconds: float = 0.0


class Workplace:
    """A checkout, a pipeline run in it, and the workspace as anybody sees it."""

    def __init__(self, cloud: LocalCloud, environment: dict[str, str], folder: Path) -> None:
        self.cloud, self.folder = cloud, folder
        self.environment = {**environment, "TMPDIR": str(folder)}
        self._processes: list[subprocess.Popen[str]] = []
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
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._processes.append(process)
        return process

    def end(self, process: subprocess.Popen[str], operation: str) -> Done:
        start = time.monotonic()
        try:
            text, _ = process.communicate(timeout=DEADLINE)
        finally:
            process.kill()
        seconds = time.monotonic() - start
        path = self.job / f"{operation}.outputs.json"
        outputs = json.loads(path.read_text()) if path.exists() else {}
        path.unlink(missing_ok=True)
        return Done(process.returncode, text, outputs, seconds)

    def run(self, operation: str, **inputs: object) -> Done:
        return self.end(self.start(operation, **inputs), operation)

    def release(self, operation: str, **inputs: object) -> Done:
        return self.end(self.start("release", operation, **inputs), operation)

    def post(self, call: str, **body: Any) -> dict[str, Any]:
        answer = self.http.post(f"{self.cloud.url}/api/2.2/{call}", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def get(self, call: str, **query: object) -> dict[str, Any]:
        url = f"{self.cloud.url}/api/2.2/{call}"
        params = {name: str(value) for name, value in query.items()}
        found: dict[str, Any] = self.http.get(url, params=params, timeout=30).json()
        return found

    def add_notebook(self, path: str, text: str) -> None:
        self.post("workspace/mkdirs", path=path.rsplit("/", 1)[0])
        content = base64.b64encode(text.encode()).decode()
        fields = {"format": "SOURCE", "language": "PYTHON", "overwrite": True}
        self.post("workspace/import", path=path, content=content, **fields)

    def add_cluster(self) -> str:
        fields = {"spark_version": "15.4.x-scala2.12", "node_type_id": "Standard_DS3_v2"}
        name = f"c{secrets.token_hex(4)}"
        answer = self.post("clusters/create", cluster_name=name, num_workers=1, **fields)
        cluster_id = str(answer["cluster_id"])

        def running() -> bool:
            state = self.get("clusters/get", cluster_id=cluster_id)["state"]
            assert state in ("PENDING", "RUNNING")
            return bool(state == "RUNNING")

        until(running, "the cluster runs")
        return cluster_id

    def runs(self, job: str) -> list[dict[str, Any]]:
        """Every run of the jobs of this name, oldest first."""
        jobs = self.get("jobs/list", name=job).get("jobs", [])
        listed = [self.get("jobs/runs/list", job_id=job["job_id"]) for job in jobs]
        found = [run for answer in listed for run in answer.get("runs", [])]
        return sorted(found, key=lambda run: int(run["run_id"]))

    def states(self, job: str) -> list[str]:
        """The result of each run, or its life-cycle state before that."""
        states = [run["state"] for run in self.runs(job)]
        return [state.get("result_state") or state["life_cycle_state"] for state in states]

    def until_states(self, process: subprocess.Popen[str], job: str, *states: str) -> None:
        """Wait for the job's runs to be in these states, while the command goes on."""

        def there() -> bool:
            if process.poll() is not None:
                text, _ = process.communicate()
                raise AssertionError(f"it ended with {process.returncode}:\n{text}")
            return self.states(job) == list(states)

        until(there, f"the runs are {states}")

    def until_published(self, process: subprocess.Popen[str], job: str, *states: str) -> None:
        """As above, and the command has written down which runs it started."""
        self.until_states(process, job, *states)
        path = self.job / "job-run.outputs.json"

        def there() -> bool:
            try:
                written = json.loads(path.read_text())
            except (OSError, ValueError):
                return False
            return len(json.loads(written.get("run-urls", "[]"))) == len(states)

        until(there, "the outputs are written")

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

    def next_run_ends(self, **state: object) -> None:
        self.own("POST", "databricks/next-run", state)

    def calls(self, path: str) -> list[dict[str, Any]]:
        answer = self.own("GET", "requests")
        return [one for one in answer["requests"] if one["path"].endswith(path)]

    def forget(self) -> None:
        self.own("DELETE", "faults")
        self.own("DELETE", "requests")

    def close(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.communicate()
        self.forget()
        self.http.close()


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)
