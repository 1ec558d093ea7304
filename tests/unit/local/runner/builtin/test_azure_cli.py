from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from modelyard.errors import InputError
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.devops.models import ORGANIZATION
from modelyard.local.cloud.environment import program_environment
from modelyard.local.runner.builtin import az_output, az_process
from modelyard.local.runner.builtin.step import StepFailed
from modelyard.local.runner.service_endpoints import SYSTEM, Endpoint

if TYPE_CHECKING:
    from .conftest import Bench

CONNECTION = Endpoint(
    "azure",
    "https://management.azure.com/",
    "ServicePrincipal",
    {"tenantid": "tenant-1", "serviceprincipalid": "client-1", "serviceprincipalkey": "made-up"},
    id="22222222-2222-4222-8222-222222222222",
    data={"subscriptionId": "sub-1", "subscriptionName": "Wine"},
)


@pytest.fixture
def signed_in(bench: Bench) -> Bench:
    bench.endpoints = (CONNECTION,)
    bench.environment["MODELYARD_LOCAL_URL"] = "http://127.0.0.1:1"
    return bench


def _inline(script: str, **inputs: str) -> dict[str, str]:
    given = {"azureSubscription": "azure", "scriptType": "bash", "scriptLocation": "inlineScript"}
    return {**given, "inlineScript": script, **inputs}


def test_a_script_finds_az_signed_in(signed_in: Bench) -> None:
    script = "az account show --query id -o tsv\naz account show --query user.name --output tsv"
    signed_in.run("AzureCLI@2", _inline(script))
    assert signed_in.lines[-2:] == ["sub-1", "client-1"]
    signed_in.run(
        "AzureCLI@2", _inline("az account set -s Wine; az version --query '\"azure-cli\"'")
    )
    assert signed_in.lines[-1] == f'"{az_process.VERSION}"'


def test_nothing_is_left_of_the_sign_in(signed_in: Bench) -> None:
    signed_in.run("AzureCLI@2", _inline("echo folder=$AZURE_CONFIG_DIR; ls $AZURE_CONFIG_DIR"))
    folder = next(line for line in signed_in.lines if line.startswith("folder="))
    path = Path(folder.removeprefix("folder="))
    assert path.parent == signed_in.folders.temporary
    assert not path.exists()
    assert "login.json" in signed_in.lines


def test_signing_out(signed_in: Bench) -> None:
    with pytest.raises(StepFailed, match="Script failed with exit code: 1"):
        signed_in.run("AzureCLI@2", _inline("az account clear; az account show"))
    assert "ERROR: nobody is signed in" in signed_in.log


def test_the_principal_is_in_the_environment_only_where_asked(signed_in: Bench) -> None:
    script = (
        "env | grep -E '^(servicePrincipal|tenantId|ENDPOINT_AUTH|MODELYARD_AZ|AZURESUB)' || true"
    )
    signed_in.run("AzureCLI@2", _inline(script))
    assert signed_in.lines == []
    signed_in.run("AzureCLI@2", _inline(script + " | sort", addSpnToEnvironment="true"))
    assert sorted(signed_in.lines) == [
        "servicePrincipalId=client-1",
        "servicePrincipalKey=made-up",
        "tenantId=tenant-1",
    ]


def test_a_file_with_arguments_in_a_folder_that_is_made(signed_in: Bench) -> None:
    (signed_in.sources / "it.sh").write_text('printf "<%s>" "$@"; echo; pwd')
    inputs = {"azureSubscription": "azure", "scriptType": "bash", "scriptPath": "it.sh"}
    more = {"arguments": 'a "b c" $HOME', "workingDirectory": "new/one"}
    signed_in.run("AzureCLI@2", inputs | more)
    assert signed_in.lines == ["<a><b c><$HOME>", str(signed_in.sources / "new" / "one")]


def test_standard_error_and_exit_codes(signed_in: Bench) -> None:
    with pytest.raises(StepFailed, match="Script failed with exit code: 5"):
        signed_in.run("AzureCLI@2", _inline("exit 5"))
    signed_in.run("AzureCLI@2", _inline("echo oops >&2"))
    assert signed_in.lines[-1] == "oops"
    with pytest.raises(StepFailed, match="wrote to standard error"):
        signed_in.run("AzureCLI@2", _inline("echo oops >&2", failOnStandardError="true"))


def test_what_the_stand_in_doesnt_know(signed_in: Bench) -> None:
    with pytest.raises(StepFailed, match="exit code: 2"):
        signed_in.run("AzureCLI@2", _inline("az group list"))
    assert "invalid choice: 'group'" in signed_in.log


