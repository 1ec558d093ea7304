"""The example's azure-pipelines.yml, whole, on the local runner against the local cloud: with the
tasks of the extension, and with those of a checkout."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from acceptance.test_wine_quality import DIABETES, DIABETES_PREDICTIONS
from chains import example_runs
from chains.example_runs import ROOT, WHEELS, cloud, modelyard, new_example


@dataclass(frozen=True)
class Done:
    """A run that has ended; its cloud is still up."""

    mode: str
    code: int
    output: str
    folder: Path
    state: Path

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "run.json").read_text("utf-8"))
        return found

    def artifact(self, name: str) -> Any:
        return json.loads((self.folder / "artifacts" / name).read_text("utf-8"))

    def summary(self, environment: str, column: str) -> str:
        """What a step of the deployment told of itself."""
        texts = [one.read_text("utf-8") for one in sorted((self.folder / "files").glob("*.md"))]
        [found] = [one for one in texts if column in one and f"wine-quality-{environment}" in one]
        return found

    def log(self, stage: str, title: str) -> str:
        for one in self.document["stages"]:
            for step in (step for job in one["jobs"] for step in job["steps"]):
                if (one["name"], step["title"]) == (stage, title):
                    return (self.folder / step["log"]).read_text("utf-8")
        raise AssertionError(f"{stage} has no step {title}")


@pytest.fixture(scope="module", params=["extension", "checkout"])
def done(
    request: pytest.FixtureRequest, tools: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Done]:
    folder = tmp_path_factory.mktemp(request.param)
    example = new_example(folder / "example")
    with cloud(folder / "state") as state:
        ended = modelyard(
            "local", "run", "azure-pipelines.yml",
            f"--repository=modelyard={ROOT}",
            f"--parameter=tasks={request.param}",
            "--parameter=azureServiceConnection=",
            "--variable=BASE_IMAGE_OVERRIDE=host",
            f"--variable=WHEELS_OVERRIDE={WHEELS}",
            "--approve=production",
            f"--state={state}",
            f"--output={folder / 'results'}",
            "--log-format=plain",
            cwd=example, tools=tools, timeout=900,
        )  # fmt: skip
        yield Done(
            request.param, ended.returncode, ended.stdout + ended.stderr, folder / "results", state
        )


def test_every_stage_succeeds(done: Done) -> None:
    assert done.code == 0, done.output
    assert [(one["name"], one["result"]) for one in done.document["stages"]] == [
        ("train", "Succeeded"),
        ("build_image", "Succeeded"),
        ("staging", "Succeeded"),
        ("production", "Succeeded"),
    ]


def test_every_run_has_the_figures_computed_elsewhere(done: Done) -> None:
    runs = done.artifact("runs-wine-quality-train/runs.json")
    found = {
        run["parameters"]["alpha"]: [run["metrics"][name] for name in ("rmse", "mae", "r2")]
        for run in runs
    }
    assert set(found) == set(DIABETES)
    for alpha, figures in DIABETES.items():
        assert found[alpha] == pytest.approx(figures, abs=2e-5)


def test_the_model_is_an_artifact(done: Done) -> None:
    assert (done.folder / "artifacts/model/MLmodel").is_file()


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_every_environment_runs_the_image_that_was_built(done: Done, environment: str) -> None:
    image = done.artifact("image/image.json")["image"]
    assert "@sha256:" in image
    assert f"| wine-quality-{environment} | {image} |" in done.summary(environment, "scoring URL")


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_every_endpoint_serves_the_winner(done: Done, environment: str) -> None:
    tested = done.summary(environment, "first predictions")
    assert "| 10 |" in tested
    found = json.loads(tested[tested.rindex("[") : tested.rindex("]") + 1])
    assert found == pytest.approx(DIABETES_PREDICTIONS, abs=1e-3)


def test_the_cluster_is_stopped(done: Done) -> None:
    title = "Release cluster" if done.mode == "checkout" else "Post-job: Start the cluster"
    assert "terminated" in done.log("train", title)


def test_production_asks_for_an_approval(done: Done) -> None:
    assert "approved: --approve production" in json.dumps(done.document)


def test_no_secret_is_in_any_log(done: Done) -> None:
    secrets = example_runs.secrets_of(done.state)
    assert len(secrets) == 2
    for path in done.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(secret.encode() in content for secret in secrets), path
    assert not any(secret in done.output for secret in secrets)


def test_the_committed_table_is_the_one_that_scikit_learn_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(example_runs.EXAMPLE))
    from datasets import DATASETS, write_rows, write_table

    table = write_table(DATASETS["diabetes"], tmp_path)
    rows = write_rows(table, DATASETS["diabetes"], tmp_path)

    assert table.read_bytes() == (example_runs.EXAMPLE / "data/diabetes.csv").read_bytes()
    assert rows.read_bytes() == (example_runs.EXAMPLE / "rows.json").read_bytes()
