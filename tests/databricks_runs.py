"""Runs on clusters of the workspace service whose drivers a test plays."""

from __future__ import annotations

from typing import Any

from databricks_service import CLUSTER, Workspace, until
from fake_drivers import FakeRun, Stage

NEW = {k: v for k, v in CLUSTER.items() if k != "cluster_name"}


def submit(workspace: Workspace, **fields: Any) -> int:
    """A run of the notebook /Shared/train on a running cluster, unless something else is given."""
    given = {"notebook_task": {"notebook_path": workspace.notebook()}, **fields}
    if not {"existing_cluster_id", "new_cluster"} & set(given):
        given["existing_cluster_id"] = workspace.cluster()
    return int(workspace.post("2.1/jobs/runs/submit", **given)["run_id"])


def on_driver(stage: Stage, count: int = 1) -> list[FakeRun]:
    def reached() -> Any:
        return stage.running if len(stage.running) == count else None

    return list(until(reached, f"{count} runs on the driver"))


def ended(run: dict[str, Any]) -> tuple[str, str, str]:
    details = run["status"]["termination_details"]
    return run["state"]["life_cycle_state"], run["state"]["result_state"], details["code"]


def holding(stage: Stage) -> None:
    """Runs go on until a test ends them."""
    stage.play = lambda _: None
