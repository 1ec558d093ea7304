"""The bill of materials names everything that is locked, and keeps to the official schema."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from modelyard import operations
from modelyard.manifest import wrapper
from release import lock_files
from release_clone import NOW, ROOT


@pytest.fixture(scope="module")
def text(released) -> str:
    return (released.dist / f"modelyard-{NOW}.cdx.json").read_text()


@pytest.fixture(scope="module")
def bill(text: str) -> dict[str, Any]:
    return json.loads(text)


def locked(name: str) -> dict[str, set[str]]:
    """``name==version`` of a lock file with its hashes, read without the code under test."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / "requirements" / f"{name}.txt").read_text().splitlines():
        if package := re.match(r"([\w.-]+)(?:\[.*\])?==([^\s;\\]+)", line):
            current = found.setdefault(f"{package[1]}@{package[2]}", set())
        elif digest := re.match(r"\s+--hash=sha256:(\w+)", line):
            current.add(digest[1])
    return found


def test_it_keeps_to_the_schema(text: str) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    broken = text.replace('"specVersion"', '"specversion"')
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(broken) is not None


def test_every_locked_package_is_there_with_its_hashes(bill) -> None:
    held = {one["bom-ref"]: one for one in bill["components"]}
    assert set(held) == {package for name in lock_files.SETS for package in locked(name)}
    for name in lock_files.SETS:
        for package, hashes in locked(name).items():
            one = held[package]
            assert {h["content"] for h in one["hashes"]} == hashes
            assert {h["alg"] for h in one["hashes"]} == {"SHA-256"}
            assert one["purl"] == f"pkg:pypi/{package}".lower()
            assert {"name": "modelyard:dependency-set", "value": name} in one["properties"]


def test_what_users_get_is_told_from_what_developers_need(bill) -> None:
    scopes = {one["name"]: one["scope"] for one in bill["components"]}
    assert scopes["requests"] == "required"
    assert scopes["mlflow"] == "optional"
    assert scopes["pytest"] == "excluded"


def test_the_package_itself(bill, released) -> None:
    package = bill["metadata"]["component"]
    wheel = (released.dist / f"modelyard-{NOW}-py3-none-any.whl").read_bytes()
    assert package["purl"] == f"pkg:pypi/modelyard@{NOW}"
    assert package["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(wheel).hexdigest()}]
    assert bill["metadata"]["timestamp"] == "2026-02-03T04:05:06+00:00"
    commit = released.clone.git("rev-parse", "HEAD").strip()
    assert {"name": "modelyard:commit", "value": commit} in package["properties"]


def test_direct_dependencies(bill) -> None:
    graph = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    direct = {one.split("@")[0] for one in graph[f"modelyard@{NOW}"]}
    assert direct == {"azure-identity", "azure-keyvault-secrets", "pyyaml", "requests"}


def test_every_lock_file_that_ships_is_among_the_sets() -> None:
    shipped = {wrapper.lock_file(one).removesuffix(".txt") for one in operations.every()}

    assert shipped <= set(lock_files.SETS)
