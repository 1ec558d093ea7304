"""Which identity tokens of other issuers stand for the service principal."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from modelyard.local.cloud.credentials import load_or_create
from modelyard.local.cloud.entra import federation
from modelyard.local.cloud.entra.exceptions import EntraError
from modelyard.local.cloud.entra.models import ASSERTION_TYPE, Directory
from modelyard.local.cloud.service import Cloud

ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = "repo:octo/model:ref:refs/heads/main"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    return {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "kid": "k1"}


def assertion(cloud: Cloud, key: rsa.RSAPrivateKey = KEY, **changes: Any) -> str:
    claims = {
        "iss": ISSUER,
        "sub": SUBJECT,
        "aud": federation.AUDIENCE,
        "exp": int(cloud.clock.time()) + 300,
        **changes,
    }
    return jwt.encode(claims, key, "RS256", headers={"kid": "k1"})


@pytest.fixture
def trusting(cloud: Cloud) -> Cloud:
    federation.trust(cloud.store, ISSUER, SUBJECT, [jwk(KEY)])
    return cloud


def issue(cloud: Cloud, text: str) -> str:
    directory = Directory(cloud)
    form = {
        "grant_type": "client_credentials",
        "client_id": load_or_create(cloud.folder).client_id,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": text,
    }
    return directory.issue(directory.tenant_id, form, "https://management.azure.com").value


def test_a_trusted_assertion_stands_for_a_secret(trusting: Cloud) -> None:
    claims = jwt.decode(issue(trusting, assertion(trusting)), options={"verify_signature": False})
    assert claims["appidacr"] == "2"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": "https://evil.example"}, 700211),
        ({"sub": "repo:octo/model:pull_request"}, 700213),
        ({"aud": "sts.amazonaws.com"}, 700212),
        ({"exp": 1}, 700024),
        ({"exp": "soon"}, 700024),
        ({"nbf": 4_000_000_000}, 700024),
        ({"nbf": "soon"}, 700024),
    ],
)
def test_claims_that_do_not_fit(trusting: Cloud, changes: dict[str, Any], code: int) -> None:
    with pytest.raises(EntraError, match=f"AADSTS{code}:"):
        issue(trusting, assertion(trusting, **changes))


def test_a_forged_assertion(trusting: Cloud) -> None:
    with pytest.raises(EntraError, match="AADSTS50013:"):
        issue(trusting, assertion(trusting, OTHER))


def test_no_assertion_is_trusted_unless_somebody_said_so(cloud: Cloud) -> None:
    with pytest.raises(EntraError, match="AADSTS700211:"):
        issue(cloud, assertion(cloud))


@pytest.mark.parametrize("text", ["x", "a.b.c", "e30.W10."])
def test_what_is_no_token(trusting: Cloud, text: str) -> None:
    with pytest.raises(EntraError, match="AADSTS50027:"):
        issue(trusting, text)


@pytest.mark.parametrize(
    "keys",
    [[], ["x"], "x", [{}], [{"kty": "RSA"}], [{"kty": "oct"}], [{"kty": "oct", "k": "AAAA"}]],
)
def test_unusable_keys_are_refused_at_once(cloud: Cloud, keys: Any) -> None:
    with pytest.raises(ValueError, match=r"JSON web key|RSA and EC"):
        federation.trust(cloud.store, ISSUER, SUBJECT, keys)


def test_an_application_trusts_an_issuer_and_subject_once(trusting: Cloud) -> None:
    federation.trust(trusting.store, ISSUER, SUBJECT, [jwk(KEY)])  # it is trusted: that is all
    with pytest.raises(ValueError, match="of issuer and subject must be unique for the applicati"):
        federation.trust(trusting.store, ISSUER, SUBJECT, [jwk(KEY)], "api://another")
    federation.trust(trusting.store, ISSUER, f"{SUBJECT}-2", [jwk(KEY)], "api://another")
    assert issue(trusting, assertion(trusting))
