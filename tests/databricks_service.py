"""The workspace service of the local cloud without sockets: a client that calls its routes."""

from __future__ import annotations

import functools
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.test import Client, EnvironBuilder
from werkzeug.wrappers import Response

from fake_drivers import Stage
from modelyard.clock import FakeClock
from modelyard.local.cloud.connection import CloudRequest
from modelyard.local.cloud.credentials import WORKSPACE_HOST
from modelyard.local.cloud.databricks.models import WorkspaceModel
from modelyard.local.cloud.databricks.service import DatabricksService
from modelyard.local.cloud.routing import Router
from modelyard.local.cloud.service import Cloud, Handler, Route
from modelyard.local.cloud.store import Store

ROUTES = "databricks_service.routes"
TOKEN = "dapi-of-a-test"
URL = "http://127.0.0.1:8123"
DEADLINE = 10.0
"""Seconds within which something has to happen."""
CLUSTER = {
    "cluster_name": "ml",
    "spark_version": "15.4.x-cpu-ml-scala2.12",
    "node_type_id": "Standard_DS3_v2",
    "num_workers": 1,
}


def until(reached: Callable[[], Any], what: str = "it") -> Any:
    """Poll until ``reached()`` is true, and return that."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        value = reached()
        if value:
            return value
        threading.Event().wait(0.005)
    raise AssertionError(f"{what} did not happen within {DEADLINE} s")


class ApiFailure(Exception):
    """An answer that is no 2xx."""

    def __init__(self, response: Any) -> None:
        self.status = response.status_code
        body = json.loads(response.get_data()) if response.get_data() else {}
        self.code = body.get("error_code")
        self.message = body.get("message", "")
        self.details = body.get("details", [])
        super().__init__(f"{self.status} {self.code}: {self.message}")


class ApiClient:
    """Calls the routes as a client with a token does."""

    def __init__(self, routes: Any, token: str) -> None:
        router = _router(tuple((r.methods, r.host, r.path, r.loopback) for r in routes))

        def application(environ: Any, start_response: Any) -> Any:
            request = CloudRequest({**environ, ROUTES: routes})
            try:
                response = router.dispatch(request)
            except HTTPException as error:
                response = error.get_response(environ)
            finally:
                request.close()
                environ["wsgi.input"].close()
            return response(environ, start_response)

        self._client = Client(application, Response)
        self._token = token

    def raw(self, method: str, path: str, host: str = WORKSPACE_HOST, **arguments: Any) -> Any:
        """The whole response; ``token`` None sends none."""
        token = arguments.pop("token", self._token)
        headers = dict(arguments.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        builder = EnvironBuilder(
            path, f"https://{host}", method=method, headers=headers, **arguments
        )
        try:
            return self._client.open(builder)
        finally:
            builder.close()

    def get(self, path: str, /, **query: Any) -> Any:
        return self._answer(self.raw("GET", _api(path), query_string=query))

    def post(self, path: str, /, **body: Any) -> Any:
        return self._answer(self.raw("POST", _api(path), json=body))

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        return self._answer(self.raw(method, _api(path), **arguments))

    def page(self, path: str) -> str:
        response = self.raw("GET", path, token=None)
        assert response.status_code == 200, response.get_data(as_text=True)
        return str(response.get_data(as_text=True))

    @staticmethod
    def _answer(response: Any) -> Any:
        if response.status_code >= 400:
            raise ApiFailure(response)
        data = response.get_data()
        return json.loads(data) if response.mimetype == "application/json" else data


@functools.cache
def _router(table: tuple[tuple[Any, ...], ...]) -> Router:
    """The frame's router for these routes. It takes a tenth of a second to make, and is the same
    for every workspace: the handlers are those of the workspace that a request is for."""

    def handler(index: int) -> Handler:
        return lambda request, **arguments: request.environ[ROUTES][index].handler(
            request, **arguments
        )

    return Router(
        Route(methods, host, path, handler(index), loopback)
        for index, (methods, host, path, loopback) in enumerate(table)
    )


def _api(path: str) -> str:
    return f"/api/{path}" if path[0].isdigit() else f"/api/2.0/{path}"


class Workspace(ApiClient):
    """A running service. ``model`` is its inside, ``stage`` plays the drivers."""

    def __init__(self, folder: Path, clock: FakeClock, stage: Stage) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.clock = clock
        self.stage = stage
        self.store = Store(folder / "state.sqlite")
        self.cloud = Cloud(
            URL, folder, self.store, clock, WORKSPACE_HOST, {"MODELYARD_LOCAL_URL": URL}
        )
        self.model = WorkspaceModel(
            self.cloud, stage.factory, lambda: Path("/base/bin/python"), stage.build
        )
        if self.model.access.identify(TOKEN) is None:
            self.model.access.add(TOKEN, "test")
        self.service = DatabricksService(self.model)
        super().__init__(self.service.routes(), TOKEN)
        self.service.start()

    def stop(self) -> None:
        self.service.stop()
        assert self.model.workers.join(DEADLINE), "a worker of the service did not end"
        self.store.close()

    def cluster(self, **fields: Any) -> str:
        """A running cluster."""
        cluster_id = str(self.post("clusters/create", **{**CLUSTER, **fields})["cluster_id"])
        self.cluster_reaches(cluster_id, "RUNNING")
        return cluster_id

    def cluster_reaches(self, cluster_id: str, state: str) -> Any:
        def reached() -> Any:
            found = self.get("clusters/get", cluster_id=cluster_id)
            return found if found["state"] == state else None

        return until(reached, f"{state} of the cluster")

    def notebook(self, path: str = "/Shared/train", source: str = "print(1)") -> str:
        self.model.workspace.import_object(path, source.encode(), "SOURCE", "PYTHON", True)
        return path

    def run_reaches(self, run_id: int, *states: str, version: str = "2.1") -> Any:
        def reached() -> Any:
            found = self.get(f"{version}/jobs/runs/get", run_id=run_id)
            return found if found["state"]["life_cycle_state"] in states else None

        return until(reached, f"{states} of run {run_id}")

    def run_ends(self, run_id: int, version: str = "2.1") -> Any:
        ends = ("TERMINATED", "SKIPPED", "INTERNAL_ERROR")
        return self.run_reaches(run_id, *ends, version=version)
