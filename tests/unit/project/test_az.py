"""The Azure command line, as setup starts it."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from modelyard.project.az import Az
from modelyard.project.tenant import Federation, Tenant

TENANT = Tenant("", "", "modelyard", "1111", ())
TRUST = Federation("wanted-name", "https://issuer", "subject", "audience")
PROGRAM = """#!/bin/sh
env > {folder}/environment
echo "$*" >> {folder}/calls
case "$*" in
*' list '*) cat {folder}/there;;
*' federated-credential create '*)
    if grep -q '"subject": "subject"' {folder}/there; then
        echo 'ERROR: The combination of issuer and subject must be unique for the application.' >&2
        exit 1
    fi;;
*) echo '{{}}';;
esac
"""
"""As Entra does, it refuses a second trust in one issuer and subject."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Holds az, what it was asked, and what it finds: a trust that somebody made by hand."""
    program = tmp_path / "az"
    program.write_text(PROGRAM.format(folder=tmp_path))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    by_hand = {"name": "main", "issuer": TRUST.issuer, "subject": TRUST.subject}
    (tmp_path / "there").write_text(json.dumps([{**by_hand, "audiences": [TRUST.audience]}]))
    return tmp_path


def az(folder: Path, wanted: Tenant = TENANT, **environment: str) -> Az:
    return Az({"PATH": f"{folder}:/usr/bin:/bin", **environment}, wanted)


def test_a_trust_is_known_by_whom_it_trusts(folder: Path) -> None:
    change = az(folder).federation_change(TRUST.name, lambda: TRUST)
    assert (change.name, change.writes) == ("main", False)


def test_one_with_another_audience_is_updated_under_its_name(folder: Path) -> None:
    (folder / "there").write_text((folder / "there").read_text().replace('audience"]', 'a"]'))
    change = az(folder).federation_change(TRUST.name, lambda: TRUST)
    assert change.writes
    assert change.apply is not None
    change.apply()
    last = (folder / "calls").read_text().splitlines()[-1]
    assert "update --id 1111 --federated-credential-id main" in last
    assert '"name": "main"' in last


def test_one_that_somebody_made_in_the_meantime_is_not_made_again(folder: Path) -> None:
    by_hand = (folder / "there").read_text()
    (folder / "there").write_text("[]")
    change = az(folder).federation_change(TRUST.name, lambda: TRUST)
    assert change.name == "wanted-name"
    (folder / "there").write_text(by_hand)
    assert change.apply is not None
    change.apply()
    last = (folder / "calls").read_text().splitlines()[-1]
    assert "update --id 1111 --federated-credential-id main" in last


def test_a_name_with_an_apostrophe_is_one_name_in_the_query(folder: Path) -> None:
    (folder / "there").write_text('[{"appId": "2222"}]')
    found = az(folder, replace(TENANT, application="wine's' or true", client_id=""))
    assert found.client_id == "2222"
    (call,) = (folder / "calls").read_text().splitlines()
    assert call.startswith("ad app list --filter displayName eq 'wine''s'' or true' --")


def test_az_gets_no_token(folder: Path) -> None:
    names = ("GH_TOKEN", "ARM_CLIENT_CERTIFICATE_PASSWORD", "SECRET_X", "servicePrincipalKey")
    given = {"HOME": "/home/made-up", "IDENTITY_HEADER": "of-the-machine"}
    one = az(folder, **given, **dict.fromkeys(names, "made-up-secret"))
    one.federation_change(TRUST.name, lambda: TRUST)
    seen = (folder / "environment").read_text()
    assert {f"{name}={value}" for name, value in given.items()} < set(seen.splitlines())
    assert "made-up-secret" not in seen
