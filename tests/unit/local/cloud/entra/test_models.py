"""Who gets a token, for what, and what is in it."""

from __future__ import annotations

import jwt
import pytest

from modelyard.clock import FakeClock
from modelyard.local.cloud.credentials import load_or_create
from modelyard.local.cloud.entra.exceptions import EntraError
from modelyard.local.cloud.entra.models import Directory
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.tokens import DATABRICKS_AUDIENCE, TokenExpired, Tokens

ARM = "https://management.azure.com"


@pytest.fixture
def directory(cloud: Cloud) -> Directory:
    return Directory(cloud)


@pytest.fixture
def form(cloud: Cloud) -> dict[str, str]:
    credentials = load_or_create(cloud.folder)
    return {
        "grant_type": "client_credentials",
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
    }


def test_a_token_says_who_for_what_and_how_long(
    directory: Directory, cloud: Cloud, form: dict[str, str]
) -> None:
    token = directory.issue(directory.tenant_id, form, ARM)
    claims = jwt.decode(token.value, options={"verify_signature": False})
    now = int(cloud.clock.time())
    credentials = load_or_create(cloud.folder)
    assert claims["aud"] == ARM
    assert (claims["iat"], claims["exp"]) == (now, now + 3599)
    assert claims["tid"] == credentials.tenant_id
    assert claims["appid"] == credentials.client_id
    assert claims["oid"] == claims["sub"] == credentials.object_id
    assert claims["iss"] == f"https://sts.windows.net/{credentials.tenant_id}/"


def test_the_published_key_verifies_the_token(
    directory: Directory, form: dict[str, str], clock: FakeClock
) -> None:
    token = directory.issue(directory.tenant_id, form, ARM).value
    key = jwt.PyJWKSet(directory.keys())[jwt.get_unverified_header(token)["kid"]]
    options: jwt.types.Options = {"verify_exp": False}
    assert jwt.decode(token, key, ["RS256"], options=options, audience=ARM)["tid"]


def test_services_accept_the_token_until_it_expires(
    directory: Directory, cloud: Cloud, form: dict[str, str], clock: FakeClock
) -> None:
    directory.set_lifetime(30)
    value = directory.issue(directory.tenant_id, form, DATABRICKS_AUDIENCE).value
    assert Tokens(cloud).check(value, (DATABRICKS_AUDIENCE,)).name == form["client_id"]
    clock.advance(30)
    with pytest.raises(TokenExpired):
        Tokens(cloud).check(value)


def test_reset_restores_the_lifetime(directory: Directory) -> None:
    directory.set_lifetime(30)
    assert directory.lifetime == 30
    directory.reset()
    assert directory.lifetime == 3599


@pytest.mark.parametrize(
    ("change", "resource", "code", "error", "status"),
    [
        ({"client_secret": "wrong"}, ARM, 7000215, "invalid_client", 401),
        ({"client_secret": "wröng"}, ARM, 7000215, "invalid_client", 401),
        ({"client_secret": ""}, ARM, 7000216, "invalid_client", 401),
        ({"client_id": "nobody"}, ARM, 700016, "unauthorized_client", 400),
        ({"client_id": ""}, ARM, 900144, "invalid_request", 400),
        ({"grant_type": ""}, ARM, 900144, "invalid_request", 400),
        ({"grant_type": "password"}, ARM, 70003, "unsupported_grant_type", 400),
        ({}, "https://example.com", 500011, "invalid_resource", 400),
    ],
)
def test_refusals(
    directory: Directory,
    form: dict[str, str],
    change: dict[str, str],
    resource: str,
    code: int,
    error: str,
    status: int,
) -> None:
    with pytest.raises(EntraError, match=f"AADSTS{code}:") as caught:
        directory.issue(directory.tenant_id, {**form, **change}, resource)
    assert (caught.value.code, caught.value.error, caught.value.status) == (code, error, status)


def test_an_unknown_tenant(directory: Directory, form: dict[str, str]) -> None:
    with pytest.raises(EntraError, match="AADSTS90002: Tenant 'contoso' not found"):
        directory.issue("contoso", form, ARM)


def test_the_secret_is_not_in_the_error(directory: Directory, form: dict[str, str]) -> None:
    with pytest.raises(EntraError) as caught:
        directory.issue(directory.tenant_id, {**form, "client_secret": "my-typo"}, ARM)
    assert "my-typo" not in str(caught.value)
