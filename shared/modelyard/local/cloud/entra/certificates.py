"""Certificates of the application, in place of its secret.

The application signs the assertion itself: it is issuer and subject, and its header has the
thumbprint of the certificate.
Source: https://learn.microsoft.com/entra/identity-platform/certificate-credentials
"""

from __future__ import annotations

import base64
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from modelyard.local.cloud.entra import exceptions
from modelyard.local.cloud.store import Store

COLLECTION = "entra.certificates"
_THUMBPRINTS: dict[str, hashes.HashAlgorithm] = {
    "x5t": hashes.SHA1(),  # noqa: S303 - what the protocol calls a certificate by
    "x5t#S256": hashes.SHA256(),
}


def add(store: Store, pem: str) -> str:
    """Give the application a certificate; returns its thumbprint as the portal shows it.

    Raises ValueError for what isn't a certificate with an RSA key.
    """
    certificate = x509.load_pem_x509_certificate(pem.encode())
    if not isinstance(certificate.public_key(), rsa.RSAPublicKey):
        raise ValueError("only certificates with an RSA key are supported")
    prints = {
        name: base64.urlsafe_b64encode(certificate.fingerprint(kind)).decode().rstrip("=")
        for name, kind in _THUMBPRINTS.items()
    }
    shown = certificate.fingerprint(_THUMBPRINTS["x5t"]).hex().upper()
    text = certificate.public_bytes(Encoding.PEM).decode()
    store.put(COLLECTION, shown, {"pem": text, "thumbprints": prints})
    return shown


def is_own(assertion: str, client_id: str) -> bool:
    """Whether an assertion says that the application itself signed it."""
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return False
    return bool(claims.get("iss") == client_id == claims.get("sub"))


def check(store: Store, assertion: str, tenant: str, now: float) -> None:
    """Raises EntraError unless one of the application's certificates signed it, for this tenant."""
    header = jwt.get_unverified_header(assertion)
    certificate = _named(store, header)
    if certificate is None:
        raise exceptions.certificate_not_registered()
    timeless: Any = {"verify_exp": False, "verify_aud": False, "verify_nbf": False}
    timeless |= {"verify_iat": False}
    try:
        key = certificate.public_key()
        assert isinstance(key, rsa.RSAPublicKey)  # as add() has seen to
        claims = jwt.decode(assertion, key, ["RS256", "PS256"], options=timeless)
    except jwt.InvalidTokenError as error:
        raise exceptions.certificate_not_registered() from error
    if f"/{tenant}/" not in str(claims.get("aud", "")).lower():
        raise exceptions.assertion_for_other(claims.get("aud"))
    if not claims.get("nbf", 0) <= now < claims.get("exp", 0):
        raise exceptions.assertion_expired()
    if now >= certificate.not_valid_after_utc.timestamp():
        raise exceptions.certificate_expired()


def _named(store: Store, header: dict[str, Any]) -> x509.Certificate | None:
    for _, document in store.items(COLLECTION):
        for name, thumbprint in document["thumbprints"].items():
            if str(header.get(name, "")).rstrip("=") == thumbprint:
                return x509.load_pem_x509_certificate(document["pem"].encode())
    return None
