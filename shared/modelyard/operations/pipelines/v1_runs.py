"""Runs of SDK v1's pipelines, published or submitted: waited for, and stopped, over REST."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.azureml import v1_runs, workspaces
from modelyard.azureml.connection import Place
from modelyard.azureml.jobs import History, Job
from modelyard.context import Context
from modelyard.errors import InputError, NotFound
from modelyard.http import Session
from modelyard.operations.inputs.azureml_inputs import connect, connect_region, place_of
from modelyard.operations.pipelines import job_watch
from modelyard.operations.pipelines.job_watch import Watch
from modelyard.operations.pipelines.pipeline_inputs import PipelineInputs

KEY = "v1-run"


@dataclass
class V1Watch(Watch):
    """One of these runs."""

    experiment: str = ""

    def find(self) -> Job | None:
        try:
            return v1_runs.job_of(self.history, self.name, self.experiment)
        except NotFound:
            return None

    def cancel(self) -> None:
        v1_runs.cancel(self.session, self.place, self.name)


def api(inputs: PipelineInputs, context: Context, place: Place) -> Session:
    """A session to the API of the workspace's region."""
    workspace = workspaces.require(connect(inputs, context, read_only=True), place)
    return connect_region(inputs, context, workspace, read_only=inputs.dry_run)


def watch_of(
    session: Session, place: Place, run: str, context: Context, experiment: str = ""
) -> V1Watch:
    """A watch on one run. ``session`` is to the API of the workspace's region."""
    history = History(session, place)
    return V1Watch(session, history, place, run, context, experiment=experiment)


def check_parameters(given: dict[str, str], known: set[str], named: str) -> None:
    """:raises InputError: for one that the pipeline doesn't have."""
    unknown = sorted(given.keys() - known)
    if unknown:
        raise InputError(
            f"{named} has no parameter {', '.join(unknown)}",
            fix=f"it has: {', '.join(sorted(known)) or 'none'}",
        )


def release(inputs: PipelineInputs, context: Context, state: dict[str, str]) -> None:
    """Stop what a step started and left running. Done twice it finds nothing left to do."""
    place = place_of(inputs, context)
    session = api(inputs, context, place)
    job_watch.release(watch_of(session, place, state[KEY], context), KEY)
