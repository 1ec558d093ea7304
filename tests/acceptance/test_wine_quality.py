"""`make demo`: the example's own azure-pipelines.yml on the local runner, against a local cloud."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from acceptance.figures import DIABETES, WINE
from acceptance.finished_run import (
    FinishedRun,
    assert_figures,
    assert_no_secret,
    assert_serves_the_winner,
    assert_success,
)

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/wine-quality"
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Demo(FinishedRun):
    """A demo that is over; its local cloud is still up."""

    state: Path


def modelyard(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "modelyard", "local", *arguments],
        cwd=ROOT,
        env={**os.environ, "MODELYARD_LOCAL_STATE": str(state)},
        text=True,
        capture_output=True,
        check=False,
        timeout=120,
    )


def make_demo(folder: Path, *variables: str) -> subprocess.CompletedProcess[str]:
    """Without a terminal, and with the packages that are there already."""
    installed = [f"--old-file={BIN}/python", f"--old-file={BIN.parent}/.local"]
    cache = Path(os.environ.get("MODELYARD_WHEELS") or ROOT / ".cache/wheels").parent
    ours = ("WINE_CSV", "DATASET", "YES", "MAKEFLAGS")  # of a make that has started the tests
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        [
            "make", "--no-print-directory", "demo", *installed,
            f"--old-file={cache}/wheels/.complete", f"VENV={BIN.parent}", f"CACHE={cache}",
            f"RESULTS={folder / 'results'}", *variables,
        ],
        cwd=ROOT,
        env={**environment, "MODELYARD_LOCAL_STATE": str(folder / "state")},
        stdin=subprocess.DEVNULL,
        text=True,
        capture_output=True,
        check=False,
        timeout=900,
    )  # fmt: skip


@contextmanager
def finished(folder: Path, *variables: str) -> Iterator[Demo]:
    try:
        ended = make_demo(folder, *variables)
        output = ended.stdout + ended.stderr
        yield Demo(ended.returncode, output, folder / "results", folder / "state")
    finally:
        stopped = modelyard(folder / "state", "down")
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with finished(tmp_path_factory.mktemp("diabetes")) as demo:
        yield demo


def test_every_stage_succeeds(done: Demo) -> None:
    assert_success(done)


def test_every_step_of_ours_runs_through_its_launcher(done: Demo) -> None:
    own = [one for one in read_plan(done) if one.startswith("Modelyard")]

    assert own == [
        "ModelyardNotebooksImport@1",
        "ModelyardFilesUpload@1",
        "ModelyardClusterStart@1",
        "ModelyardJobRun@1",
        "ModelyardModelSelect@1",
        "ModelyardImageBuild@1",
        *2 * ("ModelyardModelDeploy@1", "ModelyardEndpointTest@1"),
    ]


def read_plan(done: Demo) -> list[str]:
    """The tasks of the expanded pipeline."""
    text = (done.folder / "azure-pipelines.yml").read_text("utf-8")
    return re.findall(r"task: (\S+)", text)


def test_every_run_has_the_figures_computed_elsewhere(done: Demo) -> None:
    assert_figures(done.runs(), DIABETES)


def test_the_lowest_rmse_of_this_build_wins(done: Demo) -> None:
    best = next(run for run in done.runs() if run["parameters"]["alpha"] == "0.1")

    assert f"runs:/{best['mlflow_run_id']}/model" in done.summary("train", "Select the best run")
    assert (done.folder / "artifacts/model/MLmodel").is_file()


def test_first_run_ended_before_the_others_began_and_those_overlapped(done: Demo) -> None:
    first, second, third = (seen_by_databricks_cli(done, run["run_id"]) for run in done.runs())
    assert first["end_time"] <= min(second["start_time"], third["start_time"])
    assert max(second["start_time"], third["start_time"]) < min(
        second["end_time"], third["end_time"]
    )


def seen_by_databricks_cli(done: Demo, run_id: int) -> dict[str, Any]:
    databricks = str(Path(sys.executable).with_name("databricks"))
    got = modelyard(done.state, "exec", "--", databricks, "runs", "get", f"--run-id={run_id}")
    assert got.returncode == 0, got.stderr
    run: dict[str, Any] = json.loads(got.stdout)
    return run


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_every_environment_serves_the_winner_to_those_with_a_key(
    done: Demo, environment: str
) -> None:
    assert_serves_the_winner(done, environment)
    [url] = set(re.findall(r"http://\S+/invocations", done.summary(environment, "Deploy")))
    rows = (EXAMPLE / "rows.json").read_bytes()
    request = urllib.request.Request(url, rows, {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    with refused.value:
        assert refused.value.code == 401


def test_production_needs_an_approval(done: Demo) -> None:
    assert "approved: --approve production" in json.dumps(done.document["notices"])


def test_the_cluster_is_stopped(done: Demo) -> None:
    assert "cluster ml" in done.log("train", "Post-job: Start the cluster")
    assert "terminated" in done.log("train", "Post-job: Start the cluster")


def test_the_output_says_how_to_go_on(done: Demo) -> None:
    assert f"Report: {done.folder / 'report.html'}" in done.output
    assert "`make demo-stop` stops it" in done.output


def test_the_output_ends_with_the_figures(done: Demo) -> None:
    rows = dict(re.findall(r"^  (\S[\w ]*?)  +(\S.*)$", done.output, re.MULTILINE))

    rmse, mae, r2 = DIABETES["0.1"]
    assert [float(rows[name]) for name in ("rmse", "mae", "r2")] == pytest.approx(
        [rmse, mae, r2], abs=1e-4
    )
    best = next(run for run in done.runs() if run["parameters"]["alpha"] == "0.1")
    assert rows["best run"].startswith(f"{best['mlflow_run_id']} (alpha 0.1")
    assert rows["model"].startswith("m-")
    assert rows["image"] == done.artifact("image/image.json")["image"]
    for stage in ("staging", "production"):
        assert rows[stage] in done.summary(stage, "Deploy")


def test_no_secret_is_in_any_log(done: Demo) -> None:
    exported = modelyard(done.state, "env").stdout
    assert_no_secret(
        done,
        [
            line.split("=", 1)[1].strip("'\"")
            for line in exported.splitlines()
            if "DATABRICKS_TOKEN=" in line or "AZURE_CLIENT_SECRET=" in line
        ],
    )


def test_wine(tmp_path: Path) -> None:
    wine = os.environ.get("WINE_CSV", "")
    if not wine:
        pytest.skip("WINE_CSV names no winequality-red.csv")
    with finished(tmp_path, "DATASET=wine", f"WINE_CSV={Path(wine).absolute()}") as done:
        assert_success(done)
        assert_figures(done.runs(), WINE)


def test_another_wine_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "wine.csv"
    other.write_text("fixed acidity;quality\n1;2\n")
    done = make_demo(tmp_path, "DATASET=wine", f"WINE_CSV={other}")
    assert done.returncode != 0
    assert "isn't UCI's winequality-red.csv" in done.stderr
    assert not (tmp_path / "state").exists()


def test_with_the_wine_table_goes_a_copy_of_the_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLE))
    import datasets

    wine = tmp_path / "any-name.csv"
    wine.write_text("pH;alcohol;quality\n3.5;9.4;5\n3.2;9.8;6\n")
    digest = hashlib.sha256(wine.read_bytes()).hexdigest()
    monkeypatch.setattr(datasets, "WINE_SHA256", digest)

    example = datasets.example_with_wine(tmp_path, str(wine))

    assert [one.name for one in (example / "data").iterdir()] == ["wine.csv"]
    rows = json.loads((example / "rows.json").read_text("utf-8"))
    assert rows == {
        "dataframe_split": {"columns": ["pH", "alcohol"], "data": [[3.5, 9.4], [3.2, 9.8]]}
    }
    assert (example / "azure-pipelines.yml").read_bytes() == (
        EXAMPLE / "azure-pipelines.yml"
    ).read_bytes()


def test_the_committed_table_is_the_one_that_scikit_learn_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLE))
    from datasets import DATASETS, write_diabetes, write_rows

    table = write_diabetes(tmp_path)
    rows = write_rows(table, DATASETS["diabetes"], tmp_path)

    assert table.read_bytes() == (EXAMPLE / "data/diabetes.csv").read_bytes()
    assert rows.read_bytes() == (EXAMPLE / "rows.json").read_bytes()
