"""Every way to sign in, with azure-identity as it is, against the local cloud."""

from __future__ import annotations

import base64
import datetime
import json
import os
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from local.identity_place import ME, SUBJECT, Place, who
from modelyard.account_errors import NotAUser, TenantNotAllowed
from modelyard.azure.identity import DATABRICKS, RESOURCE_MANAGER
from modelyard.azure.identity.machine import device_code
from modelyard.errors import InputError, Unauthenticated
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.credentials import SUBSCRIPTION_ID
from modelyard.local.cloud.databricks.identity.models import RESOURCE
from modelyard.local.cloud.entra.device_codes import REFRESHED
from modelyard.local.cloud.tokens import OWNER
from modelyard.local.own_program import own_program
from modelyard.local.runner.builtin.az_login import Login

CLOUD_SERVICES = ("entra", "arm", "devops", "github_identity", "databricks")


@pytest.fixture
def place(cloud: LocalCloud, inside_cloud: dict[str, str]) -> Place:
    cloud.reset()
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "DATABRICKS_TOKEN"):
        del os.environ[name]  # each test says what it signs in with
    return Place(cloud, inside_cloud)


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets time pass, for the cloud, azure-identity and the library alike."""
    now, passed = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: now() + passed[0])

    def advance(minutes: float) -> None:
        passed[0] += minutes * 60

    return advance


def client_of(token: str) -> str:
    return str(jwt.decode(token, options={"verify_signature": False})["appid"])


def test_a_job_of_github_without_any_secret(place: Place) -> None:
    place.trust()
    place.admit(place.ids["azure_client_id"])
    workspace = place.open(place.github(), **place.ids)

    assert who(workspace) == place.ids["azure_client_id"]
    assert workspace.sign_in.way(DATABRICKS).name == "github-oidc"


@pytest.mark.parametrize("ci", ["github", "azure"])
def test_two_hours_with_a_token_for_one_and_an_assertion_for_minutes(
    place: Place, hours: Any, ci: str
) -> None:
    place.trust()
    place.admit(place.ids["azure_client_id"])
    if ci == "github":
        workspace = place.open(place.github(), **place.ids)
    else:
        job = place.azure("ml-dev", seconds=3 * 3600)
        workspace = place.open(job, azure_service_connection=job._environment["CONNECTION"])
    for _ in range(25):
        assert who(workspace) == place.ids["azure_client_id"]
        hours(minutes=5)

    path = "idtoken" if ci == "github" else "oidctoken"
    entries = place.cloud.requests.entries()
    assert sum(path in entry.path for entry in entries) == 3  # at 0, 55 and 110 minutes
    assert [one.status for one in entries if one.path == ME] == [200] * 25


def test_databricks_own_tokens_are_traded_anew_too(place: Place, hours: Any) -> None:
    number = place.admit("00000000-1111-4222-8333-444444444444")
    trusted_by_the_workspace(place, number, SUBJECT)
    workspace = place.open(
        place.github(), databricks_client_id="00000000-1111-4222-8333-444444444444"
    )
    for _ in range(25):
        assert who(workspace) == "00000000-1111-4222-8333-444444444444"
        hours(minutes=5)

    traded = [one for one in place.cloud.requests.entries() if one.path == "/oidc/v1/token"]
    assert [one.status for one in traded] == [200] * 3


def trusted_by_the_workspace(place: Place, number: str, subject: str, **more: Any) -> None:
    policies = place.cloud.services["databricks"]._model.federation  # type: ignore[attr-defined]
    policy = {
        "issuer": "https://token.actions.githubusercontent.com",
        "subject": subject,
        "audiences": [f"{place.environment['DATABRICKS_HOST']}/oidc/v1/token"],
        **more,
    }
    policies.create(number, policy, "")


def test_a_pipeline_that_the_workspace_trusts_itself(place: Place) -> None:
    number = place.admit("00000000-1111-4222-8333-444444444444")
    issuer = place.cloud.services["devops"].organization.issuer  # type: ignore[attr-defined]
    azure = {"issuer": issuer, "audiences": ["api://AzureADTokenExchange"]}
    trusted_by_the_workspace(place, number, "p://modelyard-local/wine/train", **azure)
    client = "00000000-1111-4222-8333-444444444444"

    assert who(place.open(place.azure(), databricks_client_id=client)) == client
    job = place.azure("ml-dev")
    named = {
        "databricks_client_id": client,
        "sign_in": "databricks-federation",
        "azure_service_connection": job._environment["CONNECTION"],
    }
    with pytest.raises(Unauthenticated, match="sc://modelyard-local/wine/ml-dev"):
        who(place.open(job, **named))
    trusted_by_the_workspace(place, number, "sc://modelyard-local/wine/ml-dev", **azure)
    assert who(place.open(job, **named)) == client


@pytest.mark.parametrize("form", ["app service", "virtual machine"])
def test_the_machines_own_identity(place: Place, form: str) -> None:
    assigned = place.own("POST", "entra/managed-identity", {})
    if form == "app service":
        os.environ.update({name: assigned[name] for name in assigned if name.isupper()})
        inputs = {}
    else:
        inputs = {"sign_in": "managed-identity"}
    place.admit(assigned["client_id"])

    assert who(place.open(**inputs)) == assigned["client_id"]
    inputs["azure_client_id"] = assigned["client_id"]
    assert who(place.open(**inputs)) == assigned["client_id"]


def test_a_machine_without_an_identity(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unauthenticated) as caught:
        who(place.open(sign_in="managed-identity"))

    assert "this machine's managed identity can't sign in" in caught.value.what
    assert "give the machine an identity" in caught.value.fix


@pytest.fixture(scope="module")
def certificate() -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "wine")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .serial_number(1)
        .public_key(key.public_key())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made, key


@pytest.mark.parametrize("form", ["pem", "pem with a password", "pkcs12", "file"])
def test_a_certificate(place: Place, certificate: Any, form: str, tmp_path: Path) -> None:
    made, key = certificate
    public = made.public_bytes(Encoding.PEM)
    password = "made-up-word" if form != "pem" else None
    locked = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked) + public
    value = pem.decode()
    if form in ("pkcs12", "file"):
        file = tmp_path / "app"
        whole = pkcs12.serialize_key_and_certificates(b"app", key, made, None, locked)
        file.write_bytes(whole if form == "pkcs12" else pem)
        value = str(file)
    inputs = {
        **place.ids,
        "azure_client_certificate": value,
        "azure_client_certificate_password": password,
    }
    with pytest.raises(Unauthenticated) as caught:
        who(place.open(**inputs))
    assert "AADSTS700027" in caught.value.what
    assert "upload it there" in caught.value.fix

    place.own("POST", "entra/certificates", {"certificate": public.decode()})
    place.admit(place.ids["azure_client_id"])
    assert who(place.open(**inputs)) == place.ids["azure_client_id"]


@pytest.mark.parametrize("approve", [True, False])
def test_a_person_who_enters_a_code(place: Place, approve: bool) -> None:
    shown = []

    def show(text: str) -> None:
        shown.append(text)
        code = text.split()[-1]
        place.own("POST", "entra/device-codes", {"user_code": code, "approve": approve})

    person = device_code(show, place.ids["azure_tenant_id"])
    if approve:
        token = person.mint(DATABRICKS).value
        claims = jwt.decode(token, options={"verify_signature": False})
        assert (claims["upn"], claims["idtyp"]) == (OWNER, "user")
        other = person.mint("https://management.azure.com").value
        claims = jwt.decode(other, options={"verify_signature": False})
        assert (claims["upn"], claims["aud"]) == (OWNER, "https://management.azure.com")
        assert len(shown) == 1  # not asked again for another resource
    else:
        with pytest.raises(Unauthenticated, match="the person at this terminal can't sign in"):
            person.mint(DATABRICKS)
    assert shown[0].startswith("to sign in, open https://microsoft.com/devicelogin and enter")


def test_whoever_entered_a_code_is_asked_again_only_when_that_no_longer_holds(
    place: Place, hours: Any
) -> None:
    shown: list[str] = []

    def show(text: str) -> None:
        shown.append(text)
        code = text.split()[-1]
        place.own("POST", "entra/device-codes", {"user_code": code, "approve": True})

    person = device_code(show, place.ids["azure_tenant_id"])
    first = person.mint(DATABRICKS).value
    assert person.mint(DATABRICKS).value == first
    for _ in range(2):  # each token holds for 60 minutes
        hours(61)
        renewed = person.mint(DATABRICKS).value
        claims = jwt.decode(renewed, options={"verify_signature": False})
        assert (claims["upn"], claims["exp"] > time.time()) == (OWNER, True)
        assert renewed != first
    assert len(shown) == 1

    place.cloud.cloud.store.clear(REFRESHED)  # as when an administrator ends all sessions
    hours(61)
    assert person.mint(DATABRICKS).value != renewed
    assert len(shown) == 2


def test_a_principal_that_is_not_in_the_workspace_yet(place: Place) -> None:
    secret = {"azure_client_secret": place.environment["AZURE_CLIENT_SECRET"]}
    with pytest.raises(NotAUser) as caught:
        who(place.open(**place.ids, **secret))
    assert "workspace-resource-id" in caught.value.fix

    named = {"resource_group": "modelyard-local", "workspace_name": "modelyard-local"}
    for inputs in ({"workspace_resource_id": RESOURCE}, named, {}):
        assert who(place.open(**place.ids, **secret, **inputs)) == place.ids["azure_client_id"]


def test_first_contact_by_the_address_alone(place: Place) -> None:
    secret = {"azure_client_secret": place.environment["AZURE_CLIENT_SECRET"]}
    workspace = place.open(**place.ids, **secret, first_contact=True)

    assert who(workspace) == place.ids["azure_client_id"]


@pytest.mark.parametrize(
    ("cloud_name", "login", "manager"),
    [
        ("usgovernment", "login.microsoftonline.us", "management.usgovcloudapi.net"),
        ("china", "login.chinacloudapi.cn", "management.chinacloudapi.cn"),
    ],
)
def test_a_sovereign_cloud(place: Place, cloud_name: str, login: str, manager: str) -> None:
    audience = {
        "usgovernment": "api://AzureADTokenExchangeUSGov",
        "china": "api://AzureADTokenExchangeChina",
    }[cloud_name]
    place.trust(audience=audience)
    place.cloud.requests.clear()
    workspace = place.open(
        place.github(), **place.ids, workspace_resource_id=RESOURCE, azure_cloud=cloud_name
    )

    assert who(workspace) == place.ids["azure_client_id"]
    assert {login, manager} < place.hosts()
    assert not {"management.azure.com"} & place.hosts()


@pytest.mark.parametrize(
    ("changes", "said", "fix"),
    [
        ({"azure_client_secret": "wrong"}, "AADSTS7000215", "the secret's value, not its id"),
        (
            {"azure_client_id": "00000000-0000-0000-0000-000000000000"},
            "AADSTS700016",
            "check both ids",
        ),
        (
            {"azure_tenant_id": "00000000-0000-0000-0000-000000000000"},
            "AADSTS90002: Tenant '00000000-0000-0000-0000-000000000000' not found.$",
            "azure-tenant-id and azure-cloud",
        ),
        ({"azure_tenant_id": "no tenant!"}, "Invalid tenant", "azure-tenant-id"),
    ],
)
def test_what_is_wrong_with_a_secret(
    place: Place, changes: dict[str, str], said: str, fix: str
) -> None:
    secret = place.environment["AZURE_CLIENT_SECRET"]
    inputs = {**place.ids, "azure_client_secret": secret, "sign_in": "service-principal", **changes}
    with pytest.raises(Exception, match=said) as caught:
        who(place.open(**inputs))

    assert fix in caught.value.fix  # type: ignore[attr-defined]
    assert secret not in str(caught.value)


@pytest.mark.parametrize(
    ("job", "trusted", "said", "fix"),
    [
        ({}, {}, "", ""),
        (
            {"event": "pull_request"},
            {},
            "AADSTS700213: No matching federated identity record found for presented assertion "
            "subject 'repo:octo/wine:pull_request'",
            "with the subject of the message",
        ),
        (
            {"environment": "prod"},
            {},
            "subject 'repo:octo/wine:environment:prod'",
            "letter for letter",
        ),
        ({}, {"audience": "other"}, "AADSTS700212", "the audience of the message"),
    ],
)
def test_what_is_wrong_with_a_federated_credential(
    place: Place, job: dict[str, str], trusted: dict[str, str], said: str, fix: str
) -> None:
    place.trust(**trusted)
    workspace = place.open(place.github(**job), **place.ids, sign_in="github-oidc")
    if not said:
        assert workspace.sign_in.mint(RESOURCE_MANAGER).value
        return
    with pytest.raises(Unauthenticated) as caught:
        workspace.sign_in.mint(RESOURCE_MANAGER)
    assert said in caught.value.what
    assert fix in caught.value.fix


def test_an_issuer_that_nobody_trusts(place: Place) -> None:
    with pytest.raises(Unauthenticated, match="AADSTS700211"):
        who(place.open(place.github(), **place.ids, sign_in="github-oidc"))


def test_a_job_that_has_ended(place: Place) -> None:
    ci = place.github()
    place.trust()
    place.cloud.services["github_identity"].reset()
    with pytest.raises(Unauthenticated) as caught:
        who(place.open(ci, **place.ids, sign_in="github-oidc"))

    assert "The job's token isn't valid, or the job has ended" in caught.value.what


def test_every_refusal_is_in_the_table(place: Place) -> None:
    inputs = {
        **place.ids,
        "azure_client_secret": "wrong",
        "databricks_client_id": "00000000-1111-4222-8333-444444444444",
    }
    with pytest.raises(Unauthenticated) as caught:
        who(place.open(place.github(), **inputs))

    rows = caught.value.what.splitlines()
    assert rows[0] == "3 of 8 ways to sign in were tried, none works:"
    found = {row.split()[0]: row.split(maxsplit=1)[1] for row in rows[1:]}
    assert "AADSTS700211" in found["github-oidc"]
    assert "No federation policy of service principal" in found["databricks-federation"]
    assert "AADSTS7000215" in found["service-principal"]
    assert found["token"] == "not tried: token isn't set"


def test_another_tenant_is_seen_before_anything_is_sent_to_the_workspace(place: Place) -> None:
    secret = {"azure_client_secret": place.environment["AZURE_CLIENT_SECRET"]}
    other = "99999999-0000-4000-8000-000000000000"
    place.cloud.requests.clear()
    with pytest.raises(TenantNotAllowed):
        who(place.open(**place.ids, **secret, allowed_tenants=(other,)))
    assert place.cloud.cloud.workspace_host not in place.hosts()

    place.admit(place.ids["azure_client_id"])
    allowed = (place.ids["azure_tenant_id"].upper(),)
    assert who(place.open(**place.ids, **secret, allowed_tenants=allowed))


def test_jobs_side_by_side_do_not_see_each_other_and_write_nothing_home(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    place.trust()
    assigned = place.own("POST", "entra/managed-identity", {})

    def job(number: int) -> tuple[bool, str]:
        if number % 2:
            opened = place.open(place.github(), **place.ids)
        else:
            opened = place.open(sign_in="managed-identity")
        token = opened.sign_in.mint(RESOURCE_MANAGER).value
        return bool(number % 2), client_of(token)

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(job, range(12)))

    assert found == {(True, place.ids["azure_client_id"]), (False, assigned["client_id"])}
    assert list(tmp_path.rglob("*")) == []


def test_what_a_token_of_the_workspace_says(place: Place) -> None:
    number = place.admit("00000000-1111-4222-8333-444444444444")
    trusted_by_the_workspace(place, number, SUBJECT)
    opened = place.open(place.github(), databricks_client_id="00000000-1111-4222-8333-444444444444")
    payload = opened.sign_in.mint(DATABRICKS).value.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))

    assert claims["sub"] == "00000000-1111-4222-8333-444444444444"
    assert claims["iss"] == f"{place.environment['DATABRICKS_HOST']}/oidc"


@pytest.fixture
def az(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``az`` on PATH, and a folder for its sign-in that is this job's own."""
    program = tmp_path / "bin" / "az"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nexec {shlex.join(own_program("runner.builtin.az_process"))} "$@"\n'
    )
    program.chmod(0o700)
    folder = tmp_path / "azure"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("AZURE_CONFIG_DIR", str(folder))
    return folder


