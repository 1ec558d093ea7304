"""What a run of the example comes to, as a short table: read from its result folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

METRICS = ("rmse", "r2", "mae")


def table(folder: Path) -> str:
    """Lines of a name and a value: the best run, its metrics, its model, the image, the endpoints.

    :param folder: with the ``run.json`` of a run that has succeeded.
    """
    rows = list(_rows(folder))
    width = max(len(name) for name, _ in rows)
    return "".join(f"  {name:<{width}}  {value}\n" for name, value in rows)


def _rows(folder: Path) -> Iterator[tuple[str, str]]:
    stages = json.loads((folder / "run.json").read_text("utf-8"))["stages"]
    [(_, chosen)] = _with(stages, "modelUri")
    [runs] = (folder / "artifacts").glob("runs-*/runs.json")
    found = {one["mlflow_run_id"]: one for one in json.loads(runs.read_text("utf-8"))}
    best = found[chosen["bestRunId"]]
    parameters = json.loads(chosen["bestParameters"])
    yield "best run", f"{chosen['bestRunId']} ({_listed(parameters)})"
    for name in METRICS:
        yield name, f"{best['metrics'][name]:.4f}"
    yield "model", chosen.get("modelId") or chosen["modelUri"]
    yield "image", json.loads((folder / "artifacts/image/image.json").read_text("utf-8"))["image"]
    for stage, outputs in _with(stages, "endpoint"):
        yield stage, outputs["scoringUrl"]


def _with(stages: list[dict[str, Any]], name: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The outputs of the steps that have this one, each with the name of its stage."""
    for stage in stages:
        for job in stage["jobs"]:
            for step in job["steps"]:
                outputs = step.get("outputs", {})
                if name in outputs:
                    yield stage["name"], outputs


def _listed(parameters: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in parameters.items())
