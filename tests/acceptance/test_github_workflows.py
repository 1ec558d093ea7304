"""The example's workflow, whole, through the reusable workflows: ``modelyard local run`` under act
against a local cloud."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from acceptance import example_runs
from acceptance.example_runs import ROOT, TOOLS, WHEELS, cloud, modelyard, new_example
from acceptance.figures import DIABETES, DIABETES_PREDICTIONS
from acceptance.finished_run import assert_figures

TRAIN, BUILD = "pipeline/train/train", "pipeline/build-image/build-image"
DEPLOY = "pipeline/deploy/endpoint"


@dataclass(frozen=True)
class Done:
    """A run that has ended."""

    code: int
    output: str
    folder: Path
    secrets: list[str]

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "run.json").read_text("utf-8"))
        return found

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts"

    def stage(self, name: str) -> dict[str, Any]:
        found: dict[str, Any]
        [found] = [one for one in self.document["stages"] if one["name"] == name]
        return found

    def outputs(self, environment: str) -> dict[str, dict[str, str]]:
        """The outputs of a deployment's steps, by title and name."""
        jobs = [job for stage in self.document["stages"] for job in stage["jobs"]]
        [found] = [job for job in jobs if job["environment"] == environment]
        return {step["title"]: step.get("outputs", {}) for step in found["steps"]}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    folder = tmp_path_factory.mktemp("github")
    example = new_example(folder / "example")
    with cloud(folder / "state") as state:
        secrets = example_runs.secrets_of(state)
        ended = modelyard(
            "local", "run", ".github/workflows/main.yml",
            f"--repository=OWNER/modelyard={ROOT}",
            "--variable=BASE_IMAGE_OVERRIDE=host",
            f"--variable=WHEELS_OVERRIDE={WHEELS}",
            "--approve=production",
            f"--state={state}",
            f"--output={folder / 'results'}",
            "--log-format=plain",
            cwd=example, tools=TOOLS, timeout=900,
        )  # fmt: skip
        yield Done(ended.returncode, ended.stdout + ended.stderr, folder / "results", secrets)


def test_every_job_succeeds(done: Done) -> None:
    assert done.code == 0, done.output
    assert {one["result"] for one in done.document["stages"]} == {"Succeeded"}


def test_the_stages_are_those_of_azure_pipelines(done: Done) -> None:
    after = {one["name"]: one["dependsOn"] for one in done.document["stages"]}

    assert after == {
        TRAIN: [],
        BUILD: [TRAIN],
        f"{DEPLOY} 1": [TRAIN, BUILD],
        f"{DEPLOY} 2": [TRAIN, BUILD],
    }
    assert done.stage(f"{DEPLOY} 2")["title"] == "Deploy wine-quality to production"


def test_the_run_has_the_figures_computed_elsewhere(done: Done) -> None:
    runs = json.loads(next(done.artifacts.glob("runs-*/**/runs.json")).read_text("utf-8"))
    assert_figures(runs, {"0.1": DIABETES["0.1"]})


def test_artifacts_are_called_as_on_azure_pipelines(done: Done) -> None:
    names = {one["name"] for one in done.document["artifacts"]}

    assert names == {"model", "runs-wine-quality-train", "image"}
    assert (done.artifacts / "model/MLmodel").is_file()


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_every_environment_serves_the_image_that_was_built(done: Done, environment: str) -> None:
    built = json.loads((done.artifacts / "image/image.json").read_text("utf-8"))["image"]
    outputs = done.outputs(environment)

    assert "@sha256:" in built
    assert outputs["Deploy"]["image"] == built
    assert outputs["Deploy"]["endpoint"] == f"wine-quality-{environment}"
    predictions = json.loads(outputs["Test the endpoint"]["predictions"])
    assert predictions == pytest.approx(DIABETES_PREDICTIONS, abs=1e-3)


def test_the_cluster_is_stopped(done: Done) -> None:
    [post] = [
        step
        for job in done.stage(TRAIN)["jobs"]
        for step in job["steps"]
        if step["title"] == "Post Start the cluster"
    ]
    assert ": terminated" in (done.folder / post["log"]).read_text("utf-8")


def test_the_report_has_what_steps_say_of_themselves(done: Done) -> None:
    report = (done.folder / "report.html").read_text("utf-8")

    assert "Runs of wine-quality-train" in report
    assert report.count("Deploy wine-quality to staging") > 1


def test_no_secret_is_kept_or_shown(done: Done) -> None:
    assert len(done.secrets) == 2
    files = [one for one in done.folder.rglob("*") if one.is_file()]
    written = b"".join(one.read_bytes() for one in files) + done.output.encode()
    assert not any(secret.encode() in written for secret in done.secrets)
