"""HTTP of run history: experiments, runs, what happens to them, and their files."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.aml import run_context
from modelyard.local.cloud.aml.front import listed, refused
from modelyard.local.cloud.aml.history.experiments import Experiments
from modelyard.local.cloud.aml.history.run_filters import passes
from modelyard.local.cloud.aml.history.runs import Runs
from modelyard.local.cloud.aml.v1.artifacts import RUNS, Artifacts
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.arm.front import read_body
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]
LOGS = ("azureml-logs/", "logs/", "user_logs/", "system_logs/")
"""Files of a run that are logs."""


class HistoryResponses:
    """``/history/v1.0/...``; an experiment is named by its name, by its id, or not at all.

    Source: azureml-core's client of run history, and azure-ai-ml, ``_restclient/runhistory``.
    """

    def __init__(
        self, cloud: Cloud, experiments: Experiments, runs: Runs, artifacts: Artifacts
    ) -> None:
        self._cloud = cloud
        self._experiments = experiments
        self._runs = runs
        self._artifacts = artifacts

    def experiment(self, _request: Request, workspace: Workspace, experiment: str) -> Json:
        return self._experiments.get(workspace, experiment)

    def create_experiment(self, _request: Request, workspace: Workspace, experiment: str) -> Json:
        return self._experiments.ensure(workspace, experiment)

    def experiment_by_id(self, _request: Request, workspace: Workspace, id: str) -> Json:
        return self._experiments.by_id(workspace, id)

    def experiments(self, request: Request, workspace: Workspace) -> Json:
        if read_body(request).get("filter"):
            raise refused("Filters of experiments aren't emulated.")
        return listed(self._experiments.all(workspace))

    def runs(self, request: Request, workspace: Workspace, experiment: str) -> Json:
        """Those of a filter, ``top`` of them at most."""
        body = read_body(request)
        test = passes(str(body.get("filter") or ""))
        own = self._experiments.get(workspace, experiment)["experimentId"]
        found = [one for one in self._runs.of_experiment(workspace, own) if test(one)]
        return listed(found[: body.get("top")])

    def children(self, request: Request, workspace: Workspace, run: str, **_where: str) -> Json:
        test = passes(request.args.get("$filter", ""))
        self._runs.get(workspace, run)
        return listed([one for one in self._runs.children(workspace, run) if test(one)])

    def run(self, _request: Request, workspace: Workspace, run: str, **_where: str) -> Json:
        return self._runs.get(workspace, run)

    def run_data(self, request: Request, workspace: Workspace) -> Json:
        """The same by a body with ``runId``."""
        run = str(read_body(request).get("runId"))
        return {"runMetadata": self._runs.get(workspace, run)}

    def patch(self, request: Request, workspace: Workspace, run: str, **where: str) -> Json:
        own = where.get("id")
        if own is None:
            own = self._experiments.get(workspace, where["experiment"])["experimentId"]
        return self._runs.patch(workspace, own, run, read_body(request))

    def patch_several(self, request: Request, workspace: Workspace, experiment: str) -> Json:
        own = self._experiments.get(workspace, experiment)["experimentId"]
        given = read_body(request).get("runs") or []
        made = [self._runs.patch(workspace, own, str(one["runId"]), one) for one in given]
        return {"runs": {one["runId"]: one for one in made}, "errors": {}}

    def delete_tags(self, request: Request, workspace: Workspace, run: str, **_where: str) -> Json:
        names = [str(one) for one in read_body(request).get("values") or ()]
        self._runs.delete_tags(workspace, run, names)
        return self._runs.get(workspace, run)

    def event(self, request: Request, workspace: Workspace, run: str, **_where: str) -> Json:
        self._runs.event(workspace, run, read_body(request))
        return {}

    def events(self, request: Request, workspace: Workspace, experiment: str) -> Json:
        self._experiments.get(workspace, experiment)
        for one in read_body(request).get("events") or ():
            self._runs.event(workspace, str(one["data"]["runId"]), one)
        return {"errors": []}

    def details(self, _request: Request, workspace: Workspace, run: str, **_where: str) -> Json:
        """A run with the addresses of its logs."""
        found = self._runs.get(workspace, run)
        container = found["dataContainerId"]
        logs = {
            name: self._artifacts.content(workspace, RUNS, container, name)["contentUri"]
            for start in LOGS
            for name in self._artifacts.names(workspace, RUNS, container, start)
        }
        return {
            "runId": run,
            "target": found["target"],
            "status": found["status"],
            "startTimeUtc": found["startTimeUtc"],
            "endTimeUtc": found["endTimeUtc"],
            "error": found["error"],
            "warnings": found["warnings"],
            "properties": found["properties"],
            "inputDatasets": [],
            "outputDatasets": [],
            "runDefinition": found.get("runDefinition") or {},
            "logFiles": logs,
            "submittedBy": "modelyard",
        }

    def token(self, _request: Request, workspace: Workspace, run: str, **_where: str) -> Json:
        """A new one for the program of a run, whose own soon ends."""
        self._runs.get(workspace, run)
        value, expiry = run_context.token(self._cloud, run)
        return {"token": value, "expiryTimeUtc": expiry}

    def metrics_ingested(
        self, _request: Request, workspace: Workspace, run: str, **_where: str
    ) -> Json:
        """Metrics are there as soon as they are sent."""
        self._runs.get(workspace, run)
        return {}
