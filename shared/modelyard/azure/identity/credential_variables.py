"""Environment variables that hold credentials, or lead to some.

A program that signs in by itself, or asks us for its tokens, gets none of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from modelyard.azure.identity import variables

_BEGINNINGS = (
    *("INPUT_", "SECRET_", "ENDPOINT_", "SECUREFILE_"),
    *("ACTIONS_ID_TOKEN_", "ACTIONS_RUNTIME_"),
)
"""Inputs, secrets and connections of the step, and what the runner keeps for its own actions."""
_NAMES = frozenset(
    {
        *variables.CLIENT_SECRET,
        *variables.CLIENT_CERTIFICATE,
        *variables.CLIENT_CERTIFICATE_PASSWORD,
        *("SYSTEM_ACCESSTOKEN", "AZURE_DEVOPS_EXT_PAT", "GH_TOKEN", "GITHUB_TOKEN"),
        *("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "VSS_NUGET_ACCESSTOKEN"),
        *("AZURE_FEDERATED_TOKEN", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_PASSWORD"),
        *("ARM_OIDC_TOKEN", "ARM_OIDC_TOKEN_FILE_PATH", "ARM_OIDC_REQUEST_TOKEN"),
        # What AzureCLI@2 hands to its script, in capitals as all are compared.
        *("SERVICEPRINCIPALKEY", "IDTOKEN", "VSS_NUGET_EXTERNAL_FEED_ENDPOINTS"),
        *("ARM_ACCESS_KEY", "ARM_SAS_TOKEN", "ARM_CLIENT_CERTIFICATE", "AZURE_CREDENTIALS"),
        *("MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_PASSWORD"),
        *("AZURE_STORAGE_KEY", "AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_SAS_TOKEN"),
        *("DATABRICKS_CLIENT_SECRET", "DATABRICKS_OIDC_TOKEN", "DATABRICKS_PASSWORD"),
        *("DATABRICKS_TOKEN", "DATABRICKS_ACCESS_TOKEN"),
    }
)
"""Of the agent, the runner, Terraform, MLflow and clients."""
MANAGED_IDENTITY = frozenset({"IDENTITY_HEADER", "MSI_SECRET"})
"""What a machine's own identity is asked with."""


def without(environment: Mapping[str, str], more: Collection[str]) -> dict[str, str]:
    """The variables that hold none.

    :param more: names to leave out beside those that every program goes without.
    """
    gone = _NAMES.union(more)
    return {
        name: value
        for name, value in environment.items()
        if name.upper() not in gone and not name.upper().startswith(_BEGINNINGS)
    }
