"""Signing in to set up a project: as a step of a job does, by the same chain."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from modelyard.account_errors import TenantNotAllowed
from modelyard.azure.identity import ways
from modelyard.ci.azure_pipelines import AzurePipelines
from modelyard.ci.github_actions import GitHubActions
from modelyard.ci.terminal import Terminal
from modelyard.clock import FakeClock
from modelyard.errors import InputError
from modelyard.masking import Masker
from modelyard.project import account
from modelyard.project.surroundings import Surroundings
from unit.entra_principals import NAMES, Principals

MANAGER = "https://management.azure.com"
PRINCIPAL = {"AZURE_TENANT_ID": "a-tenant", "AZURE_CLIENT_ID": "a-client"}
OTHER = "33333333-2222-3333-4444-555555555555"
SECRET = "made-up-client-secret"
OIDC = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://token.example/",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "made-up-request-token",
}


@pytest.fixture
def principals(monkeypatch: pytest.MonkeyPatch) -> Principals:
    """Every way to sign in to Microsoft Entra ends here."""
    found = Principals()
    for name in NAMES:
        monkeypatch.setattr(ways, name, found.make(name))
    return found


@pytest.fixture
def az(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """Somebody is signed in to az, in everybody's folder."""
    program = tmp_path / "bin/az"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / ".azure").mkdir()
    (tmp_path / ".azure/azureProfile.json").write_text("{}")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return {"PATH": str(program.parent)}


def around(job: Any, environment: dict[str, str], lines: list[str] | None = None) -> Surroundings:
    write = ([] if lines is None else lines).append
    return Surroundings({"PATH": "", **environment}, FakeClock(), Path(), write, Masker(), job)


def signed_in(job: Any, environment: dict[str, str]) -> str:
    """The way that was taken, as the reader is told."""
    lines: list[str] = []
    around(job, environment, lines).entra(MANAGER).headers()
    (line,) = lines
    return line.removeprefix("signed in by ").partition(":")[0]


def test_a_job_of_github_needs_no_secret(
    principals: Principals, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {**PRINCIPAL, **OIDC, "AZURE_CLIENT_SECRET": SECRET}
    job = GitHubActions(environment)
    monkeypatch.setattr(job, "identity_token", lambda _audience: "an-identity-token")
    assert signed_in(job, environment) == "github-oidc"
    surroundings = around(job, environment)
    surroundings.entra(MANAGER)
    assert surroundings.masker.clean(f"a {SECRET}") == "a ***"


def test_a_machine_that_azure_gave_an_identity(principals: Principals) -> None:
    environment = {"IDENTITY_ENDPOINT": "http://127.0.0.1/", "AZURE_CLIENT_ID": "a-client"}
    assert signed_in(Terminal(environment), environment) == "managed-identity"


@pytest.mark.parametrize("prefix", ["AZURE_", "ARM_"])
def test_a_principal_by_the_names_that_steps_know(principals: Principals, prefix: str) -> None:
    values = {**PRINCIPAL, "AZURE_CLIENT_SECRET": SECRET}
    environment = {name.replace("AZURE_", prefix): value for name, value in values.items()}
    assert signed_in(Terminal(environment), environment) == "service-principal"


def test_the_az_of_others_is_not_asked(principals: Principals, az: dict[str, str]) -> None:
    assert signed_in(Terminal(az), az) == "azure-cli"

    job = AzurePipelines({"AGENT_NAME": "own-agent"})
    assert job.shares_home
    with pytest.raises(InputError, match="which other jobs of this machine use too"):
        around(job, az).entra(MANAGER)


def test_a_code_is_for_a_person_alone(principals: Principals) -> None:
    unattended = SimpleNamespace(name="terminal", attended=False, shares_home=False)
    with pytest.raises(InputError, match="only a person at a terminal can enter a code"):
        around(unattended, {}).entra(MANAGER)
    unattended.attended, unattended.write = True, print
    assert signed_in(unattended, {}) == "device-code"


def test_one_way_alone(principals: Principals) -> None:
    environment = {**PRINCIPAL, "AZURE_CLIENT_SECRET": SECRET, "MODELYARD_SIGN_IN": "azure-cli"}
    with pytest.raises(InputError, match="signing in by azure-cli isn't possible"):
        around(Terminal(environment), environment).entra(MANAGER)
    environment["MODELYARD_SIGN_IN"] = "azure-clu"
    with pytest.raises(InputError, match=r"MODELYARD_SIGN_IN is azure-clu.*mean azure-cli"):
        around(Terminal(environment), environment).entra(MANAGER)


def test_a_sovereign_cloud(principals: Principals) -> None:
    environment = {**PRINCIPAL, "AZURE_CLIENT_SECRET": SECRET, "ARM_ENVIRONMENT": "china"}
    assert signed_in(Terminal(environment), environment) == "service-principal"
    (asked,) = principals.asked
    assert asked["cloud"].authority == "login.chinacloudapi.cn"
    with pytest.raises(InputError, match=r"ARM_ENVIRONMENT is chine.*mean china"):
        assert around(Terminal({}), {"ARM_ENVIRONMENT": "chine"}).cloud


def test_a_wrong_tenant_is_an_error_before_anything_is_sent(principals: Principals) -> None:
    environment = {**PRINCIPAL, "AZURE_CLIENT_SECRET": SECRET}
    environment["MODELYARD_ALLOWED_TENANTS"] = "11111111-2222-3333-4444-555555555555"
    with pytest.raises(TenantNotAllowed, match="isn't among the allowed tenants: 11111111-"):
        around(Terminal(environment), environment).entra(MANAGER).headers()
    for text in ('["22222222-2222-3333-4444-555555555555"]', f"{OTHER}\n{OTHER}\n"):
        environment["MODELYARD_ALLOWED_TENANTS"] = text
        with pytest.raises(TenantNotAllowed):
            around(Terminal(environment), environment).entra(MANAGER).headers()
    environment["MODELYARD_ALLOWED_TENANTS"] = "[]"
    with pytest.raises(InputError, match="MODELYARD_ALLOWED_TENANTS is given and holds nothing"):
        around(Terminal(environment), environment).entra(MANAGER)
    environment["MODELYARD_ALLOWED_TENANTS"] = "contoso.com"
    with pytest.raises(InputError, match=r"'contoso\.com', which isn't the id of a tenant"):
        around(Terminal(environment), environment).entra(MANAGER)


def test_what_is_said_of_signing_in_names_variables_in_place_of_inputs(az: Any) -> None:
    with pytest.raises(InputError) as caught:
        around(Terminal({}), {"MODELYARD_SIGN_IN": "service-principal"}).entra(MANAGER)
    assert "AZURE_TENANT_ID" in caught.value.what
    assert "azure-tenant-id" not in caught.value.what + caught.value.fix
    assert account.by_variables("az's sign-in, set sign-in-x, set sign-in to x") == (
        "az's sign-in, set sign-in-x, set MODELYARD_SIGN_IN to x"
    )
