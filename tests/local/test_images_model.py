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

from docker_engine import docker
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
NAME = "modelyard-test-model"

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


@pytest.fixture(scope="module")
def first(logged: Logged, tmp_path_factory: pytest.TempPathFactory) -> BuiltImage:
    """Built without an engine."""
    return build(logged, "oci", tmp_path_factory.mktemp("oci"))


def assert_predicts(
    built: BuiltImage, runner: str, logged: Logged, folder: Path, started: list[Running]
) -> None:
    place = Place(folder, built.layout or folder)
    started.append(run.start(built.reference, Settings(NAME), place, runner=runner, clock=CLOCK))
    running.wait_until_ready(started[0], clock=CLOCK)
    url = f"{started[0].url}/invocations"
    answer = requests.post(url, json=logged.body, timeout=60)
    assert answer.json()["predictions"] == pytest.approx(logged.predictions)
    wrong = {"dataframe_split": {"columns": ["a"], "data": [[1]]}}
    assert requests.post(url, json=wrong, timeout=60).status_code == 400


def test_without_an_engine_it_predicts_as_the_model_does(
    first: BuiltImage, logged: Logged, tmp_path: Path, started: list[Running]
) -> None:
    assert first.size > 50e6
    assert_predicts(first, "process", logged, tmp_path, started)


def test_the_same_model_and_wheels_give_the_same_digest(
    first: BuiltImage, logged: Logged, tmp_path: Path
) -> None:
    assert build(logged, "oci", tmp_path).digest == first.digest
    layout = Layout(tmp_path)
    config = layout.read_json(layout.manifest().config)["config"]
    assert config["User"] == "65534:65534"
    assert config["Labels"]["org.opencontainers.image.revision"] == "0123456789abcdef"
    assert config["Labels"]["io.modelyard.python"] == interpreters.own_version()


@docker
def test_in_a_container_of_docker_it_predicts_as_the_model_does(
    logged: Logged, tmp_path: Path, started: list[Running]
) -> None:
    built = build(logged, "docker", tmp_path)
    try:
        assert_predicts(built, "docker", logged, tmp_path, started)
        asked = ["docker", "exec", NAME, "id", "-u"]
        shown = subprocess.run(asked, capture_output=True, text=True, check=True)
        assert shown.stdout.strip() == "65534"
    finally:
        for one in started:
            one.stop()
        remove = ["docker", "image", "rm", "--force", built.digest]
        subprocess.run(remove, capture_output=True, check=True)
