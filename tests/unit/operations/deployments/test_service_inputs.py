"""What model-deploy is asked for on ACI and AKS, before anything is sent."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from modelyard.errors import FileError, InputError
from modelyard.operations.deployments.service_inputs import Service, ServiceInputs, service_of

INFERENCE = {"entryScript": "score.py", "condaFile": "conda.yml", "sourceDirectory": "code"}
AKS = {"computeType": "AKS", "autoScaler": {"maxReplicas": 5}, "authEnabled": False}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "code").mkdir()
    (tmp_path / "code/score.py").write_text("")
    (tmp_path / "conda.yml").write_text("dependencies: [python=3.11]\n")
    (tmp_path / "bad.yml").write_text("name: x\n")
    return tmp_path


def asked(target: str = "aci", **changes: Any) -> Service:
    values = {"model": "m:1", "inference_config": INFERENCE, **changes}
    return service_of(ServiceInputs(**values), target, {"A": "b"})


def test_the_single_inputs_and_the_configuration_ask_for_the_same() -> None:
    single = asked(inference_config=None, code="code", conda_file="conda.yml")
    assert single.fingerprint("m") == asked().fingerprint("m")
    assert (single.script, single.conda) == ("score.py", {"dependencies": ["python=3.11"]})


def test_keys_are_needed_unless_the_configuration_says_otherwise() -> None:
    assert asked().config["authEnabled"] is True
    config = asked("aks", compute="c", deployment_config={"autoScaler": AKS["autoScaler"]}).config
    assert config["authEnabled"] is True
    assert config["autoScaler"] == {
        "autoscaleEnabled": True,
        "minReplicas": 1,
        "maxReplicas": 5,
    }
    config = asked("aks", compute="c", deployment_config=AKS).config
    assert config["authEnabled"] is False
    assert "computeType" not in config


def test_on_aks_there_are_one_to_three_replicas_unless_asked_otherwise() -> None:
    usual = {"autoscaleEnabled": True, "minReplicas": 1, "maxReplicas": 3}
    assert asked("aks", compute="c").config["autoScaler"] == usual
    for none in ({}, {"autoScaler": None}, {"autoScaler": {"minReplicas": None}}):
        assert asked("aks", compute="c", deployment_config=none).config["autoScaler"] == usual


@pytest.mark.parametrize("scaler", [{}, {"autoScaler": {"autoscaleEnabled": False}}])
def test_a_fixed_number_of_replicas_is_not_scaled(scaler: dict[str, Any]) -> None:
    config = asked("aks", compute="c", deployment_config={"numReplicas": 2, **scaler}).config
    assert config["numReplicas"] == 2
    assert config["autoScaler"] == {"autoscaleEnabled": False}


@pytest.mark.parametrize(
    ("target", "config", "mistakes"),
    [
        (
            "aks",
            {"numReplicas": 3, "autoScaler": {"minReplicas": 5, "maxReplicas": 2}},
            [
                "autoScaler has minReplicas, maxReplicas, and isn't enabled",
                "autoScaler.minReplicas is 5, above maxReplicas, which is 2",
            ],
        ),
        (
            "aks",
            {
                "numReplicas": 3,
                "autoScaler": {"autoscaleEnabled": True},
                "containerResourceRequirements": {"cpu": 2, "cpuLimit": 1, "memoryInGBLimit": 1},
            },
            [
                "cpuLimit is 1, below cpu, which is 2",
                "numReplicas is 3, and autoScaler is enabled: give one of the two",
            ],
        ),
        (
            "aks",
            {"autoScaler": {"autoscaleEnabled": False, "targetUtilization": 70}},
            [
                "autoScaler is disabled, and numReplicas isn't given",
                "autoScaler has targetUtilization, and isn't enabled",
            ],
        ),
        (
            "aks",
            {
                "autoScaler": {"minReplicas": 20},
                "containerResourceRequirements": {"cpuLimit": 0.5},
            },
            [
                "cpuLimit is 0.5, below cpu, which is 1",
                "autoScaler.minReplicas is 20, above maxReplicas, which is 3",
            ],
        ),
        (
            "aci",
            {"vnetName": "net"},
            ["of vnetName and subnetName one is given, and each needs the other"],
        ),
    ],
)
def test_what_can_not_be_together_is_told_at_once(
    target: str, config: dict[str, Any], mistakes: list[str]
) -> None:
    compute = "c" if target == "aks" else None
    with pytest.raises(InputError) as caught:
        asked(target, compute=compute, deployment_config=config)
    assert caught.value.what.split("\n  ")[1:] == mistakes


def test_a_private_key_in_a_file_is_not_taken_and_not_shown() -> None:
    config = {"sslEnabled": True, "sslKey": "-----BEGIN", "sslCertificate": "", "cname": None}
    with pytest.raises(InputError) as caught:
        asked(deployment_config=config)
    assert caught.value.what.count("TLS needs a private key") == 2
    assert "sslKey is not empty" in caught.value.what
    assert "BEGIN" not in caught.value.what


def test_an_entry_script_without_a_source_directory_brings_its_folder() -> None:
    inference = {"entryScript": "code/score.py", "condaFile": "conda.yml"}
    assert asked(inference_config=inference).fingerprint("m") == asked().fingerprint("m")


def test_a_conda_file_in_the_source_directory_goes_first(folder: Path) -> None:
    (folder / "code/conda.yml").write_text("dependencies: [python=3.10]\n")
    assert asked().conda == {"dependencies": ["python=3.10"]}


@pytest.mark.parametrize("name", ["model", "kind", "compute", "config", "variables"])
def test_anything_else_is_another_service(name: str) -> None:
    first = asked("aks", compute="c")
    other = {
        "model": first.fingerprint("m:2"),
        "kind": asked().fingerprint("m"),
        "compute": asked("aks", compute="d").fingerprint("m"),
        "config": asked("aks", compute="c", deployment_config=AKS).fingerprint("m"),
        "variables": service_of(
            ServiceInputs(model="m:1", inference_config=INFERENCE, compute="c"), "aks", {}
        ).fingerprint("m"),
    }
    assert first.fingerprint("m") != other[name]


def test_what_is_collected_is_a_flag() -> None:
    config = asked(collect=("request", "response")).config
    assert config["dataCollection"] == {"storageEnabled": True, "eventHubEnabled": False}


@pytest.mark.parametrize(
    ("target", "changes", "message"),
    [
        ("aci", {"model": None}, "needs model"),
        ("aks", {}, "needs compute"),
        ("aci", {"compute": "c"}, "has no compute"),
        ("aci", {"collect": ("model_inputs",)}, "collect has model_inputs"),
        ("aci", {"settings": {"a": 1}}, "are for online endpoints"),
        ("aci", {"auth_mode": "aml-token"}, "are for online endpoints"),
        ("aci", {"inference_config": None}, "needs code and conda-file"),
        ("aci", {"code": "code"}, "both inference-config and code"),
        ("aci", {"inference_config": {**INFERENCE, "enableGpu": True}}, "enableGpu"),
        ("aci", {"inference_config": {**INFERENCE, "entryscript": "x"}}, "entryscript"),
        ("aci", {"inference_config": {**INFERENCE, "runtime": "spark-py"}}, "not python"),
        ("aci", {"inference_config": {"entryScript": "score.py"}}, "and condaFile"),
        ("aci", {"deployment_config": AKS}, "is for AKS"),
        ("aci", {"deployment_config": {"a": math.nan}}, "deployment-config has a value that JSON"),
        ("aci", {"deployment_config": {"authEnable": False}}, "did you mean authEnabled"),
        ("aci", {"deployment_config": {"autoScaler": {}}}, "autoScaler isn't known"),
        (
            "aks",
            {"compute": "c", "deployment_config": {"autoScaler": {"minReplica": 1}}},
            "autoScaler.minReplica isn't known",
        ),
        ("aci", {"deployment_config": {"keys": {"primaryKey": "k"}}}, "has keys"),
    ],
)
def test_what_can_not_be(target: str, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        asked(target, **changes)


def test_all_that_is_wrong_with_a_deployment_configuration_is_told_at_once() -> None:
    config = {
        "authEnabled": "false",
        "containerResourceRequirements": {"cpu": "lots", "memoryInGB": 0, "gpu": -1},
        "autoScaler": ["x"],
        "numReplicas": 1.5,
        "maxQueueWaitMs": True,
        "namespace": 5,
        "livenessProbeRequirements": {"periodSeconds": 0, "timeout": 1},
    }
    with pytest.raises(InputError) as caught:
        asked("aks", compute="c", deployment_config=config)
    head, *mistakes = caught.value.what.split("\n  ")
    assert head == "deployment-config isn't one of a service on AKS:"
    *first, last = mistakes
    assert first == [
        "authEnabled is 'false', not true or false",
        "containerResourceRequirements.cpu is 'lots', not a number above 0",
        "containerResourceRequirements.memoryInGB is 0, not a number above 0",
        "containerResourceRequirements.gpu is -1, not a whole number, 0 or more",
        "autoScaler isn't a mapping",
        "numReplicas is 1.5, not a whole number above 0",
        "maxQueueWaitMs is True, not a whole number above 0",
        "namespace is not a text",
        "livenessProbeRequirements.periodSeconds is 0, not a whole number above 0",
    ]
    assert last.startswith("livenessProbeRequirements.timeout isn't known")


def test_a_deployment_configuration_may_have_all_that_a_service_has() -> None:
    config = {
        "computeType": "ACI",
        "authEnabled": False,
        "appInsightsEnabled": True,
        "sslEnabled": None,
        "location": "westeurope",
        "containerResourceRequirements": {"cpu": 0.5, "memoryInGB": 2, "gpu": 0, "cpuLimit": None},
    }
    found = asked(deployment_config=config).config
    assert found == {name: one for name, one in config.items() if name != "computeType"}


@pytest.mark.parametrize(
    "changes",
    [
        {"inference_config": {**INFERENCE, "entryScript": "other.py"}},
        {"inference_config": {**INFERENCE, "condaFile": "nowhere.yml"}},
        {"inference_config": {**INFERENCE, "condaFile": "bad.yml"}},
        {"inference_config": ["x"]},
        {"deployment_config": ["x"]},
    ],
)
def test_files_that_are_not_there_or_not_right(changes: dict[str, Any]) -> None:
    with pytest.raises(FileError):
        asked(**changes)
