"""Models that the real MLflow client logs to the workspace of a local cloud, chosen and downloaded
over REST: the same files as the client itself downloads."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local import aml_workplace
from local.run_workplace import Done, Workplace
from modelyard.images.interpreters import own_version
from modelyard.local.cloud.cloud import LocalCloud

CLOUD_SERVICES = (
    *("entra", "arm", "mlflow", "databricks"),
    *("storage", "aml", "aml_services"),  # where the chosen one goes
)
BUILD = "house/project/7/42"
EXPERIMENT = "/Shared/wine-select"
TRAIN = f"""\
import json, pathlib, tempfile
import mlflow
from sklearn.linear_model import ElasticNet

mlflow.set_experiment({EXPERIMENT!r})
ids = []
for alpha, build in ((0.5, {BUILD!r}), (0.1, {BUILD!r}), (0.01, "another")):
    with mlflow.start_run() as run:
        model = ElasticNet(alpha=alpha).fit([[0.0], [1.0]], [0.0, 1.0])
        mlflow.log_param("alpha", alpha)
        mlflow.log_metric("rmse", alpha)
        mlflow.set_tag("modelyard.build", build)
        mlflow.sklearn.log_model(model, name="model", serialization_format="skops")
        ids.append(run.info.run_id)

mlflow.artifacts.download_artifacts(f"runs:/{{ids[1]}}/model", dst_path="by-client")

folder = pathlib.Path(tempfile.mkdtemp())
mlflow.sklearn.save_model(model, folder / "model", serialization_format="skops")
with mlflow.start_run() as run:  # as MLflow 2 did it: among the artifacts of the run
    mlflow.log_metric("rmse", float("nan"))
    mlflow.log_metric("mae", 0.3)
    mlflow.log_artifacts(folder / "model", "model")
    ids.append(run.info.run_id)
print(json.dumps(ids))
"""


SCORE = """\
import json, os
from pathlib import Path
import skops.io

def init():
    global model
    file = next(Path(os.environ["AZUREML_MODEL_DIR"]).rglob("model.skops"))
    model = skops.io.load(file, trusted=skops.io.get_untrusted_types(file=file))

def run(data):
    return model.predict(json.loads(data)["data"]).tolist()
"""
CONDA = """\
dependencies:
  - python={python}
  - pip
  - pip: [azureml-inference-server-http==1.5.1, scikit-learn, skops]
