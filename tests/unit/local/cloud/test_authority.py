"""The certificates and who can read the keys."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from modelyard.local.cloud.authority import Authority, write_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    Authority(tmp_path / "authority").context("example.com")
    assert mode(tmp_path / "authority") == 0o700
    assert mode(tmp_path / "authority" / "ca.key") == 0o600
    assert {path.name for path in (tmp_path / "authority").iterdir()} == {"ca.key", "ca.pem"}


def test_the_authority_is_the_same_after_a_restart(tmp_path: Path) -> None:
    before = Authority(tmp_path).certificate_path.read_bytes()
    assert Authority(tmp_path).certificate_path.read_bytes() == before


@pytest.mark.parametrize("damaged", ["ca.key", "ca.pem"])
def test_a_damaged_authority_is_replaced(tmp_path: Path, damaged: str) -> None:
    before = Authority(tmp_path).certificate_path.read_bytes()
    (tmp_path / damaged).write_text("nothing")
    after = Authority(tmp_path).certificate_path.read_bytes()
    assert after != before
    x509.load_pem_x509_certificate(after)


def test_a_key_of_another_authority_is_not_used(tmp_path: Path) -> None:
    Authority(tmp_path / "a")
    Authority(tmp_path / "b")
    (tmp_path / "a" / "ca.pem").write_bytes((tmp_path / "b" / "ca.pem").read_bytes())
    Authority(tmp_path / "a")
    certificate = x509.load_pem_x509_certificate((tmp_path / "a" / "ca.pem").read_bytes())
    key = serialization.load_pem_private_key((tmp_path / "a" / "ca.key").read_bytes(), None)
    assert certificate.public_key() == key.public_key()


def test_the_context_of_a_host_is_made_once(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    assert authority.context("a.example") is authority.context("a.example")
    assert authority.context("a.example") is not authority.context("b.example")


def test_a_private_file_replaces_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, b"new")
    assert path.read_text() == "new"
    assert mode(path) == 0o600
