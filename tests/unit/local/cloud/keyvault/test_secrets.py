"""What time does to the secrets of a vault, and what a vault may be called."""

from __future__ import annotations

import pytest

from modelyard.clock import FakeClock
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.keyvault.exceptions import VaultError
from modelyard.local.cloud.keyvault.secrets import Secrets
from modelyard.local.cloud.keyvault.vaults import Vaults
from modelyard.local.cloud.service import Cloud

DAY = 86400.0


def test_what_is_deleted_can_be_recovered_for_as_long_as_the_vault_says(
    cloud: Cloud, clock: FakeClock
) -> None:
    vaults, secrets = Vaults(cloud), Secrets(cloud)
    vaults.make("wine")
    vault = vaults.change("wine", {"properties": {"softDeleteRetentionInDays": 7}})
    secrets.set(vault, "a", {"value": "secret-1"})
    secrets.delete(vault, "a")

    clock.advance(7 * DAY - 1)
    assert [one["id"] for one in secrets.all_deleted(vault)] == [
        "https://wine.vault.azure.net/secrets/a"
    ]
    clock.advance(1)
    assert secrets.all_deleted(vault) == []
    with pytest.raises(VaultError, match="Deleted secret a was not found"):
        secrets.recover(vault, "a")
    secrets.set(vault, "a", {"value": "secret-2"})
    assert len(secrets.versions(vault, "a")) == 1


def test_a_vault_may_forbid_to_purge(cloud: Cloud) -> None:
    vaults, secrets = Vaults(cloud), Secrets(cloud)
    vaults.make("wine")
    vault = vaults.change("wine", {"properties": {"enablePurgeProtection": True}})
    secrets.set(vault, "a", {"value": "secret-1"})
    assert secrets.delete(vault, "a")["attributes"]["recoveryLevel"] == "Recoverable"
    with pytest.raises(VaultError, match="purge protection is enabled"):
        secrets.purge(vault, "a")


@pytest.mark.parametrize("name", ["ab", "1abc", "a--b", "abc-", "a_bc", "a" * 25])
def test_names_that_no_vault_has(cloud: Cloud, name: str) -> None:
    with pytest.raises(ArmError, match="between 3-24"):
        Vaults(cloud).make(name)


def test_secrets_of_one_vault_are_not_those_of_another(cloud: Cloud) -> None:
    vaults, secrets = Vaults(cloud), Secrets(cloud)
    one, other = vaults.make("wine"), vaults.make("wine-2")
    secrets.set(one, "a", {"value": "secret-1"})
    assert secrets.current(other) == []
    assert vaults.make("WINE") == one