def test_the_real_az_gets_the_secret_by_a_file(bench: Bench, tmp_path: Path) -> None:
    bench.endpoints = (CONNECTION,)
    fake = tmp_path / "bin" / "az"
    fake.parent.mkdir()
    fake.write_text(
        '#!/bin/sh\necho "$@"\nfor one; do case $one in @*) echo "in the file: $(cat "${one#@}")";;'
        " esac; done\n"
    )
    fake.chmod(0o755)
    bench.environment["PATH"] = f"{fake.parent}:/usr/bin:/bin"
    bench.run("AzureCLI@2", _inline("az group list"))
    login, inside, chosen, script = bench.lines
    assert login.startswith("login --service-principal --username client-1 --tenant tenant-1")
    assert "made-up" not in login
    assert inside == "in the file: made-up"
    assert chosen == "account set --subscription sub-1"
    assert script == "group list"
    assert not list(bench.folders.temporary.rglob("proof"))


def test_failures(bench: Bench) -> None:
    bench.endpoints = (CONNECTION,)
    bench.environment["PATH"] = "/nowhere"
    with pytest.raises(StepFailed, match="bash isn't on PATH"):
        bench.run("AzureCLI@2", _inline("az"))
    bench.environment["PATH"] = "/usr/bin:/bin"
    with pytest.raises(StepFailed, match="az isn't on PATH; install the Azure CLI"):
        bench.run("AzureCLI@2", _inline("az"))
    with pytest.raises(StepFailed, match="PowerShell"):
        bench.run("AzureCLI@2", _inline("az", scriptType="pscore"))
    with pytest.raises(StepFailed, match="bash and pscore run here"):
        bench.run("AzureCLI@2", _inline("az", scriptType="batch"))
    inputs = {"azureSubscription": "azure", "scriptType": "bash", "scriptPath": "it.ps1"}
    with pytest.raises(StepFailed, match=r"which isn't a \.sh file"):
        bench.run("AzureCLI@2", inputs)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    with LocalCloud(tmp_path / "cloud", services=("entra", "arm", "devops")) as running:
        yield running
        failures = running.failures
    assert failures == []


def test_rest_calls_on_the_local_cloud_without_any_secret(bench: Bench, cloud: LocalCloud) -> None:
    organization: Any = cloud.services["devops"].organization  # type: ignore[attr-defined]
    found = organization.connect("azure", "wine")
    parameters = {"tenantid": found.tenant_id, "serviceprincipalid": found.client_id}
    endpoint = Endpoint(
        "azure", "https://management.azure.com/", "WorkloadIdentityFederation", parameters,
        id=found.id, data={"subscriptionId": "sub-1"},
    )  # fmt: skip
    job = Endpoint(SYSTEM, "", "OAuth", {"AccessToken": organization.start_job()})
    bench.endpoints = (endpoint, job)
    bench.environment = program_environment(cloud.environment, bench.environment) | {
        "SYSTEM_OIDCREQUESTURI": f"https://dev.azure.com/{ORGANIZATION}/p/_apis/distributedtask/"
        "hubs/build/plans/1/jobs/2/oidctoken",
    }
    script = (
        "az rest --method get --url '/subscriptions?api-version=2022-12-01' "
        "--query 'value[].state' -o tsv\n"
        "az rest --url https://management.azure.com/nothing\n"
    )
    with pytest.raises(StepFailed, match="exit code: 1"):
        bench.run("AzureCLI@2", _inline(script))
    assert bench.lines[0] == "Enabled"
    assert "ERROR: " in bench.log
    bench.run("AzureCLI@2", _inline('test -n "$idToken"', addSpnToEnvironment="true"))
    assert [one.name for one in bench.commands] == ["task.setsecret"]
    bench.run("AzureCLI@2", _inline("env | grep ^AZURESUBSCRIPTION_ | sort"))
    assert bench.lines[-3:] == [
        f"AZURESUBSCRIPTION_CLIENT_ID={found.client_id}",
        f"AZURESUBSCRIPTION_SERVICE_CONNECTION_ID={found.id}",
        f"AZURESUBSCRIPTION_TENANT_ID={found.tenant_id}",
    ]
    token = "az account get-access-token --resource https://management.azure.com --query expires_on"
    bench.run("AzureCLI@2", _inline(token))
    assert bench.lines[-1].isdigit()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("id", "a"),
        ("user.name", "me"),
        ("tags[0]", "x"),
        ("tags[-1]", "y"),
        ("tags[9]", None),
        ("all[].n", [1, 2]),
        ("all[*].n", [1, 2]),
        ('"a-b"', 3),
        ("none.more", None),
    ],
)
def test_queries(query: str, found: object) -> None:
    value = {
        "id": "a", "user": {"name": "me"}, "tags": ["x", "y"], "all": [{"n": 1}, {"n": 2}, {}],
        "a-b": 3,
    }  # fmt: skip
    assert az_output.search(value, query) == found


def test_outputs() -> None:
    value = [{"a": 1, "b": None, "c": True}, {"a": "x", "b": [1], "c": 0.5}]
    assert az_output.render(value, "tsv") == "1\t\ttrue\nx\t1\t0.5\n"
    assert json.loads(az_output.render(value, "json")) == value
    assert az_output.render(value, "none") == ""
    assert az_output.render(None, "json") == ""
    with pytest.raises(InputError, match="isn't known here"):
        az_output.render(value, "json", "[?a==`1`]")
