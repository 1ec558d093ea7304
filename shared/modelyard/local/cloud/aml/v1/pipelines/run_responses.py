"""HTTP of pipelines: their runs, and those that are published."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.aml.front import refused
from modelyard.local.cloud.aml.v1.pipelines import callbacks
from modelyard.local.cloud.aml.v1.pipelines.callbacks import Callbacks
from modelyard.local.cloud.aml.v1.pipelines.entities import GRAPHS, Entities
from modelyard.local.cloud.aml.v1.pipelines.published import PublishedPipelines
from modelyard.local.cloud.aml.v1.pipelines.runs import PipelineRuns
from modelyard.local.cloud.aml.v1.pipelines.states import STEP
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.arm.front import read_body, reply

Json = dict[str, Any]


class PipelineResponses:
    """``PipelineRuns`` and ``Pipelines``"""

    def __init__(
        self,
        entities: Entities,
        runs: PipelineRuns,
        published: PublishedPipelines,
        waiting: Callbacks,
    ) -> None:
        self._entities = entities
        self._runs = runs
        self._published = published
        self._callbacks = waiting

    def create_run(self, request: Request, workspace: Workspace) -> Json:
        body = read_body(request)
        info = body.get("CreationInfo") or {}
        experiment = request.args.get("experimentName") or info.get("RunHistoryExperimentName")
        if not experiment:
            raise refused("The name of an experiment is required.")
        return self._runs.create(workspace, self._keep(workspace, body), str(experiment), info)

    def submit(self, _request: Request, workspace: Workspace, run: str) -> Response:
        self._runs.submit(workspace, run)
        return Response(status=200)

    def run(self, _request: Request, workspace: Workspace, run: str) -> Json:
        return self._runs.get(workspace, run)

    def cancel(self, _request: Request, workspace: Workspace, run: str) -> Response:
        self._runs.cancel(workspace, run)
        return Response(status=200)

    def node_code(self, request: Request, workspace: Workspace, run: str) -> Response:
        """A word for how the step fares whose node is named in the body."""
        found = self._node(workspace, run, _first(request))
        return reply(found["StatusCode"])

    def node(self, request: Request, workspace: Workspace, run: str) -> Json:
        return self._node(workspace, run, _first(request))

    def nodes(self, _request: Request, workspace: Workspace, run: str) -> Json:
        """All of them, by the ids of their nodes."""
        graph = self._entities.get(workspace, GRAPHS, self._runs.get(workspace, run)["GraphId"])
        ids = [str(one["Id"]) for one in graph.get("ModuleNodes") or ()]
        return {one: self._node(workspace, run, one) for one in ids}

    def publish(self, request: Request, workspace: Workspace) -> Json:
        body = read_body(request)
        graph = self._keep(workspace, body)
        return self._published.add(workspace, graph, body.get("GraphInterface") or {}, body)

    def published(self, _request: Request, workspace: Workspace, pipeline: str) -> Json:
        return self._published.get(workspace, pipeline)

    def all_published(self, request: Request, workspace: Workspace) -> Response:
        active_only = request.args.get("activeOnly", "true").lower() == "true"
        return reply(self._published.all(workspace, active_only=active_only))

    def set_state(self, request: Request, workspace: Workspace, pipeline: str) -> Json:
        given = _json(request)
        state = given.get("EntityStatus") if isinstance(given, dict) else given
        return self._published.set_state(workspace, pipeline, str(state))

    def runs_of(self, _request: Request, workspace: Workspace, pipeline: str) -> Response:
        self._published.get(workspace, pipeline)
        return reply(self._runs.of_pipeline(workspace, pipeline))

    def start(self, request: Request, workspace: Workspace, pipeline: str) -> Json:
        """A run of a published pipeline: what its address does."""
        info = read_body(request)
        waiting = callbacks.read(info)
        found = self._published.usable(workspace, pipeline)
        values = found["ParameterAssignments"] | (info.get("ParameterAssignments") or {})
        kept = {**info, "ParameterAssignments": values}
        kept.setdefault("ContinueRunOnStepFailure", found["ContinueRunOnStepFailure"])
        experiment = str(info.get("ExperimentName") or found["Name"])
        run = self._runs.create(workspace, found["GraphId"], experiment, kept, pipeline)
        self._runs.submit(workspace, run["Id"])
        if waiting is not None:
            self._callbacks.follow(run["Id"], waiting)
        return self._runs.get(workspace, run["Id"])

    def _keep(self, workspace: Workspace, body: Json) -> str:
        """The graph of a request, under an id of its own."""
        graph = body.get("Graph")
        if not isinstance(graph, dict):
            raise refused("A graph is required.")
        interface = body.get("GraphInterface") or {}
        made = self._entities.add(workspace, GRAPHS, {**graph, "Interface": interface})
        return str(made["Id"])

    def _node(self, workspace: Workspace, run: str, node: str) -> Json:
        try:
            found = self._runs.step(workspace, run, node)
        except ArmError:
            self._runs.get(workspace, run)
            return {"StatusCode": "NotStarted", "StatusDetail": None, "RunId": None}
        return {
            "StatusCode": STEP[found["status"]],
            "StatusDetail": None,
            "CreationTime": found["createdUtc"],
            "StartTime": found["startTimeUtc"],
            "EndTime": found["endTimeUtc"],
            "RunId": found["runId"],
        }


def _first(request: Request) -> str:
    given = _json(request)
    if not isinstance(given, list) or not given:
        raise refused("The id of a node is required.")
    return str(given[0])


def _json(request: Request) -> Any:
    try:
        return json.loads(request.get_data())
    except ValueError as error:
        raise refused(f"The body is not JSON: {error}") from error
