"""Signing and checking the access tokens of this cloud (JWT, RS256)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt import InvalidTokenError

from modelyard.local.cloud.authority import write_private

__all__ = ["InvalidTokenError", "issuer_of", "load_or_create", "public_jwk", "sign", "verify"]

ALGORITHM = "RS256"


def load_or_create(folder: Path) -> rsa.RSAPrivateKey:
    """The signing key of a state folder, in ``folder/signing.key``; a new one if it's damaged."""
    path = folder / "signing.key"
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if isinstance(key, rsa.RSAPrivateKey):
            return key
    except (FileNotFoundError, ValueError):
        pass  # then every old token is worth nothing, as after a key rotation
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(
        path,
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
    return key


def sign(claims: dict[str, Any], key: rsa.RSAPrivateKey) -> str:
    """The token, with the key's id in its header."""
    return jwt.encode(claims, key, ALGORITHM, headers={"kid": key_id(key.public_key())})


def issuer_of(token: str) -> str:
    """Who a token says it is from, before anything is checked; empty for what is no token."""
    try:
        return str(jwt.decode(token, options={"verify_signature": False}).get("iss", ""))
    except InvalidTokenError:
        return ""


def verify(
    token: str, key: rsa.RSAPublicKey, needed: Sequence[str] = ("exp", "aud", "appid")
) -> dict[str, Any]:
    """The claims of a token with a valid signature; the caller judges time and audience.

    Raises InvalidTokenError, also when it lacks one of the claims that are needed.
    """
    options: Any = {"verify_exp": False, "verify_aud": False, "verify_nbf": False}
    options |= {"verify_iat": False, "require": list(needed)}
    claims: dict[str, Any] = jwt.decode(token, key, [ALGORITHM], options=options)
    return claims


def public_jwk(key: rsa.RSAPublicKey) -> dict[str, Any]:
    """The key as in a JWKS document (RFC 7517)."""
    described: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key, as_dict=True)
    return {**described, "kid": key_id(key), "use": "sig", "alg": ALGORITHM}


def key_id(key: rsa.RSAPublicKey) -> str:
    """A short stable name of the key."""
    encoded = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(encoded).hexdigest()[:16]
