"""The variables of a program that uses a local cloud."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelyard.local.cloud.credentials import Credentials
from modelyard.local.cloud.environment import (
    cloud_environment,
    program_environment,
    without_real_world,
)

CREDENTIALS = Credentials("tenant", "client", "object", "the-secret", "the-token", "the-key")


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return cloud_environment("http://127.0.0.1:9", tmp_path, tmp_path / "ca.pem", CREDENTIALS)


def test_names_the_cloud_in_every_way_that_clients_look(
    variables: dict[str, str], tmp_path: Path
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "MODELYARD_LOCAL_URL"):
        assert variables[name] == "http://127.0.0.1:9"
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
        assert variables[name] == str(tmp_path / "ca.pem")
    assert variables["DATABRICKS_HOST"].startswith("https://adb-")
    assert variables["DATABRICKS_TOKEN"] == "the-token"
    assert variables["AZURE_CLIENT_SECRET"] == "the-secret"


def test_the_key_of_the_clouds_own_interface_is_not_for_programs(
    variables: dict[str, str],
) -> None:
    assert not [name for name, value in variables.items() if "the-key" in value]


def test_only_loopback_goes_past_the_proxy(variables: dict[str, str]) -> None:
    assert variables["NO_PROXY"] == variables["no_proxy"] == "127.0.0.1,localhost"


@pytest.mark.parametrize(
    "name",
    ["AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE", "DATABRICKS_HOST", "DATABRICKS_CONFIG_FILE",
     "ARM_CLIENT_SECRET", "MLFLOW_TRACKING_TOKEN", "IDENTITY_ENDPOINT", "MSI_SECRET", "ALL_PROXY",
     "HTTPS_PROXY", "NO_PROXY", "AZUREML_RUN_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"],
)  # fmt: skip
def test_nothing_of_the_real_world_is_inherited(variables: dict[str, str], name: str) -> None:
    parent = {name: "real", "PATH": "/bin", "MLFLOW_EXPERIMENT_NAME": "mine"}
    program = program_environment(variables, parent)
    assert program.get(name) != "real"
    assert program["PATH"] == "/bin"
    assert program["MLFLOW_EXPERIMENT_NAME"] == "mine"


def test_what_pip_installed_for_the_user_is_still_found(
    variables: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / ".local").mkdir()
    program = program_environment(variables, {"HOME": str(tmp_path)})
    assert program["PYTHONUSERBASE"] == str(tmp_path / ".local")
    assert program["HOME"] != str(tmp_path)


def test_a_background_cloud_keeps_the_proxy_but_no_credentials() -> None:
    parent = {"HTTPS_PROXY": "http://corporate:1", "AZURE_CLIENT_SECRET": "real", "LANG": "C"}
    assert without_real_world(parent) == {"HTTPS_PROXY": "http://corporate:1", "LANG": "C"}


def test_how_packages_are_reached_is_kept_also_within_another_cloud(tmp_path: Path) -> None:
    parent = {"HOME": str(tmp_path), "HTTPS_PROXY": "http://proxy.example:3128"}
    first = program_environment({"HOME": "/cloud", "HTTPS_PROXY": "http://127.0.0.1:1"}, parent)
    outside = json.loads(first["MODELYARD_OUTSIDE"])

    assert outside["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert outside["HOME"] == str(tmp_path)
    assert outside["SSL_CERT_FILE"] is None
    second = program_environment({"HOME": "/other"}, first)
    assert second["MODELYARD_OUTSIDE"] == first["MODELYARD_OUTSIDE"]
