"""The variables of the program that speaks SDK v1: those of the step, without its credentials."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from modelyard import operations

_BEGINNINGS = (
    *("INPUT_", "SECRET_", "ENDPOINT_", "SECUREFILE_"),
    *("ACTIONS_ID_TOKEN_", "ACTIONS_RUNTIME_"),
)
"""Inputs, secrets and connections of the step, and what the runner keeps for its own actions."""
_OTHERS = frozenset(
    {
        *("SYSTEM_ACCESSTOKEN", "AZURE_DEVOPS_EXT_PAT", "GH_TOKEN", "GITHUB_TOKEN"),
        *("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "VSS_NUGET_ACCESSTOKEN"),
        *("AZURE_FEDERATED_TOKEN", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_PASSWORD"),
        *("ARM_OIDC_TOKEN", "ARM_OIDC_TOKEN_FILE_PATH", "ARM_OIDC_REQUEST_TOKEN"),
        *("ARM_ACCESS_KEY", "ARM_SAS_TOKEN", "ARM_CLIENT_CERTIFICATE", "AZURE_CREDENTIALS"),
        *("IDENTITY_HEADER", "MSI_SECRET", "MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_PASSWORD"),
        *("AZURE_STORAGE_KEY", "AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_SAS_TOKEN"),
        *("DATABRICKS_CLIENT_SECRET", "DATABRICKS_OIDC_TOKEN", "DATABRICKS_PASSWORD"),
    }
)
"""What no operation reads as an input: of the agent, the runner, Terraform, MLflow and clients."""


def without_credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """The program gets tokens when it asks for them; a definition finds nothing that makes more."""
    gone = _secret_inputs() | _OTHERS
    return {
        name: value
        for name, value in environment.items()
        if name.upper() not in gone and not name.upper().startswith(_BEGINNINGS)
    }


@cache
def _secret_inputs() -> frozenset[str]:
    """Where secret inputs of all operations are looked for: a job may map them for several."""
    return frozenset(
        name
        for operation in operations.every()
        for member in operation.input_members
        if member.spec.secret
        for name in member.spec.environment
    )
