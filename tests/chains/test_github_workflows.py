"""The example's workflow, whole, through the reusable workflows, under act and a local cloud."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from acceptance.test_wine_quality import DIABETES, DIABETES_PREDICTIONS
from chains import act_workflows, example_runs
from chains.act_workflows import Done

SECRETS: list[str] = []


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    folder = tmp_path_factory.mktemp("github")
    checkout = example_runs.new_checkout(folder / "modelyard")
    (folder / "tools").mkdir()
    tools = example_runs.warm(folder / "tools", checkout)
    example = example_runs.new_example(folder / "example")
    (folder / "scratch").mkdir()
    with example_runs.cloud(folder / "state") as state:
        SECRETS[:] = example_runs.secrets_of(state)
        yield act_workflows.run(example, checkout, tools, state, folder / "scratch")


def test_every_job_succeeds(done: Done) -> None:
    assert done.code == 0, done.output
    assert set(done.results().values()) == {"success"}


def test_every_run_has_the_figures_computed_elsewhere(done: Done) -> None:
    runs = json.loads(next(done.artifacts.glob("runs-*/**/runs.json")).read_text("utf-8"))
    found = {
        run["parameters"]["alpha"]: [run["metrics"][name] for name in ("rmse", "mae", "r2")]
        for run in runs
    }
    assert set(found) == set(DIABETES)
    for alpha, figures in DIABETES.items():
        assert found[alpha] == pytest.approx(figures, abs=2e-5)


def test_artifacts_are_called_as_on_azure_pipelines(done: Done) -> None:
    names = {one.name for one in done.artifacts.iterdir()}

    assert names == {"model", "runs-wine-quality-train", "image"}
    assert (done.artifacts / "model/MLmodel").is_file()


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_every_environment_serves_the_image_that_was_built(done: Done, environment: str) -> None:
    built = json.loads((done.artifacts / "image/image.json").read_text("utf-8"))["image"]
    outputs = done.outputs(f"to {environment}")

    assert "@sha256:" in built
    assert outputs["deploy.image"] == built
    assert outputs["deploy.endpoint"] == f"wine-quality-{environment}"
    assert json.loads(outputs["test.predictions"]) == pytest.approx(DIABETES_PREDICTIONS, abs=1e-3)


def test_the_cluster_is_stopped(done: Done) -> None:
    assert "cluster ml" in done.output
    assert ": terminated" in done.output


def test_no_secret_is_in_the_log(done: Done) -> None:
    assert len(SECRETS) == 2
    assert not any(secret in done.output for secret in SECRETS)
