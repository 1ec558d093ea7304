"""Jobs of a workspace: started, looked at, cancelled; their children and what they print.

Source: Azure REST reference, "Jobs", version 2024-10-01; azure-ai-ml for run history, which the
reference doesn't have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from modelyard.azure import pages
from modelyard.azureml import blobs, connection, studio
from modelyard.azureml.connection import VERSION, Place, called
from modelyard.azureml.jobs.states import State, state_of
from modelyard.http import Session
from modelyard.nested_errors import causes

_OUTPUT_LOG = "user_logs/std_log"
"""Beginning of the name; with several nodes there is one for each."""


@dataclass(frozen=True)
class Run:
    """A job, or a step of one."""

    id: str
    name: str
    """The step's, or the job's display name."""
    state: State
    error: str = ""
    """What the service says of its failure; may have several lines."""
    reused: str = ""
    """Id of the run whose results were taken."""
    type: str = ""
    """``azureml.PipelineRun``, ``azureml.StepRun``, ``azureml.commandjob`` and so on."""


@dataclass(frozen=True)
class Job:
    """A job as Resource Manager shows it."""

    id: str
    name: str
    state: State
    url: str
    """Its page in Azure ML studio."""
    experiment: str


def find(session: Session, place: Place, name: str) -> Job | None:
    """A job by its exact name, or None. Raises UnknownState."""
    body = connection.find(session, _path(place, name))
    return None if body is None else _job(body)


def start(session: Session, place: Place, name: str, properties: Mapping[str, Any]) -> Job:
    """Start a job of this name. Sent twice it is started once."""
    answer = session.json(
        "PUT", _path(place, name), params=VERSION, body={"properties": dict(properties)}
    )
    return _job(answer)


def cancel(session: Session, place: Place, name: str) -> None:
    """Ask for its end and don't wait for it. Harmless to one that is over."""
    session.call("POST", f"{_path(place, name)}/cancel", params=VERSION, repeatable=True)


class History:
    """Run history of a workspace, in the API of its region.

    :param session: to the address that :func:`.workspaces.api_address` gives.
    """

    def __init__(self, session: Session, place: Place) -> None:
        self._session = session
        self._workspace = place.path
        self._name = place.workspace
        self._base = f"/history/v1.0{place.path}"

    def run(self, id: str) -> Run:
        """Raises NotFound, UnknownState."""
        with called(f"the workspace {self._name} has no run {id}"):
            return _run(self._session.get(f"{self._base}/runs/{quote(id, safe='')}"))

    def page(self, id: str) -> str:
        """The run's page in Azure ML studio."""
        return studio.run_page(id, self._workspace, self._session.base)

    def children(self, id: str) -> list[Run]:
        """Those that have begun, the first first."""
        found = pages.items(self._session, f"{self._base}/runs/{id}/children")
        return [
            _run(one) for one in sorted(found, key=lambda one: str(one.get("createdUtc") or ""))
        ]

    def log(self, id: str, start: int) -> bytes:
        """What a run has printed from a byte on; empty when there is nothing (yet)."""
        details = self._session.get(f"{self._base}/runs/{id}/details")
        logs = details.get("logFiles") or {}
        name = next((one for one in sorted(logs) if one.startswith(_OUTPUT_LOG)), None)
        if name is None:
            return b""
        return blobs.read_from(str(logs[name]), start, clock=self._session.clock)


def _path(place: Place, name: str) -> str:
    return f"{place.path}/jobs/{name}"


def _job(body: Mapping[str, Any]) -> Job:
    properties = body.get("properties") or {}
    studio = (properties.get("services") or {}).get("Studio") or {}
    return Job(
        id=str(body["id"]),
        name=str(body["name"]),
        state=state_of(properties.get("status")),
        url=str(studio.get("endpoint") or ""),
        experiment=str(properties.get("experimentName") or ""),
    )


def _run(body: Mapping[str, Any]) -> Run:
    properties = body.get("properties") or {}
    return Run(
        id=str(body["runId"]),
        name=str(body.get("displayName") or body["runId"]),
        state=state_of(body.get("status")),
        error="\n".join(causes(body.get("error") or {})) if body.get("error") else "",
        reused=str(properties.get("azureml.reusedrunid") or ""),
        type=str(body.get("runType") or ""),
    )
