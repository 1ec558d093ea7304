"""Running a task in the local Databricks workspace, through its Jobs API as any client does.

Source: Databricks REST reference, "Jobs API" 2.1: runs/submit, runs/get, runs/get-output,
runs/cancel.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import requests

from modelyard.local.cloud.aml.execution.artifacts import Log
from modelyard.local.cloud.aml.execution.graph import ClusterTask, resolved
from modelyard.local.cloud.aml.execution.halting import Halt, Halted, NodeFailed
from modelyard.local.cloud.aml.execution.staging import Staged

Json = dict[str, Any]
ENDED = ("TERMINATED", "SKIPPED", "INTERNAL_ERROR")
LOOK_SECONDS, LOOK_SECONDS_MOST = 0.2, 2.0
CANCEL_SECONDS = 60.0


class Clusters:
    """Runs tasks in the workspace behind this address."""

    def __init__(self, url: str) -> None:
        self._url = url

    def run(
        self,
        task: ClusterTask,
        name: str,
        token: str,
        staged: Staged,
        variables: Mapping[str, str],
        log: Log,
        halt: Halt,
        timeout_seconds: float | None,
    ) -> None:
        """Comes back when the run has succeeded. Raises NodeFailed or Halted.

        :param name: of the run, for who looks at it in the workspace.
        :param token: the same for the same run: it is never submitted twice.
        """
        told = {name: variables[name] for name in task.told if name in variables}
        fields = {**_telling(resolved(task.task, staged.paths), told), "task_key": "task"}
        body: Json = {"run_name": name, "tasks": [fields], "idempotency_token": token[:64]}
        if timeout_seconds is not None:
            body["timeout_seconds"] = max(1, int(timeout_seconds))
        with requests.Session() as session:
            session.trust_env = False
            session.headers["Authorization"] = f"Bearer {task.token}"
            run = int(self._call(session, "POST", "submit", json=body)["run_id"])
            log.say(f"Databricks run {run} was submitted.")
            try:
                ended = self._follow(session, run, log, halt)
            except Halted:
                self._cancel(session, run)
                raise
            self._tell(session, ended, log)

    def _follow(self, session: requests.Session, run: int, log: Log, halt: Halt) -> Json:
        before, pause = "", LOOK_SECONDS
        while True:
            found = self._call(session, "GET", "get", params={"run_id": run})
            state = str(found["state"]["life_cycle_state"])
            if state != before:
                page = f" {found['run_page_url']}" if not before else ""
                log.say(f"Databricks run {run}: {state}{page}")
                before, pause = state, LOOK_SECONDS
            if state in ENDED:
                return found
            halt.wait(pause)
            pause = min(pause * 1.5, LOOK_SECONDS_MOST)

    def _cancel(self, session: requests.Session, run: int) -> None:
        """Comes back when it has really ended, or after CANCEL_SECONDS."""
        self._call(session, "POST", "cancel", json={"run_id": run})
        until = time.monotonic() + CANCEL_SECONDS
        while time.monotonic() < until:
            found = self._call(session, "GET", "get", params={"run_id": run})
            if found["state"]["life_cycle_state"] in ENDED:
                return
            time.sleep(LOOK_SECONDS)

    def _tell(self, session: requests.Session, run: Json, log: Log) -> None:
        """Its output into the log. Raises NodeFailed unless it has succeeded."""
        task_run = run["tasks"][-1]["run_id"]
        output = self._call(session, "GET", "get-output", params={"run_id": task_run})
        result = (output.get("notebook_output") or {}).get("result")
        for text in (output.get("logs"), result and f"The notebook exited with: {result}"):
            if text:
                log.write(str(text).rstrip())
        state = run["state"]
        if state.get("result_state") == "SUCCESS":
            return
        if output.get("error_trace"):
            log.write(str(output["error_trace"]).rstrip())
        why = output.get("error") or state.get("state_message") or ""
        ended = state.get("result_state") or state["life_cycle_state"]
        raise NodeFailed("UserError", f"The Databricks run {run['run_id']} ended {ended}. {why}")

    def _call(self, session: requests.Session, method: str, path: str, **what: Any) -> Json:
        """Raises NodeFailed with the workspace's own message."""
        url = f"{self._url}/api/2.1/jobs/runs/{path}"
        try:
            answer = session.request(method, url, timeout=60, **what)
            body: Json = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise NodeFailed("SystemError", f"Databricks did not answer: {error}") from error
        if not answer.ok:
            message = body.get("message", answer.status_code)
            raise NodeFailed("UserError", f"Databricks refused the run: {message}")
        return body


def _telling(task: Json, told: Mapping[str, str]) -> Json:
    """The task with these parameters beside its own."""
    if "notebook_task" in task:
        own = task["notebook_task"]
        named = {**own.get("base_parameters", {}), **told}
        return {**task, "notebook_task": {**own, "base_parameters": named}}
    own = task["spark_python_task"]
    words = [word for name, value in told.items() for word in (f"--{name}", value)]
    return {**task, "spark_python_task": {**own, "parameters": [*own["parameters"], *words]}}
