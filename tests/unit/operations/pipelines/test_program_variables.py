"""What the program of SDK v1, and the definition within it, get of the step's variables."""

from __future__ import annotations

import pytest

from modelyard import operations
from modelyard.operations.pipelines.program_variables import without_credentials

DECLARED = sorted(
    {
        name
        for operation in operations.every()
        for member in operation.input_members
        if member.spec.secret
        for name in member.spec.environment
    }
)


def test_secret_inputs_are_declared() -> None:
    assert {"AZURE_CLIENT_SECRET", "DATABRICKS_TOKEN"} < set(DECLARED)


@pytest.mark.parametrize(
    "name",
    [
        *DECLARED,
        *("SYSTEM_ACCESSTOKEN", "AZURE_DEVOPS_EXT_PAT", "GH_TOKEN", "GITHUB_TOKEN"),
        *("IDENTITY_HEADER", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_RUNTIME_TOKEN"),
        *("INPUT_CLIENTSECRET", "input_x", "SECRET_X", "ENDPOINT_AUTH_AZURE", "SECUREFILE_NAME_1"),
        *("AZURE_FEDERATED_TOKEN_FILE", "ARM_OIDC_TOKEN", "MLFLOW_TRACKING_PASSWORD"),
    ],
)
def test_a_credential_stays_here(name: str) -> None:
    assert without_credentials({name: "value", "PATH": "p"}) == {"PATH": "p"}


def test_what_is_no_credential_is_kept() -> None:
    names = ("PATH", "HOME", "HTTPS_PROXY", "BUILD_BUILDID", "AZURE_SUBSCRIPTION_ID", "MINE")
    kept = dict.fromkeys(names, "value")
    assert without_credentials(kept) == kept
