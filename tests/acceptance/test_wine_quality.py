"""The main job, whole: what `make demo` runs, with figures computed elsewhere.

The diabetes figures come from a separate computation: a coordinate descent of the elastic net's
objective written with NumPy alone, on the rows that a permutation with seed 40 gives.
The wine figures are those published with the data by several authors of this exercise.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DIABETES = {  # alpha = l1_ratio: rmse, mae, r2
    "0.5": (63.80774, 51.94755, 0.38440),
    "0.3": (63.71374, 51.84307, 0.38621),
    "0.1": (63.41730, 51.48372, 0.39191),
}
DIABETES_PREDICTIONS = (
    207.6005,
    74.477,
    180.3802,
    149.7815,
    124.243,
    105.4377,
    88.1327,
    126.7482,
    165.9279,
    205.5041,
)
WINE = {
    "0.5": (0.79316, 0.62719, 0.10863),
    "0.3": (0.74432, 0.57548, 0.21502),
    "0.1": (0.71288, 0.54622, 0.27994),
}


@dataclass(frozen=True)
class Done:
    """The main job after it ended; its local cloud is still up."""

    output: str
    folder: Path
    state: Path

    def outputs(self, step: str) -> dict[str, Any]:
        """The outputs of one step."""
        outputs: dict[str, Any] = json.loads((self.folder / f"{step}.outputs.json").read_text())
        return outputs


def modelyard(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "modelyard", *arguments],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
        timeout=120,
    )


def main_job(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            str(ROOT / "examples/wine-quality/main_job.py"),
            f"--state={folder / 'state'}",
            f"--jobs={folder / 'jobs'}",
            *arguments,
        ],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
        timeout=900,
    )


def _finished(folder: Path, *arguments: str) -> Iterator[Done]:
    try:
        done = main_job(folder, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        [job] = (folder / "jobs").iterdir()
        yield Done(done.stdout, job, folder / "state")
    finally:
        stopped = modelyard("local", "down", "--state", str(folder / "state"))
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    yield from _finished(tmp_path_factory.mktemp("diabetes"), "--dataset=diabetes")


def assert_figures(done: Done, expected: dict[str, tuple[float, float, float]]) -> None:
    runs = json.loads(done.outputs("job-run")["runs"])
    found = {
        run["parameters"]["alpha"]: tuple(run["metrics"][name] for name in ("rmse", "mae", "r2"))
        for run in runs
    }
    assert set(found) == set(expected)
    for alpha, figures in expected.items():
        assert found[alpha] == pytest.approx(figures, abs=2e-5)


def test_every_run_has_the_figures_computed_elsewhere(done: Done) -> None:
    assert_figures(done, DIABETES)


def test_the_lowest_rmse_of_this_build_wins(done: Done) -> None:
    chosen = done.outputs("model-select")
    assert float(chosen["best-metric"]) == pytest.approx(DIABETES["0.1"][0], abs=2e-5)


def test_first_run_ended_before_the_others_began_and_those_overlapped(done: Done) -> None:
    first, second, third = (
        seen_by_databricks_cli(done, run["run_id"])
        for run in json.loads(done.outputs("job-run")["runs"])
    )
    assert first["end_time"] <= min(second["start_time"], third["start_time"])
    assert max(second["start_time"], third["start_time"]) < min(
        second["end_time"], third["end_time"]
    )


def seen_by_databricks_cli(done: Done, run_id: int) -> dict[str, Any]:
    databricks = str(Path(sys.executable).with_name("databricks"))
    state = ("--state", str(done.state))
    got = modelyard("local", "exec", *state, "--", databricks, "runs", "get", f"--run-id={run_id}")
    assert got.returncode == 0, got.stderr
    run: dict[str, Any] = json.loads(got.stdout)
    return run


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_endpoints_serve_the_winner(done: Done, environment: str) -> None:
    url = done.outputs(f"deploy-{environment}")["scoring-url"]
    tested = done.outputs(f"test-{environment}")
    assert tested["count"] == "10"
    assert json.loads(tested["predictions"]) == pytest.approx(DIABETES_PREDICTIONS, abs=1e-3)
    rows = (done.folder / "rows.json").read_bytes()
    request = urllib.request.Request(url, rows, {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    with refused.value:
        assert refused.value.code == 401


def test_both_environments_run_one_image(done: Done) -> None:
    built = done.outputs("image-build")
    assert built["digest"].startswith("sha256:")
    for environment in ("staging", "production"):
        assert done.outputs(f"deploy-{environment}")["image"].endswith(built["digest"])


def test_the_cluster_is_stopped(done: Done) -> None:
    assert done.outputs("cluster-stop")["state"] == "TERMINATED"


def test_the_summary_names_everything(done: Done) -> None:
    for piece in (
        "63.4173",
        "best",
        done.outputs("image-build")["digest"],
        done.outputs("deploy-staging")["scoring-url"],
        done.outputs("deploy-production")["scoring-url"],
        str(done.folder / "report.html"),
    ):
        assert piece in done.output


def test_the_report_has_the_chart_and_the_runs(done: Done) -> None:
    page = (done.folder / "report.html").read_text(encoding="utf-8")
    assert page.count("<rect") == 3
    assert "63.4173" in page


def test_no_secret_is_in_any_log(done: Done) -> None:
    exported = modelyard("local", "env", "--state", str(done.state)).stdout
    secrets = [
        line.split("=", 1)[1].strip("'\"")
        for line in exported.splitlines()
        if "DATABRICKS_TOKEN=" in line or "AZURE_CLIENT_SECRET=" in line
    ]
    assert len(secrets) == 2
    for path in done.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(secret.encode() in content for secret in secrets), path


def test_wine(tmp_path: Path) -> None:
    wine = os.environ.get("WINE_CSV", "")
    if not wine:
        pytest.skip("WINE_CSV names no winequality-red.csv")
    for done in _finished(tmp_path, "--dataset=wine", f"--wine-csv={wine}"):
        assert_figures(done, WINE)


def test_another_wine_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "wine.csv"
    other.write_text("fixed acidity;quality\n1;2\n")
    done = main_job(tmp_path, "--dataset=wine", f"--wine-csv={other}")
    assert done.returncode != 0
    assert "isn't UCI's winequality-red.csv" in done.stderr
