"""Which ways to sign in are tried, in which order, and why others aren't."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests_mock

from modelyard.azure.identity import DATABRICKS
from modelyard.context import Context
from modelyard.errors import InputError, Unauthenticated
from modelyard.operations.inputs.identity_inputs import WAYS
from modelyard.operations.inputs.workspace_inputs import WorkspaceInputs, open_workspace
from modelyard.service_connection import FEDERATED, ServiceConnection
from unit.entra_principals import Principals
from unit.operations.inputs.test_workspace_inputs import BASE, OPERATION, PRINCIPAL, TENANT

CONNECTION = ServiceConnection("c0ffee", FEDERATED, TENANT, "client", job_token="made-up")
CERTIFICATE = "-----BEGIN PRIVATE KEY-----\nmade up\n-----END PRIVATE KEY-----"
EXCHANGE = f"{BASE}/oidc/v1/token"


class Place:
    """A job, a machine or a terminal: what there is to sign in with."""

    def __init__(self, make: Callable[..., Context], ci: Any, tmp_path: Path) -> None:
        self._make, self.ci = make, ci
        self.folder = tmp_path
        self.inputs: dict[str, Any] = {"workspace_url": BASE}
        self.environment = {"PATH": str(tmp_path)}

    def github(self, *tokens: str) -> None:
        self.ci.name = "github-actions"
        self.ci.identity_tokens += tokens or ("identity-1",)

    def az(self, folder: Path | None = None) -> None:
        """A program that says nothing; and somebody is signed in to it."""
        program = self.folder / "az"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o700)
        if folder is None:
            folder = self.folder / "azure"
            self.environment["AZURE_CONFIG_DIR"] = str(folder)
        folder.mkdir(parents=True)
        (folder / "azureProfile.json").write_text("{}")

    def signed_in(self, **inputs: Any) -> str:
        """The name of the way that was chosen."""
        return self.open(**inputs).sign_in.way(DATABRICKS).name

    def open(self, **inputs: Any) -> Any:
        context = self._make(OPERATION, environment=self.environment)
        return open_workspace(WorkspaceInputs(**{**self.inputs, **inputs}), context)


@pytest.fixture
def place(make_context: Callable[..., Context], recording_ci: Any, tmp_path: Path) -> Place:
    return Place(make_context, recording_ci, tmp_path)


@pytest.fixture(autouse=True)
def server() -> Any:
    with requests_mock.Mocker() as mocker:
        mocker.post(EXCHANGE, json={"access_token": "of-the-workspace", "expires_in": 3600})
        yield mocker


def everything(place: Place) -> None:
    """Each way has its inputs."""
    place.github(*(f"identity-{n}" for n in range(9)))
    place.az()
    place.ci.attended = True
    place.ci.connections["c0ffee"] = CONNECTION
    place.environment["IDENTITY_ENDPOINT"] = "http://127.0.0.1:1/msi/token"
    place.environment["DATABRICKS_TOKEN"] = "dapi-made-up"
    place.inputs |= {
        **PRINCIPAL,
        "azure_service_connection": "c0ffee",
        "databricks_client_id": "client-2",
        "token": "dapi-made-up",
    }


KINDS = {
    "service-connection": "of_connection",
    "github-oidc": "with_assertion",
    "managed-identity": "managed_identity",
    "service-principal": "service_principal",
    "azure-cli": "azure_cli",
    "device-code": "device_code",
}


def test_they_are_tried_in_the_order_of_the_list(
    place: Place, principals: Principals, server: Any
) -> None:
    everything(place)
    principals.refused = set(KINDS.values())
    server.post(EXCHANGE, status_code=400, json={"error": "invalid_grant"})

    assert place.signed_in() == "token"
    assert principals.kinds == [
        *("of_connection", "with_assertion", "managed_identity"),
        *("service_principal", "azure_cli"),
    ]
    assert server.call_count == 1


@pytest.mark.parametrize("name", WAYS)
def test_one_that_is_named_is_the_only_one(place: Place, principals: Principals, name: str) -> None:
    everything(place)

    assert place.signed_in(sign_in=name) == name
    assert principals.kinds == ([KINDS[name]] if name in KINDS else [])


def test_and_what_it_has_to_say_is_said_alone(place: Place, principals: Principals) -> None:
    everything(place)
    principals.refused = {"azure_cli"}
    with pytest.raises(Unauthenticated, match=r"^azure_cli was refused$"):
        place.signed_in(sign_in="azure-cli")


def test_a_secret_that_only_a_variable_holds_comes_after_a_token(
    place: Place, principals: Principals
) -> None:
    place.environment |= {"AZURE_CLIENT_SECRET": "made-up", "DATABRICKS_TOKEN": "dapi-made-up"}

    assert place.signed_in(**PRINCIPAL, token="dapi-made-up") == "token"
    del place.environment["AZURE_CLIENT_SECRET"]
    assert place.signed_in(**PRINCIPAL, token="dapi-made-up") == "service-principal"


def test_what_the_machine_has_comes_after_a_token_that_the_step_is_given(
    place: Place, principals: Principals
) -> None:
    place.az()
    place.environment["IDENTITY_ENDPOINT"] = "http://127.0.0.1:1/msi/token"
    assert place.signed_in(token="dapi-made-up") == "token"

    place.environment["DATABRICKS_TOKEN"] = "dapi-made-up"
    assert place.signed_in(token="dapi-made-up") == "managed-identity"


def why(place: Place, name: str, **inputs: Any) -> str:
    """The row of a way in the table that is shown when there is none to try."""
    with pytest.raises(InputError) as caught:
        place.open(**inputs)
    [row] = [line for line in caught.value.what.splitlines() if line.split()[0] == name]
    return row.split(maxsplit=1)[1]


IDS = {"azure_tenant_id": TENANT, "azure_client_id": "client"}


@pytest.mark.parametrize(
    ("name", "ci", "inputs", "said"),
    [
        ("service-connection", "azure-pipelines", {}, "azure-service-connection isn't set"),
        ("service-connection", "terminal", {}, "Azure Pipelines alone has service connections"),
        ("github-oidc", "terminal", IDS, "this isn't a job of GitHub"),
        ("github-oidc", "github-actions", {}, "azure-tenant-id, azure-client-id are not set"),
        ("github-oidc", "github-actions", IDS, "this job gets no identity tokens"),
        ("databricks-federation", "terminal", {}, "databricks-client-id isn't set"),
        (
            "databricks-federation",
            "terminal",
            {"databricks_client_id": "c"},
            "this job gets no identity tokens",
        ),
        (
            "managed-identity",
            "terminal",
            {},
            "no IDENTITY_ENDPOINT or MSI_ENDPOINT; on a virtual machine set sign-in to "
            "managed-identity",
        ),
        (
            "service-principal",
            "terminal",
            {"azure_client_secret": "made-up"},
            "azure-tenant-id, azure-client-id are not set",
        ),
        (
            "service-principal",
            "terminal",
            IDS,
            "azure-client-secret (or -certificate) is not set",
        ),
        (
            "service-principal",
            "terminal",
            {**IDS, "azure_client_certificate": "no/such.pem"},
            "azure-client-certificate is neither a PEM text nor a file that can be read: No such "
            "file or directory",
        ),
        ("azure-cli", "terminal", {}, "az isn't on PATH"),
        ("token", "terminal", {}, "token isn't set"),
        ("device-code", "terminal", {}, "only a person at a terminal can enter a code"),
    ],
)
def test_why_a_way_is_not_tried(
    place: Place, name: str, ci: str, inputs: dict[str, Any], said: str
) -> None:
    place.ci.name = ci

    assert why(place, name, **inputs) == f"not tried: {said}"


def test_az_is_asked_only_where_this_job_alone_is_signed_in(
    place: Place, principals: Principals, isolation: Path
) -> None:
    place.az(isolation / ".azure")
    place.ci.shares_home = True
    row = why(place, "azure-cli")
    assert "which other jobs of this machine use too" in row
    with pytest.raises(InputError) as caught:
        place.open(sign_in="azure-cli")
    assert "set AZURE_CONFIG_DIR to a folder of the job alone" in caught.value.fix

    place.environment["AZURE_CONFIG_DIR"] = str(isolation / ".azure")
    assert "which other jobs" in why(place, "azure-cli")  # the same folder by another way

    place.ci.shares_home = False
    assert place.signed_in() == "azure-cli"


def test_az_with_nobody_signed_in(place: Place, tmp_path: Path) -> None:
    place.az()
    place.environment["AZURE_CONFIG_DIR"] = str(tmp_path / "empty")

    assert why(place, "azure-cli").endswith(f"nobody is signed in to az in {tmp_path / 'empty'}")


def test_a_service_connection_that_cannot_be_used_says_why(place: Place, server: Any) -> None:
    place.ci.connections["c0ffee"] = ServiceConnection(
        "c0ffee", FEDERATED, TENANT, "client", environment="AzureStack"
    )
    row = why(place, "service-connection", azure_service_connection="c0ffee")

    assert row == (
        "not tried: the service connection is of the cloud AzureStack, not one of AzureCloud, "
        "AzureUSGovernment, AzureChinaCloud"
    )


def test_a_certificate_goes_before_a_secret(
    place: Place, principals: Principals, tmp_path: Path
) -> None:
    file = tmp_path / "app.pem"
    file.write_text(CERTIFICATE)
    place.signed_in(**PRINCIPAL, azure_client_certificate=CERTIFICATE)
    place.signed_in(**PRINCIPAL, azure_client_certificate=str(file))

    assert principals.kinds == ["with_certificate"] * 2
    assert {one["certificate"].strip() for one in principals.asked} == {CERTIFICATE.encode()}


def test_github_says_who_the_job_is_for_every_token(place: Place, principals: Principals) -> None:
    place.github("identity-1", "identity-2")
    opened = place.open(**IDS)
    opened.sign_in.mint(DATABRICKS)
    opened.sign_in.mint(DATABRICKS)

    assert place.ci.audiences == [("api://AzureADTokenExchange", "")] * 2
    assert place.ci.identity_tokens == []


def test_in_a_sovereign_cloud_it_says_so_to_another(place: Place, principals: Principals) -> None:
    place.github()
    place.signed_in(**IDS, azure_cloud="usgovernment")

    assert place.ci.audiences == [("api://AzureADTokenExchangeUSGov", "")]


@pytest.mark.parametrize(
    ("inputs", "audience"),
    [
        ({}, (EXCHANGE, "")),
        ({"databricks_audience": "https://github.com/octo"}, ("https://github.com/octo", "")),
        ({"azure_service_connection": "c0ffee"}, (EXCHANGE, "c0ffee")),
    ],
)
def test_the_workspace_trades_identity_tokens_itself(
    place: Place, server: Any, inputs: dict[str, Any], audience: tuple[str, str]
) -> None:
    place.ci.connections["c0ffee"] = CONNECTION
    place.ci.identity_tokens += ["identity-1"]
    server.get(f"{BASE}/api/x", json={})
    session = place.open(
        databricks_client_id="client-2", sign_in="databricks-federation", **inputs
    ).session
    session.get("/api/x")

    assert place.ci.audiences == [audience]
    assert server.last_request.headers["Authorization"] == "Bearer of-the-workspace"
    form = dict(pair.split("=") for pair in server.request_history[0].text.split("&"))
    assert (form["client_id"], form["subject_token"]) == ("client-2", "identity-1")


def test_a_person_at_a_terminal_may_enter_a_code(place: Place, principals: Principals) -> None:
    place.ci.attended = True

    assert place.signed_in() == "device-code"
