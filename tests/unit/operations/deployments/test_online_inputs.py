"""What model-deploy is asked for on Azure ML, before anything is sent."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from modelyard.errors import FileError, InputError
from modelyard.operations.deployments.online_inputs import OnlineInputs, serving_of
from modelyard.operations.deployments.rollout import rollout_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "code").mkdir()
    (tmp_path / "code/score.py").write_text("")
    (tmp_path / "conda.yml").write_text("dependencies: []\n")
    return tmp_path


def inputs(**changes: Any) -> OnlineInputs:
    values: dict[str, Any] = {"model": "m:1", "code": "code", "conda_file": "conda.yml"}
    return OnlineInputs(**{**values, **changes})


def test_a_managed_one_has_a_machine_and_a_kubernetes_one_the_clusters(folder: Path) -> None:
    assert serving_of(inputs(), "managed").instance_type == "Standard_DS3_v2"
    on_cluster = serving_of(inputs(compute="aks"), "kubernetes")
    assert (on_cluster.kind, on_cluster.instance_type) == ("Kubernetes", "")


def test_what_is_collected_is_a_setting_of_the_deployment(folder: Path) -> None:
    found = serving_of(
        inputs(collect=("request", "model_inputs"), collect_percent=25, settings={"a": 1}),
        "managed",
    )
    one = {"dataCollectionMode": "Enabled", "samplingRate": 0.25}
    collections = {"request": one, "model_inputs": one}
    assert found.settings == {"a": 1, "dataCollector": {"collections": collections}}
    assert serving_of(inputs(), "managed").settings == {}


def test_a_model_of_mlflow_needs_neither_script_nor_environment(folder: Path) -> None:
    wanted = serving_of(inputs(code=None, conda_file=None), "managed")
    assert (wanted.code, wanted.script, wanted.conda) == (None, "", None)


@pytest.mark.parametrize(
    ("target", "changes", "message"),
    [
        ("managed", {"model": None}, "needs model"),
        ("kubernetes", {}, "needs compute"),
        ("managed", {"compute": "aks"}, "target managed has no compute"),
        ("managed", {"instance_count": 0}, "at least 1"),
        ("managed", {"environment": "e:1"}, "both conda-file and environment"),
        ("managed", {"conda_file": None}, "needs conda-file or environment"),
        ("managed", {"environment_variables": ["A"]}, "isn't a mapping"),
        ("managed", {"environment_variables": {"not-one": "x"}}, "can't be one's name"),
        ("managed", {"settings": {"model": "x"}}, "settings has model"),
        ("managed", {"settings": {"x": [math.nan]}}, "settings has a value that JSON doesn't"),
        ("managed", {"collect": ("model-inputs",)}, "collect has 'model-inputs'"),
        ("managed", {"collect": ("request",), "collect_percent": 0}, "collect-percent is 0"),
        ("managed", {"collect": ("request",), "collect_percent": 101}, "collect-percent is 101"),
        (
            "managed",
            {"collect": ("request",), "settings": {"dataCollector": {}}},
            "both collect and the dataCollector",
        ),
        (
            "managed",
            {"collect": ("request", "model_inputs"), "code": None, "conda_file": None},
            "collect has model_inputs, and there is no scoring script",
        ),
    ],
)
def test_what_can_not_be(folder: Path, target: str, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        serving_of(inputs(**changes), target)


@pytest.mark.parametrize(
    "changes",
    [
        {"scoring_script": "other.py"},
        {"code": "nowhere"},
        {"conda_file": "nowhere.yml"},
        {"conda_file": "latin.yml"},
        {"conda_file": "broken.yml"},
        {"conda_file": "code"},
        {"settings": ["x"]},
    ],
)
def test_files_that_are_not_there_or_not_right(folder: Path, changes: dict[str, Any]) -> None:
    (folder / "latin.yml").write_bytes("name: \u00e9\ndependencies: []\n".encode("latin-1"))
    (folder / "broken.yml").write_text("dependencies: [a")
    with pytest.raises(FileError):
        serving_of(inputs(**changes), "managed")


def test_steps_rise_and_100_comes_by_itself() -> None:
    assert rollout_of(inputs(traffic=("10", "50", "100"))).steps == (10, 50)
    assert rollout_of(inputs(traffic=("100",))).steps == ()
    assert rollout_of(inputs()).steps == (10, 50)


@pytest.mark.parametrize(
    "changes",
    [
        {"traffic": ("50", "10")},
        {"traffic": ("10", "10")},
        {"traffic": ("0",)},
        {"traffic": ("101",)},
        {"traffic": ("half",)},
        {"traffic": ("\u00b2",)},
        {"traffic": ("\u0665\u0660",)},
        {"traffic": ("1" * 5000,)},
        {"timeout_minutes": -1.0},
        {"rows": [{"a": math.inf}]},
        {"watch_requests": 0},
        {"expect_count": -1},
        {"watch_seconds": -1.0},
        {"watch_seconds": 1e308},
        {"max_latency_milliseconds": -1.0},
        {"max_latency_milliseconds": 0.0},
        {"max_error_percent": 101.0},
    ],
)
def test_what_can_not_be_watched(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        rollout_of(inputs(**changes))
