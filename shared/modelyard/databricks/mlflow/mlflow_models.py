"""The model that an MLflow run logged: where it is, whichever version of MLflow logged it.

MLflow 3 keeps a model apart from its run, as a logged model (``models:/m-...``) that names the run
as its source; MLflow 2 keeps it among the run's artifacts. ``runs:/RUN/NAME`` means either.

Source: mlflow.org/docs, "REST API" (logged-models/search, logged-models/get).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard import downloads
from modelyard.databricks.mlflow import mlflow_artifacts
from modelyard.databricks.mlflow.mlflow_links import LinkStore
from modelyard.databricks.mlflow.mlflow_runs import API, MlflowRun, quoted
from modelyard.downloads import Store
from modelyard.errors import NoModel, NotFound, ServiceError
from modelyard.http import Session

log = logging.getLogger(__name__)

DESCRIPTION = "MLmodel"
"""The file that makes a folder a model."""


@dataclass(frozen=True)
class Model:
    """A model of a run."""

    name: str
    run_id: str
    model_id: str
    """``m-...``; empty for one among the run's artifacts."""
    artifact_uri: str

    @property
    def uri(self) -> str:
        """``runs:/RUN/NAME``, which every version of MLflow understands."""
        return f"runs:/{self.run_id}/{self.name}"


def find(session: Session, run: MlflowRun, name: str) -> Model:
    """The model of this name.

    :raises NoModel: when the run logged none; the message names those that it did log.
    """
    for model in _logged(session, run, name):
        return model
    folder = Model(name, run.id, "", f"{run.artifact_uri.rstrip('/')}/{name}")
    if _is_model(session, folder):
        return folder
    others = sorted(_names(session, run))
    raise NoModel(
        f"MLflow run {run.id} logged no model named {name!r}"
        + (f"; it logged {', '.join(others)}" if others else ""),
        cause="the notebook logs the model under another name, or not at all",
        fix="give the name in model-name, or log it: mlflow.sklearn.log_model(model, name=...)",
    )


def download(session: Session, model: Model, target: Path) -> int:
    """Download the model's folder; see :func:`downloads.download`.

    :returns: the number of files.
    """
    first, second = _stores(session, model)
    try:
        return downloads.download(first, target, known_by=DESCRIPTION)
    except ServiceError as error:
        log.info("%s\nthe Files API doesn't give the model out: asking for links", error.what)
    return downloads.download(second, target, known_by=DESCRIPTION)


def _logged(session: Session, run: MlflowRun, name: str = "") -> Iterator[Model]:
    """Logged models whose source is this run; nothing on a server that has no such thing."""
    body: dict[str, Any] = {"experiment_ids": [run.experiment_id], "max_results": 50}
    if name:
        body["filter"] = f"name = {quoted(name)}"
    while True:
        try:
            answer = session.post(f"{API}/logged-models/search", body, reads=True)
        except NotFound:
            return
        for found in answer.get("models") or []:
            info: Mapping[str, Any] = found.get("info") or {}
            ready = info.get("status") in (None, "READY", "LOGGED_MODEL_READY")
            if info.get("source_run_id") == run.id and ready:
                yield Model(
                    str(info.get("name") or ""),
                    run.id,
                    str(info.get("model_id") or ""),
                    str(info.get("artifact_uri") or ""),
                )
        page = answer.get("next_page_token")
        if not page:
            return
        body["page_token"] = page


def _names(session: Session, run: MlflowRun) -> set[str]:
    names = set()
    for model_id in run.model_ids:
        with suppress(NotFound):
            answer = session.get(f"{API}/logged-models/{model_id}")
            names.add(str(((answer.get("model") or {}).get("info") or {}).get("name") or model_id))
    return names


def _is_model(session: Session, model: Model) -> bool:
    for store in _stores(session, model):
        try:
            entries = store.children("")
        except ServiceError as error:
            log.debug("%s can't be listed: %s", store.shown, error.what)
            continue
        if any(entry.name == DESCRIPTION for entry in entries or []):
            return True
    return False


def _stores(session: Session, model: Model) -> tuple[Store, Store]:
    """The Files API first, then links."""
    direct = mlflow_artifacts.store(session, model.artifact_uri)
    if model.model_id:
        return direct, LinkStore(session, model_id=model.model_id)
    return direct, LinkStore(session, run_id=model.run_id, folder=model.name)
