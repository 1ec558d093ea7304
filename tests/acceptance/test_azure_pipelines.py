"""The example's azure-pipelines.yml with the tasks of a checkout, on the local runner.

The runner starts the local cloud for it. With the tasks of the extension it is what `make demo`
runs (test_wine_quality.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from acceptance import example_runs
from acceptance.example_runs import ROOT, WHEELS, modelyard
from acceptance.figures import DIABETES
from acceptance.finished_run import (
    FinishedRun,
    assert_figures,
    assert_no_secret,
    assert_serves_the_winner,
    assert_success,
)


@dataclass(frozen=True)
class Done(FinishedRun):
    """A run whose cloud is gone."""

    state: Path


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    folder = tmp_path_factory.mktemp("checkout")
    example = example_runs.new_example(folder / "example")
    state = folder / "state"
    ended = modelyard(
        "local", "run", "azure-pipelines.yml",
        f"--repository=modelyard={ROOT}",
        "--parameter=tasks=checkout",
        "--parameter=azureServiceConnection=",
        "--variable=BASE_IMAGE_OVERRIDE=host",
        f"--variable=WHEELS_OVERRIDE={WHEELS}",
        "--yes",
        f"--state={state}",
        f"--output={folder / 'results'}",
        "--log-format=plain",
        cwd=example, tools=example_runs.TOOLS, timeout=900,
    )  # fmt: skip
    yield Done(ended.returncode, ended.stdout + ended.stderr, folder / "results", state)
    modelyard("local", "down", "--state", str(state))  # where the run was killed


def test_every_stage_succeeds(done: Done) -> None:
    assert_success(done)


def test_no_step_is_a_task_of_the_extension(done: Done) -> None:
    expanded = (done.folder / "azure-pipelines.yml").read_text("utf-8")

    assert "task: Modelyard" not in expanded
    assert expanded.count("launch.js") == 12  # ten that run, two that release


def test_the_run_has_the_figures_computed_elsewhere(done: Done) -> None:
    assert_figures(done.runs(), {"0.1": DIABETES["0.1"]})


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_every_environment_serves_the_winner(done: Done, environment: str) -> None:
    assert_serves_the_winner(done, environment)


def test_the_cluster_is_stopped(done: Done) -> None:
    assert "terminated" in done.log("train", "Release cluster")


def test_the_cloud_was_there_for_the_run_alone(done: Done) -> None:
    assert "Starting a local cloud for this run." in done.output
    assert modelyard("local", "status", "--state", str(done.state)).returncode == 54


def test_no_secret_is_in_any_log(done: Done) -> None:
    credentials = json.loads((done.state / "credentials.json").read_text("utf-8"))
    assert_no_secret(done, [credentials["databricks_token"], credentials["client_secret"]])