"""


@dataclass(frozen=True)
class Trained:
    """Ids of MLflow runs, and where the client put the best model of the build."""

    folder: Path
    worse: str
    best: str
    of_another_build: str
    older: str

    def entries(self, *ids: str) -> str:
        """As job-run writes them."""
        return json.dumps(
            [
                {
                    "run_id": number,
                    "mlflow_run_id": run_id,
                    "succeeded": True,
                    "parameters": {"number": str(number)},
                    "metrics": {"rmse": "NaN"},
                }
                for number, run_id in enumerate(ids, 1)
            ]
        )


@pytest.fixture(scope="module")
def trained(
    cloud: LocalCloud,
    cloud_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Trained:
    folder = tmp_path_factory.mktemp("trained")
    environment = {**cloud_environment, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-c", TRAIN],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Trained(folder, *json.loads(done.stdout.strip().splitlines()[-1]))


@pytest.fixture
def place(
    cloud: LocalCloud,
    cloud_environment: dict[str, str],
    library_path: dict[str, str],
    tmp_path: Path,
) -> Iterator[Workplace]:
    environment = {**cloud_environment, "PYTHONPATH": library_path["PYTHONPATH"]}
    made = Workplace(cloud, environment, tmp_path)
    yield made
    made.close()


def select(place: Workplace, **inputs: Any) -> Done:
    return place.run("model-select", metric="rmse", better="lower", **inputs)


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_best_of_a_build_is_downloaded_as_the_client_would(
    place: Workplace, trained: Trained
) -> None:
    inputs = {"experiment": EXPERIMENT, "build": BUILD, "download_to": "model"}
    done = select(place, **inputs)
    assert done.code == 0, done.text
    assert done.outputs["best-run-id"] == trained.best
    assert done.outputs["best-metric"] == "0.1"
    assert json.loads(done.outputs["best-parameters"]) == {"alpha": "0.1"}
    assert done.outputs["model-uri"] == f"runs:/{trained.best}/model"
    assert done.outputs["model-id"].startswith("m-")
    found = content(place.folder / "model")
    by_client = content(trained.folder / "by-client" / "model")
    by_client.pop("registered_model_meta", None)  # a note of the client's own, beside the model
    assert found == by_client
    assert {"MLmodel", "model.skops", "requirements.txt"} <= found.keys()
    again = select(place, **inputs)
    assert again.code == 0, again.text
    assert content(place.folder / "model") == found


def test_the_best_of_the_runs_of_another_step(place: Workplace, trained: Trained) -> None:
    (place.folder / "runs.json").write_text(trained.entries(trained.worse, trained.older))
    done = select(place, runs="runs.json")
    assert done.code == 0, done.text
    assert done.outputs["best-run-id"] == trained.worse
    verdicts = {one["run_id"]: one["verdict"] for one in json.loads(done.outputs["verdicts"])}
    assert verdicts == {trained.worse: "best", trained.older: "is not a finite number"}


def test_a_model_among_the_artifacts_of_its_run(place: Workplace, trained: Trained) -> None:
    given = {"runs": trained.entries(trained.older), "metric": "mae", "better": "lower"}
    done = place.run("model-select", **given, download_to="deep/model")
    assert done.code == 0, done.text
    assert done.outputs["model-uri"] == f"runs:/{trained.older}/model"
    assert "model-id" not in done.outputs
    assert {"MLmodel", "model.skops"} <= content(place.folder / "deep" / "model").keys()


def test_a_model_of_another_name(place: Workplace, trained: Trained) -> None:
    done = select(place, runs=trained.entries(trained.best), model_name="elastic")
    assert done.code == 40, done.text
    assert "logged no model named 'elastic'; it logged model" in done.text


def test_a_download_that_breaks_off_is_begun_anew(place: Workplace, trained: Trained) -> None:
    place.fault(action="cut", path="*/model.skops", when="after")
    done = select(place, runs=trained.entries(trained.best), download_to="model")
    assert done.code == 0, done.text
    assert "once more" in done.text
    assert content(place.folder / "model")["model.skops"]


def test_none_is_good_enough(place: Workplace, trained: Trained) -> None:
    done = select(place, experiment=EXPERIMENT, build=BUILD, threshold="0.05", download_to="model")
    assert done.code == 40, done.text
    assert "rmse 0.1, is not below the threshold 0.05" in done.text
    assert not (place.folder / "model").exists()


def test_a_build_that_trained_nothing(place: Workplace, trained: Trained) -> None:
    done = select(place, experiment=EXPERIMENT)
    assert done.code == 40, done.text
    assert "there is no run to choose from" in done.text


@pytest.mark.skipif(aml_workplace.MISSING, reason="MODELYARD_AZUREML names no environment")
def test_the_best_one_is_registered_and_served_on_aci_and_aks(
    place: Workplace, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in aml_workplace.pip_settings().items():
        monkeypatch.setenv(name, value)
    (place.folder / "code").mkdir()
    (place.folder / "code/score.py").write_text(SCORE)
    (place.folder / "conda.yml").write_text(CONDA.format(python=own_version()))
    rows = [[row / 10] for row in range(10)]
    (place.folder / "rows.json").write_text(json.dumps({"data": rows}))

    def done(operation: str, **inputs: Any) -> dict[str, str]:
        ended = place.run(operation, **inputs)
        assert ended.code == 0, ended.text
        return ended.outputs

    done("model-select", metric="rmse", better="lower", experiment=EXPERIMENT, build=BUILD,
         download_to="model")  # fmt: skip
    where = {"workspace_name": "wine", "resource_group": "modelyard-local"}
    done("aml-workspace", **where)
    model = done("model-register", **where, name="wine", model="model")["model"]
    code = {"code": "code", "scoring_script": "score.py", "conda_file": "conda.yml"}
    done("aml-compute", **where, compute_name="aks", compute_type="aks", dev_test="true",
         node_count="1")  # fmt: skip
    for target, compute in (("aci", {}), ("aks", {"compute": "aks"})):
        served = {**where, "target": target, "endpoint": f"wine-{target}"}
        for action in ("created", "left-alone"):
            made = done("model-deploy", **served, **code, **compute, model=model)
            assert made["action"] == action
        tested = done("endpoint-test", **served, rows="rows.json", expect_count="10",
                      expect_authentication="true")  # fmt: skip
        predictions = json.loads(tested["predictions"])
        assert predictions == pytest.approx([(1 + 4 * x) / 6 for (x,) in rows])
