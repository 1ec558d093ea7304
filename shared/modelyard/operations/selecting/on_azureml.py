"""Runs of an Azure ML workspace: the steps of jobs that are named, or of the jobs of a build.

Run history says which there are and how they ended. Metrics and parameters are read as MLflow
shows them, which on Azure ML has those of every run, whoever logged them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from modelyard import downloads
from modelyard.azureml import models, run_artifacts, run_search, workspaces
from modelyard.azureml.connection import Place
from modelyard.azureml.jobs import History, Run
from modelyard.azureml.jobs.states import Meaning
from modelyard.context import Context
from modelyard.databricks.mlflow import mlflow_runs
from modelyard.errors import NoModel, NotFound
from modelyard.http import Session
from modelyard.operations.inputs.azureml_inputs import connect, connect_api, place_of
from modelyard.operations.inputs.tags import BUILD
from modelyard.operations.selecting.artifact_store import ArtifactStore
from modelyard.operations.selecting.found import Found, FoundModel
from modelyard.operations.selecting.select_inputs import SelectInputs
from modelyard.selection import Candidate

_PIPELINE = "azureml.PipelineRun"
DEPTH = 4
"""Runs within runs that are looked through: a pipeline, its step, the trials, theirs."""


@dataclass(frozen=True)
class _Workspace:
    """The region's API of a workspace, and what it shows as an MLflow server."""

    api: Session
    tracking: Session
    place: Place

    @property
    def history(self) -> History:
        return History(self.api, self.place)


def found(inputs: SelectInputs, context: Context) -> list[Found]:
    """The runs that the inputs name, whatever became of them.

    :raises NotFound: for a job or an experiment that isn't there.
    """
    place = place_of(inputs, context)
    known = workspaces.require(connect(inputs, context, read_only=True), place)
    address = workspaces.api_address(known.discovery_url)
    tracking = f"{address}/mlflow/v1.0{place.path}"
    workspace = _Workspace(
        connect_api(inputs, context, address, read_only=True),
        connect_api(inputs, context, tracking, read_only=True),
        place,
    )
    names = inputs.run_ids or _of_build(workspace, context, inputs)
    roots = [workspace.history.run(name) for name in names]
    return [one for root in roots for one in _below(workspace, root, inputs.metric, "", DEPTH)]


def _of_build(workspace: _Workspace, context: Context, inputs: SelectInputs) -> list[str]:
    experiment, build = str(inputs.experiment), inputs.build or context.ci.identity().build
    names = run_search.tagged(workspace.api, workspace.place, experiment, BUILD, build)
    context.log.info("%s: %d jobs of build %s", experiment, len(names), build)
    return names


def _below(workspace: _Workspace, run: Run, metric: str, above: str, depth: int) -> list[Found]:
    """The run itself where it has the metric, else those below it; of a pipeline its steps first.

    Below a run that has the metric are parts of its training, such as the folds of a
    cross-validation. A pipeline may have it from a step that has logged it to both.
    """
    title = f"{above}{run.name}"
    own = _found(workspace, run, title)
    has = metric in own.candidate.metrics
    if not depth or (has and run.type != _PIPELINE):
        return [own]
    steps = [
        one
        for child in workspace.history.children(run.reused or run.id)
        for one in _below(workspace, child, metric, f"{title} / ", depth - 1)
    ]
    below = any(metric in step.candidate.metrics for step in steps)
    return steps if steps and (below or not has) else [own]


def _found(workspace: _Workspace, run: Run, title: str) -> Found:
    # A step that took the results of an earlier one has neither metrics nor files of its own.
    origin = run.reused or run.id
    title += f" (of {origin})" if run.reused else ""
    refused = "" if run.state.meaning is Meaning.SUCCEEDED else f"is {run.state.name}"
    try:
        logged = mlflow_runs.get(workspace.tracking, origin)
    except NotFound:
        return Found(Candidate(origin, title, refused=refused or "has logged nothing"))

    return Found(
        Candidate(origin, title, logged.metrics, refused),
        logged.params,
        partial(_model, workspace, origin),
    )


def _model(workspace: _Workspace, run: str, name: str) -> FoundModel:
    """A folder of the run's artifacts, or of what it left in its folder outputs.

    :raises NoModel: naming the folders that there are.
    """
    for folder in (name, f"outputs/{name}"):
        files = run_artifacts.below(workspace.api, workspace.place, run, folder)
        if files:
            store = ArtifactStore(f"runs:/{run}/{folder}", files, workspace.api.clock)
            download = partial(downloads.download, store, known_by=models.DESCRIPTION)
            return FoundModel(store.shown, download)
    every = run_artifacts.names(workspace.api, workspace.place, run)
    folders = sorted({path.rpartition("/")[0] for path in every} - {""})
    raise NoModel(
        f"the run {run} left no folder {name!r} among its artifacts"
        + (f"; it has {', '.join(folders)}" if folders else ", nor any other"),
        cause="the training keeps the model under another name, or in an output of the job",
        fix="give the folder in model-name, or let the training log the model with MLflow or "
        "write it below outputs/; an output of the job is downloaded by aml-pipeline's "
        "download-output",
    )
