"""A workspace in miniature for unit tests: jobs, runs, MLflow and notebooks in memory.

It answers through requests-mock, moves a run one state further at each read, keeps idempotency
tokens, and loses or spoils answers where a test says so.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import requests
import requests_mock

from modelyard.clock import FakeClock

HOST = "https://adb-1.1.azuredatabricks.net"
Json = dict[str, Any]
PAGE = 100


def active(state: str) -> Json:
    return {"state": {"life_cycle_state": state, "state_message": ""}, "status": {"state": state}}


def over(result: str, code: str = "", message: str = "", life_cycle: str = "TERMINATED") -> Json:
    code = code or {"FAILED": "RUN_EXECUTION_ERROR", "CANCELED": "USER_CANCELED"}.get(
        result, result
    )
    kind = "SUCCESS" if result == "SUCCESS" else "CLIENT_ERROR"
    return {
        "state": {
            "life_cycle_state": life_cycle,
            "result_state": result,
            "state_message": message,
        },
        "status": {
            "state": "TERMINATED",
            "termination_details": {"code": code, "type": kind, "message": message},
        },
    }


SUCCESS, CANCELED = over("SUCCESS"), over("CANCELED")


class Outcome:
    """What becomes of a run: its states, one a read, and what its notebook leaves."""

    def __init__(self, *states: Json, exit_value: Any = None, **output: Any) -> None:
        self.states = list(states) or [active("PENDING"), active("RUNNING"), SUCCESS]
        self.output: Json = dict(output)
        if exit_value is not None:
            text = exit_value if isinstance(exit_value, str) else json.dumps(exit_value)
            self.output["notebook_output"] = {"result": text, "truncated": False}


class JobWorkspace:
    """The state, and what was asked of it (``calls``: path and body, reads left out)."""

    def __init__(self, mocker: requests_mock.Mocker, clock: FakeClock) -> None:
        self.clock = clock
        self.jobs: dict[int, Json] = {}
        self.runs: dict[int, Json] = {}
        self.outputs: dict[int, Json] = {}
        self.coming: dict[int, list[Json]] = {}
        self.tokens: dict[str, int] = {}
        self.outcome: Callable[[dict[str, str]], Outcome] = lambda parameters: Outcome()
        """By the parameters of a run."""
        self.after_cancel: list[Json] = [active("TERMINATING"), CANCELED]
        """States of a run that is cancelled."""
        self.notebooks: dict[str, str] = {}
        self.absent: set[str] = set()
        """Paths without a notebook; at every other one there is one."""
        self.user = "robot@example.com"
        """Who asks."""
        self.mlflow: dict[str, Json] = {}
        self.experiments: dict[str, str] = {"/Shared/wine": "7"}
        self.models: list[Json] = []
        self.files: dict[str, bytes] = {}
        """Of the Files API, by path."""
        self.calls: list[tuple[str, Json]] = []
        self.log: list[str] = []
        """Method and path of every call in its order, with the run's id where there is one."""
        self.before: Callable[[str, Json], None] = lambda path, arguments: None
        """Called before each answer: a test may raise, or move time."""
        self.faults: list[tuple[str, str, Any]] = []
        pattern = re.compile(re.escape(HOST) + "/api/")
        mocker.register_uri(requests_mock.ANY, pattern, content=self._answer)

    def add_job(self, name: str = "wine", **settings: Any) -> int:
        job_id = 11 + len(self.jobs)
        task = {
            "task_key": "train",
            "notebook_task": {
                "notebook_path": "/Shared/wine/train",
                "base_parameters": {"alpha": "0.5", "l1_ratio": "0.5"},
            },
            "existing_cluster_id": "0101-1",
        }
        self.jobs[job_id] = {"name": name, "tasks": [task], **settings}
        return job_id

    def add_mlflow(
        self, run_id: str, metrics: Json | None = None, status: str = "FINISHED", **tags: str
    ) -> str:
        self.mlflow[run_id] = {
            "info": {
                "run_id": run_id,
                "experiment_id": "7",
                "run_name": f"name of {run_id}",
                "status": status,
                "lifecycle_stage": "active",
                "artifact_uri": f"dbfs:/databricks/mlflow-tracking/7/{run_id}/artifacts",
            },
            "data": {
                "metrics": [{"key": k, "value": v} for k, v in (metrics or {}).items()],
                "params": [{"key": "alpha", "value": "0.1"}],
                "tags": [{"key": k, "value": v} for k, v in tags.items()],
            },
        }
        return run_id

    def lose(self, path: str, when: str = "after") -> None:
        """The next call breaks: ``after`` its effect or ``before``."""
        self.faults.append((path, when, requests.ConnectionError("Connection aborted.")))

    def answer_once(self, path: str, status: int, when: str = "before", **body: Any) -> None:
        """The next call gets this answer."""
        self.faults.append((path, when, (status, body)))

    def asked(self, path: str) -> list[Json]:
        """The bodies of the calls to a path."""
        return [body for called, body in self.calls if called == path]

    def state_of(self, run_id: int) -> str:
        state = self.runs[run_id]["state"]
        return str(state.get("result_state") or state["life_cycle_state"])

    def _answer(self, request: Any, context: Any) -> bytes:
        parts = urlsplit(request.url)
        path = re.sub(r"^/api/2\.\d/", "", unquote(parts.path))
        body = json.loads(request.text) if request.text else {}
        arguments = {**{k: v[0] for k, v in parse_qs(parts.query).items()}, **body}
        self.log.append(f"{request.method} {path} {arguments.get('run_id', '')}".strip())
        self.before(path, arguments)
        fault = next((f for f in self.faults if f[0] == path), None)
        if fault is not None:
            self.faults.remove(fault)
            if fault[1] == "before":
                return self._spoilt(fault[2], context)
        if request.method == "POST":
            self.calls.append((path, body))
        if path.startswith("fs/"):
            return self._files(request.method, path, context)
        name = "_" + re.sub(r"[/-]", "_", path)
        status, answer = getattr(self, name)(arguments)
        if fault is not None:
            return self._spoilt(fault[2], context)
        context.status_code = status
        context.headers["Content-Type"] = "application/json"
        return json.dumps(answer).encode()

    def _spoilt(self, fault: Any, context: Any) -> bytes:
        if isinstance(fault, Exception):
            raise fault
        context.status_code = fault[0]
        headers = fault[1].pop("headers", {})
        context.headers.update({"Content-Type": "application/json", **headers})
        text = fault[1].pop("text", None)
        if text is not None:
            context.headers["Content-Type"] = "text/html"
            return str(text).encode()
        return json.dumps(fault[1]).encode()

    def _jobs_list(self, arguments: Json) -> tuple[int, Json]:
        """The real service's filter doesn't tell upper from lower case."""
        name = arguments["name"].lower()
        found = [k for k, v in self.jobs.items() if v["name"].lower() == name]
        start = int(arguments.get("page_token", 0))
        most = int(arguments["limit"])
        assert most <= PAGE
        page = [{"job_id": k, "settings": self.jobs[k]} for k in found[start : start + most]]
        more = {"next_page_token": str(start + most)} if found[start + most :] else {}
        return 200, {**({"jobs": page} if page else {}), **more}

    def _jobs_get(self, arguments: Json) -> tuple[int, Json]:
        job_id = int(arguments["job_id"])
        if job_id not in self.jobs:
            text = f"Job {job_id} does not exist."
            return 400, {"error_code": "INVALID_PARAMETER_VALUE", "message": text}
        start = int(arguments.get("page_token", 0))
        settings = dict(self.jobs[job_id])
        more = {}
        for field in ("tasks", "parameters"):
            listed = settings.get(field, [])
            settings[field] = listed[start : start + PAGE]
            if listed[start + PAGE :]:
                more = {"next_page_token": str(start + PAGE)}
        owner = settings.pop("run_as_user_name", self.user)
        return 200, {"job_id": job_id, "run_as_user_name": owner, "settings": settings, **more}

    def _jobs_create(self, arguments: Json) -> tuple[int, Json]:
        job_id = 11 + len(self.jobs)
        self.jobs[job_id] = {"max_concurrent_runs": 1, "timeout_seconds": 0, **arguments}
        return 200, {"job_id": job_id}

    def _jobs_update(self, arguments: Json) -> tuple[int, Json]:
        job = self.jobs[arguments["job_id"]]
        new = dict(arguments["new_settings"])
        tasks = {task["task_key"]: task for task in job.get("tasks", [])}
        tasks.update({task["task_key"]: task for task in new.pop("tasks", [])})
        job.update(new, tasks=list(tasks.values()))
        return 200, {}

    def _jobs_run_now(self, arguments: Json) -> tuple[int, Json]:
        job = self.jobs[arguments["job_id"]]
        parameters = arguments.get("notebook_params") or arguments.get("job_parameters") or {}
        run_id = self._started(arguments["idempotency_token"], parameters, arguments["job_id"], job)
        return 200, {"run_id": run_id, "number_in_job": run_id}

    def _jobs_runs_submit(self, arguments: Json) -> tuple[int, Json]:
        parameters = arguments["tasks"][0]["notebook_task"]["base_parameters"]
        run_id = self._started(arguments["idempotency_token"], parameters, 99, arguments)
        return 200, {"run_id": run_id}

    def _started(self, token: str, parameters: dict[str, str], job_id: int, job: Json) -> int:
        if token in self.tokens:
            return self.tokens[token]
        run_id = self.tokens[token] = 841 + len(self.runs)
        outcome = self.outcome(parameters)
        task_run = run_id + 5000
        self.outputs[task_run] = outcome.output
        self.coming[run_id] = list(outcome.states)
        self.runs[run_id] = {
            "run_id": run_id,
            "job_id": job_id,
            "run_name": job.get("name") or job.get("run_name"),
            "run_page_url": f"{HOST}/#job/{job_id}/run/{run_id}",
            "start_time": int(self.clock.time() * 1000),
            "end_time": 0,
            "parameters": parameters,
            **active("PENDING"),
            "tasks": [
                {**task, "run_id": task_run + number, "attempt_number": 0, **active("PENDING")}
                for number, task in enumerate(job["tasks"])
            ],
        }
        return run_id

    def _jobs_runs_get(self, arguments: Json) -> tuple[int, Json]:
        run_id = int(arguments["run_id"])
        if run_id not in self.runs:
            text = f"Run {run_id} does not exist."
            return 400, {"error_code": "INVALID_PARAMETER_VALUE", "message": text}
        run, start = self.runs[run_id], int(arguments.get("page_token", 0))
        if self.coming[run_id] and not start:
            self._move(run, self.coming[run_id].pop(0))
        more = {"next_page_token": str(start + PAGE)} if run["tasks"][start + PAGE :] else {}
        return 200, {**run, "tasks": run["tasks"][start : start + PAGE], **more}

    def _move(self, run: Json, step: Json) -> None:
        tasks = step.get("tasks")
        run.update({key: value for key, value in step.items() if key != "tasks"})
        for number, task in enumerate(run["tasks"]):
            task.update(tasks[number] if tasks else {k: step[k] for k in step if k != "tasks"})
        if "result_state" in step.get("state", {}):
            run["end_time"] = int(self.clock.time() * 1000)

    def _jobs_runs_get_output(self, arguments: Json) -> tuple[int, Json]:
        run_id = int(arguments["run_id"])
        if run_id in self.runs:
            text = "Retrieving the output of runs with multiple tasks is not supported."
            return 400, {"error_code": "INVALID_PARAMETER_VALUE", "message": text}
        return 200, {"metadata": {"run_id": run_id}, **self.outputs.get(run_id, {})}

    def _jobs_runs_cancel(self, arguments: Json) -> tuple[int, Json]:
        run = self.runs[arguments["run_id"]]
        if "result_state" not in run["state"]:
            self.coming[run["run_id"]] = list(self.after_cancel)
        return 200, {}

    def _jobs_runs_list(self, arguments: Json) -> tuple[int, Json]:
        assert int(arguments["limit"]) < 25
        job_id = int(arguments["job_id"])
        found = [
            {"run_id": k}
            for k, run in reversed(self.runs.items())
            if run["job_id"] == job_id and "result_state" not in run["state"]
        ]
        start, most = int(arguments.get("page_token", 0)), int(arguments["limit"])
        more = {"next_page_token": str(start + most)} if found[start + most :] else {}
        return 200, {"runs": found[start : start + most], **more}

    def _workspace_get_status(self, arguments: Json) -> tuple[int, Json]:
        path = arguments["path"]
        if path in self.absent:
            text = f"Path ({path}) doesn't exist."
            return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": text}
        return 200, {"path": path, "object_type": "NOTEBOOK", "language": "PYTHON"}

    def _workspace_list(self, arguments: Json) -> tuple[int, Json]:
        folder = arguments["path"].rstrip("/")
        inside = [path for path in self.notebooks if path.rpartition("/")[0] == folder]
        if not inside:
            text = f"Path ({folder}) doesn't exist."
            return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": text}
        return 200, {"objects": [{"path": one, "object_type": "NOTEBOOK"} for one in inside]}

    def _preview_scim_v2_Me(self, arguments: Json) -> tuple[int, Json]:  # noqa: N802
        return 200, {"userName": self.user}

    def _workspace_export(self, arguments: Json) -> tuple[int, Json]:
        text = self.notebooks.get(arguments["path"])
        if text is None:
            return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no notebook"}
        return 200, {"content": base64.b64encode(text.encode()).decode()}

    def _mlflow_runs_get(self, arguments: Json) -> tuple[int, Json]:
        run = self.mlflow.get(arguments["run_id"])
        if run is None:
            return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such run"}
        return 200, {"run": run}

    def _mlflow_experiments_get_by_name(self, arguments: Json) -> tuple[int, Json]:
        found = self.experiments.get(arguments["experiment_name"])
        if found is None:
            return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no experiment"}
        return 200, {"experiment": {"experiment_id": found}}

    def _mlflow_runs_search(self, arguments: Json) -> tuple[int, Json]:
        """Pages of two, and of the search language only: a tag is equal to a text."""
        found = list(self.mlflow.values())
        if arguments["filter"]:
            match = re.fullmatch(
                r"tags\.`([^`]+)` = (?:'([^']*)'|\"([^\"]*)\")", arguments["filter"]
            )
            assert match, arguments["filter"]
            wanted = {"key": match[1], "value": match[2] or match[3]}
            found = [run for run in found if wanted in run["data"]["tags"]]
        found = [
            run for run in found if run["info"]["experiment_id"] in arguments["experiment_ids"]
        ]
        start = int(arguments.get("page_token", 0))
        more = {"next_page_token": str(start + 2)} if found[start + 2 :] else {}
        return 200, {"runs": found[start : start + 2], **more}

    def _mlflow_logged_models_search(self, arguments: Json) -> tuple[int, Json]:
        match = re.fullmatch(r"name = '([^']*)'", arguments.get("filter", ""))
        found = [one for one in self.models if match is None or one["info"]["name"] == match[1]]
        return 200, {"models": found} if found else {}

    def _files(self, method: str, path: str, context: Any) -> bytes:
        kind, _, name = path.removeprefix("fs/").partition("/")
        name = "/" + name.rstrip("/")
        context.headers["Content-Type"] = "application/octet-stream"
        if kind == "files" and name in self.files:
            return b"" if method == "HEAD" else self.files[name]
        below = sorted(one for one in self.files if one.startswith(name + "/"))
        if kind == "directories" and below:
            names = dict.fromkeys(one.removeprefix(name + "/").split("/")[0] for one in below)
            contents = [
                {
                    "path": f"{name}/{one}",
                    "name": one,
                    "is_directory": f"{name}/{one}" not in self.files,
                    "file_size": len(self.files.get(f"{name}/{one}", b"")),
                }
                for one in names
            ]
            context.headers["Content-Type"] = "application/json"
            return json.dumps({"contents": contents}).encode()
        context.status_code = 404
        context.headers["Content-Type"] = "application/json"
        return json.dumps({"error_code": "NOT_FOUND", "message": "nothing there"}).encode()
