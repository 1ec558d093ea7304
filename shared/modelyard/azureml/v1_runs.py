"""Runs of SDK v1's pipelines, which run history knows and Resource Manager doesn't.

Source: azureml-pipeline-core 1.62 (``pipelines/v1.0``).
"""

from __future__ import annotations

from urllib.parse import quote

from modelyard.azureml.connection import Place
from modelyard.azureml.jobs import History, Job
from modelyard.http import Session


def cancel(session: Session, place: Place, run: str) -> None:
    """Ask for its end and don't wait for it. Harmless to one that is over."""
    address = f"/pipelines/v1.0{place.path}/PipelineRuns/{quote(run)}/Execution"
    session.call("DELETE", address, repeatable=True)


def job_of(history: History, run: str, experiment: str) -> Job:
    """A run as its own job. Raises NotFound, UnknownState."""
    found = history.run(run)
    return Job(id=run, name=run, state=found.state, url=history.page(run), experiment=experiment)
