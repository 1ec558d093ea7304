"""MLflow within jobs: every run of Azure ML is a run of the local cloud's MLflow.

A client in a job knows the run by the job's name, as on Azure. The tracking server gives runs ids
of its own, so the two are exchanged on the way, and artifacts go among the run's own files.

Source: https://mlflow.org/docs/latest/rest-api/; learn.microsoft.com, "Configure MLflow for Azure
Machine Learning".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import requests
from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.aml import run_context
from modelyard.local.cloud.aml.execution.artifacts import place_of
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.json_bodies import json_answer
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]
COLLECTION = "aml-tracking"
_RUN_IDS = frozenset({"run_id", "run_uuid", "source_run_id"})
_ROOT = "dbfs:/databricks/mlflow-tracking"
"""Where the workspace's tracking server puts artifacts unless it is told otherwise."""
_NOT_THERE = 404


class Tracking:
    """Between the jobs of one cloud and its tracking server."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def variables(
        self, workspace: Workspace, run: str, root: str, experiment: str
    ) -> Mapping[str, str]:
        """What a program in a run gets. Starts the run of MLflow that stands for it."""
        found = run_context.variables(self._cloud, workspace, run, root, experiment)
        if not self._begin(workspace, run, root, experiment):
            return found
        return {
            **found,
            "MLFLOW_TRACKING_URI": workspace.tracking,
            "MLFLOW_TRACKING_TOKEN": found[run_context.TOKEN],
            "MLFLOW_RUN_ID": run,
            "MLFLOW_EXPERIMENT_NAME": experiment,
        }

    def passed_on(self, request: Request, workspace: Workspace, api: str, rest: str) -> Response:
        """A client's request to the tracking server, and its answer."""
        given = request.get_data()
        try:
            body = json.loads(given) if given else None
        except ValueError:
            return _failed(400, "MALFORMED_REQUEST", "The body is not JSON.")
        query = self._exchanged(list(request.args.items(multi=True)), workspace)
        status, answer = self._call(
            request.method, api, rest, self._to_server(body, workspace, rest), query
        )
        shown = self._to_client(answer, workspace)
        return json_answer(shown, status)

    def has(self, run: str) -> bool:
        """Whether a client in this run has MLflow's."""
        return self._cloud.store.get(COLLECTION, f"run:{run}") is not None

    def finish(self, run: str, status: str) -> None:
        """The run of MLflow ends as the job's did."""
        found = self._cloud.store.get(COLLECTION, f"run:{run}")
        if found is not None:
            ended = {"Completed": "FINISHED", "Canceled": "KILLED"}.get(status, "FAILED")
            now = int(self._cloud.clock.time() * 1000)
            body = {"run_id": found["id"], "status": ended, "end_time": now}
            self._call("POST", "2.0", "runs/update", body, [])

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)

    def _named(self, path: str) -> tuple[int, Json]:
        query = [("experiment_name", path)]
        return self._call("GET", "2.0", "experiments/get-by-name", None, query)

    def _begin(self, workspace: Workspace, run: str, root: str, experiment: str) -> bool:
        """Whether there is a run of MLflow now: a part of a cloud may have no tracking server."""
        path = _experiment_path(workspace, experiment)
        status, found = self._named(path)
        if found.get("error_code") == "ENDPOINT_NOT_FOUND":
            return False
        if status == _NOT_THERE:
            # Steps that begin together both find none: whoever comes second is refused here.
            self._call("POST", "2.0", "experiments/create", {"name": path}, [])
            _, found = self._named(path)
        number = (found.get("experiment") or {}).get("experiment_id")
        tags = {"mlflow.rootRunId": root, "azureml.run": run, "mlflow.runName": run}
        body = {
            "experiment_id": number,
            "run_name": run,
            "start_time": int(self._cloud.clock.time() * 1000),
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        }
        status, made = self._call("POST", "2.0", "runs/create", body, [])
        if status != 200:
            raise RuntimeError(f"the tracking server made no run: {made}")
        other = made["run"]["info"]["run_id"]
        self._cloud.store.put(COLLECTION, f"run:{run}", {"id": other})
        self._cloud.store.put(COLLECTION, f"id:{other}", {"run": run})
        return True

    def _to_server(self, body: Any, workspace: Workspace, rest: str) -> Any:
        body = self._exchanged_deep(body, "run")
        if rest.startswith("experiments/") and isinstance(body, dict) and "name" in body:
            body["name"] = _experiment_path(workspace, str(body["name"]))
        return body

    def _exchanged(
        self, query: list[tuple[str, str]], workspace: Workspace
    ) -> list[tuple[str, str]]:
        found = []
        for name, value in query:
            if name == "experiment_name":
                value = _experiment_path(workspace, value)
            found.append((name, self._other(value, "run") if name in _RUN_IDS else value))
        return found

    def _to_client(self, answer: Any, workspace: Workspace) -> Any:
        """Ids of runs, names of experiments and addresses of artifacts as on Azure."""
        answer = self._exchanged_deep(answer, "id")
        return self._with_addresses(answer, _experiment_path(workspace, ""))

    def _exchanged_deep(self, value: Any, kind: str) -> Any:
        if isinstance(value, dict):
            return {
                name: self._other(one, kind)
                if name in _RUN_IDS and isinstance(one, str)
                else self._exchanged_deep(one, kind)
                for name, one in value.items()
            }
        if isinstance(value, list):
            return [self._exchanged_deep(one, kind) for one in value]
        return value

    def _other(self, id: str, kind: str) -> str:
        """The job's name for MLflow's id (``id``), or the other way (``run``)."""
        found = self._cloud.store.get(COLLECTION, f"{kind}:{id}")
        return id if found is None else str(found["id" if kind == "run" else "run"])

    def _with_addresses(self, value: Any, prefix: str) -> Any:
        if isinstance(value, list):
            return [self._with_addresses(one, prefix) for one in value]
        if not isinstance(value, dict):
            return value
        changed = {name: self._with_addresses(one, prefix) for name, one in value.items()}
        address = changed.get("artifact_uri")
        if isinstance(address, str) and address.startswith(_ROOT):
            run = changed.get("run_id") if "lifecycle_stage" in changed else None
            own = place_of("", str(run)).path if run else f"mlflow{address.removeprefix(_ROOT)}"
            changed["artifact_uri"] = f"mlflow-artifacts:/{own}"
        name = changed.get("name")
        if isinstance(name, str) and name.startswith(prefix):
            changed["name"] = name.removeprefix(prefix)
        return changed

    def _call(
        self, method: str, api: str, rest: str, body: Any, query: list[tuple[str, str]]
    ) -> tuple[int, Json]:
        """Through the workspace's own door, as its owner: status and object."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                method,
                f"{self._cloud.url}/api/{api}/mlflow/{rest}",
                params=query,
                json=body,
                headers={"Authorization": f"Bearer {self._cloud.environment['DATABRICKS_TOKEN']}"},
                timeout=240,
            )
        found: Json = answer.json()
        return answer.status_code, found


def _experiment_path(workspace: Workspace, name: str) -> str:
    """Experiments of Azure ML have bare names; those of a Databricks workspace are paths."""
    return name if name.startswith("/") else f"/azureml/{workspace.name}/{name}"


def _failed(status: int, code: str, message: str) -> Response:
    body = json.dumps({"error_code": code, "message": message})
    return Response(body, status, mimetype="application/json")