def test_whoever_is_signed_in_to_az(place: Place, az: Path) -> None:
    job = place.azure("ml-dev")
    connection = job.service_connection(job._environment["CONNECTION"])
    with pytest.raises(InputError, match="nobody is signed in to az in"):
        place.open(sign_in="azure-cli")

    Login(connection, os.environ["SYSTEM_OIDCREQUESTURI"], SUBSCRIPTION_ID, "local").save(az)
    workspace = place.open()
    assert who(workspace) == place.ids["azure_client_id"]
    assert workspace.sign_in.way(DATABRICKS).name == "azure-cli"
    other = "99999999-0000-4000-8000-000000000000"
    with pytest.raises(Unauthenticated) as caught:
        who(place.open(sign_in="azure-cli", azure_tenant_id=other))
    assert "the sign-in of az can't sign in" in caught.value.what
    assert "run az login" in caught.value.fix


def test_a_refusal_shows_nothing_but_its_error(place: Place) -> None:
    secret = "made-up-secret-" + "x" * 20
    variables = {
        **{name: value for name, value in os.environ.items() if name != "AZURE_CONFIG_DIR"},
        **{name.upper(): value for name, value in place.ids.items()},
        "AZURE_CLIENT_SECRET": secret,
        "MODELYARD_SIGN_IN": "service-principal",
    }
    command = [sys.executable, "-m", "modelyard", "secret-scope", "--scope", "s", "--dry-run"]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)

    assert done.returncode == Unauthenticated.exit_code
    first = done.stdout.splitlines()[0]
    assert first.startswith("error: the service principal ")
    assert "can't sign in: AADSTS7000215: Invalid client secret provided." in first
    assert secret not in done.stdout + done.stderr
    assert done.stderr == ""
    assert [one for one in Path(variables["HOME"]).rglob("*") if one.is_file()] == []
