"""Assertions that the application signs itself."""

from __future__ import annotations

import base64
import datetime
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from modelyard.local.cloud.credentials import load_or_create
from modelyard.local.cloud.entra.exceptions import EntraError
from modelyard.local.cloud.entra.models import ASSERTION_TYPE, Directory
from modelyard.local.cloud.service import Cloud

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "wine")])
DAY = datetime.timedelta(days=1)


def certificate(now: float, key: Any = KEY) -> x509.Certificate:
    """Good for a day from this moment (seconds since the epoch)."""
    begin = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .serial_number(1)
        .public_key(key.public_key())
        .not_valid_before(begin)
        .not_valid_after(begin + DAY)
        .sign(key, hashes.SHA256())
    )


def issue(cloud: Cloud, made: x509.Certificate, key: Any = KEY, **changes: Any) -> str:
    ids, now = load_or_create(cloud.folder), int(cloud.clock.time())
    claims = {
        "aud": f"https://login.microsoftonline.com/{ids.tenant_id}/oauth2/v2.0/token",
        "iss": ids.client_id,
        "sub": ids.client_id,
        "nbf": now,
        "exp": now + 600,
        **changes,
    }
    thumbprint = base64.urlsafe_b64encode(made.fingerprint(hashes.SHA256())).decode()
    form = {
        "grant_type": "client_credentials",
        "client_id": ids.client_id,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": jwt.encode(claims, key, "RS256", headers={"x5t#S256": thumbprint}),
    }
    directory = Directory(cloud)
    return directory.issue(directory.tenant_id, form, "https://management.azure.com").value


@pytest.fixture
def made(cloud: Cloud) -> x509.Certificate:
    """One of the application's."""
    found = certificate(cloud.clock.time())
    Directory(cloud).add_certificate(found.public_bytes(Encoding.PEM).decode())
    return found


def test_the_applications_certificate_stands_for_its_secret(
    cloud: Cloud, made: x509.Certificate
) -> None:
    claims = jwt.decode(issue(cloud, made), options={"verify_signature": False})

    assert claims["appidacr"] == "2"


@pytest.mark.parametrize(
    ("key", "changes", "code"),
    [
        (OTHER, {}, 700027),
        (KEY, {"aud": "https://login.microsoftonline.com/other/oauth2/v2.0/token"}, 700023),
        (KEY, {"exp": 1}, 700024),
        (KEY, {"nbf": 4_000_000_000}, 700024),
    ],
)
def test_what_it_did_not_sign_for_this_tenant_now(
    cloud: Cloud, made: x509.Certificate, key: Any, changes: dict[str, Any], code: int
) -> None:
    with pytest.raises(EntraError, match=f"AADSTS{code}: "):
        issue(cloud, made, key, **changes)


def test_a_certificate_that_has_ended(cloud: Cloud, made: x509.Certificate, clock: Any) -> None:
    clock.advance(DAY.total_seconds())
    with pytest.raises(EntraError, match=r"AADSTS700027: .*expired"):
        issue(cloud, made)


def test_one_that_the_application_does_not_have(cloud: Cloud) -> None:
    with pytest.raises(EntraError, match="AADSTS700027: "):
        issue(cloud, certificate(cloud.clock.time()))


@pytest.mark.parametrize("text", ["", "None", "-----BEGIN CERTIFICATE-----"])
def test_what_is_no_certificate(cloud: Cloud, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Directory(cloud).add_certificate(text)


def test_an_elliptic_key_is_refused_as_really(cloud: Cloud) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    text = certificate(cloud.clock.time(), key).public_bytes(Encoding.PEM).decode()
    with pytest.raises(ValueError, match="RSA"):
        Directory(cloud).add_certificate(text)
