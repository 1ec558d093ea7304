"""dbutils.secrets"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from modelyard.local.notebook.dbutils.secrets import IllegalArgumentException, Secrets
from modelyard.local.notebook.workspace import WorkspaceError


class Workspace:
    """Answers as the Secrets API does."""

    def __init__(self, value: bytes = b"a secret value") -> None:
        self.value = value

    def get(self, api: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        if parameters.get("scope", "azureml") != "azureml" or parameters.get("key", "k") != "k":
            raise WorkspaceError("no", status=404, code="RESOURCE_DOES_NOT_EXIST")
        return {
            "secrets/get": {"key": "k", "value": base64.b64encode(self.value).decode()},
            "secrets/list": {"secrets": [{"key": "k", "last_updated_timestamp": 1}]},
            "secrets/scopes/list": {"scopes": [{"name": "azureml", "backend_type": "DATABRICKS"}]},
        }[api]


@pytest.fixture
def hidden() -> list[str]:
    return []


@pytest.fixture
def secrets(hidden: list[str]) -> Secrets:
    return Secrets(lambda: Workspace(), hidden.extend)  # type: ignore[arg-type, return-value]


def test_value_is_hidden_before_it_is_given(secrets: Secrets, hidden: list[str]) -> None:
    assert secrets.get(scope="azureml", key="k") == "a secret value"
    assert "a secret value" in hidden
    assert secrets.getBytes("azureml", "k") == b"a secret value"


def test_names(secrets: Secrets) -> None:
    assert [secret.key for secret in secrets.list("azureml")] == ["k"]
    assert [scope.name for scope in secrets.listScopes()] == ["azureml"]


def test_what_does_not_exist(secrets: Secrets) -> None:
    with pytest.raises(
        IllegalArgumentException, match="Secret does not exist with scope: azureml and key: x"
    ):
        secrets.get("azureml", "x")
    with pytest.raises(IllegalArgumentException, match="scope does not exist with name: none"):
        secrets.list("none")


def test_short_value_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Secrets(lambda: Workspace(b"abc"), lambda _: None).get("azureml", "k")  # type: ignore[arg-type, return-value]
    assert "azureml/k is too short to be redacted" in capsys.readouterr().err
