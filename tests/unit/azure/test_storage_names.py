"""Names of storage accounts and containers."""

from __future__ import annotations

import pytest

from modelyard.azure.storage_names import is_account, is_container


@pytest.mark.parametrize("name", ["abc", "wine0", "a" * 24])
def test_names_of_accounts(name: str) -> None:
    assert is_account(name)


@pytest.mark.parametrize("name", ["", "ab", "a" * 25, "Wine", "wine-0", "wine\n"])
def test_no_names_of_accounts(name: str) -> None:
    assert not is_account(name)


@pytest.mark.parametrize("name", ["abc", "a-b-c", "0-1", "a" * 63, "$root", "$web", "$logs"])
def test_names_of_containers(name: str) -> None:
    assert is_container(name)


@pytest.mark.parametrize("name", ["", "ab", "a" * 64, "a--b", "-ab", "ab-", "Abc", "a_b", "$other"])
def test_no_names_of_containers(name: str) -> None:
    assert not is_container(name)
