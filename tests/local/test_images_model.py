"""The whole way, once with each engine: log a model, build its image, run it, ask it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from docker_engine import ENGINES
from modelyard import images
from modelyard.clock import SystemClock
from modelyard.images import interpreters, run, running
from modelyard.images.engine import BuiltImage
from modelyard.images.layout import Layout
from modelyard.images.run import Place
from modelyard.images.running import Running, Settings

WHEELS = Path(os.environ.get("MODELYARD_WHEELS", "/nowhere"))
pytestmark = pytest.mark.skipif(
    not (WHEELS / ".complete").is_file(),
    reason="MODELYARD_WHEELS names no folder that .ci/wheels has filled",
)
CLOCK = SystemClock()

# In a process of its own: what the tests have imported would become requirements of the model.
LOG = """
import importlib.metadata, json, sys
import mlflow.sklearn
from sklearn.datasets import load_diabetes
from sklearn.linear_model import ElasticNet

names = ("mlflow", "numpy", "pandas", "scikit-learn", "scipy", "skops")
pins = [name + "==" + importlib.metadata.version(name) for name in names]
x, y = load_diabetes(return_X_y=True, as_frame=True)
model = ElasticNet(alpha=0.1, l1_ratio=0.1).fit(x, y)
mlflow.sklearn.save_model(
    model, sys.argv[1], pip_requirements=pins, serialization_format="skops",
    signature=mlflow.models.infer_signature(x, y),
)
rows = x.head(10)
print(json.dumps({
    "body": {"dataframe_split": {"columns": list(rows), "data": rows.values.tolist()}},
    "predictions": model.predict(rows).tolist(),
}))
"""


@dataclass(frozen=True)
class Logged:
    """A model, rows to ask it, and what it says to them."""

    folder: Path
    body: dict[str, Any]
    predictions: list[float]


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Logged:
    folder = tmp_path_factory.mktemp("model") / "model"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOG, str(folder)],
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    return Logged(folder, found["body"], found["predictions"])


def build(logged: Logged, engine: str, out: Path) -> BuiltImage:
    return images.build(
        logged.folder,
        engine=engine,
        base="host",
        tags=["modelyard-test/diabetes:1"],
        wheels=WHEELS,
        labels={"org.opencontainers.image.revision": "0123456789abcdef"},
        out=out,
    )


@pytest.fixture
def started() -> Iterator[list[Running]]:
    """Starts are added; all are stopped at the end."""
    found: list[Running] = []
    yield found
    for one in found:
        one.stop()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_image_of_a_model_predicts_as_the_model_does(
    logged: Logged, engine: str, tmp_path: Path, started: list[Running]
) -> None:
    built = build(logged, engine, tmp_path / "out")
    assert built.size > 50e6
    runner = "process" if engine == "oci" else engine
    settings = Settings("modelyard-test-model")
    place = Place(tmp_path / "place", tmp_path / "out")
    (tmp_path / "place").mkdir()
    started.append(run.start(built.reference, settings, place, runner=runner, clock=CLOCK))
    running.wait_until_ready(started[0], clock=CLOCK)
    url = f"{started[0].url}/invocations"
    answer = requests.post(url, json=logged.body, timeout=60)
    assert answer.json()["predictions"] == pytest.approx(logged.predictions)
    wrong = requests.post(url, json={"dataframe_split": {"columns": ["a"], "data": [[1]]}},
                          timeout=60)  # fmt: skip
    assert wrong.status_code == 400
    if engine == "docker":
        asked = ["docker", "exec", settings.name, "id", "-u"]
        shown = subprocess.run(asked, capture_output=True, text=True, check=True)
        assert shown.stdout.strip() == "65534"


def test_the_same_model_and_wheels_give_the_same_digest(logged: Logged, tmp_path: Path) -> None:
    first = build(logged, "oci", tmp_path / "1")
    second = build(logged, "oci", tmp_path / "2")
    assert first.digest == second.digest
    layout = Layout(tmp_path / "2")
    document = layout.read_json(layout.manifest().config)
    assert document["config"]["User"] == "65534:65534"
    assert document["config"]["Labels"]["org.opencontainers.image.revision"] == "0123456789abcdef"
    assert document["config"]["Labels"]["io.modelyard.python"] == interpreters.own_version()
