from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
import requests_mock

from fake_vaults import (
    BY_POLICY,
    BY_ROLE,
    IDENTITY,
    OBJECT,
    SCOPE,
    TENANT,
    FakeVaults,
    fake_vaults,
)
from modelyard.azure.identity.clouds import CHINA, US_GOVERNMENT
from modelyard.azure.identity.principal import service_principal
from modelyard.azure.key_vault import Attributes, Vaults
from modelyard.azure.key_vault.names import Reference, address, of_value, reference
from modelyard.azure.key_vault.reading import together
from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.errors import (
    InputError,
    ModelyardError,
    NotFound,
    NotTheService,
    PermissionDenied,
    ServiceError,
    ServiceUnavailable,
    Unauthenticated,
    Unreachable,
)

WINE = Reference("wine", "db-password")


@pytest.fixture
def fake() -> Iterator[FakeVaults]:
    with fake_vaults() as found:
        yield found


@pytest.fixture
def vaults(clock: FakeClock) -> Iterator[Vaults]:
    who = service_principal(
        tenant_id=TENANT, client_id="client-1", client_secret=IDENTITY["AZURE_CLIENT_SECRET"]
    )
    with Vaults(lambda resource: who.token(resource, clock=clock), clock=clock) as found:
        yield found


def failure(vaults: Vaults, kind: type[ModelyardError], wanted: Reference = WINE) -> ModelyardError:
    with pytest.raises(kind) as caught:
        vaults.read(wanted)
    assert type(caught.value) is kind
    return caught.value


def test_the_newest_version_and_another(fake: FakeVaults, vaults: Vaults) -> None:
    attributes = {"exp": 2_000_000_000, "nbf": 1_000_000_000}
    version = fake.put("wine", "db-password", "v1", attributes=attributes, contentType="text/plain")
    found = vaults.read(WINE)
    assert found.value == "v1"
    assert found.attributes == Attributes(
        "db-password", True, 1_000_000_000.0, 2_000_000_000.0, "text/plain"
    )
    assert vaults.read(Reference("wine", "db-password", version)).value == "v1"
    missing = failure(vaults, NotFound, Reference("wine", "db-password", "0" * 32))
    assert "az keyvault secret recover --vault-name wine --name db-password" in missing.fix
    assert "v1" not in repr(found)


def test_one_token_for_all_vaults_until_it_is_nearly_over(
    fake: FakeVaults, vaults: Vaults, clock: FakeClock
) -> None:
    fake.put("wine", "db-password", "v1")
    fake.put("beer", "a", "v2")
    vaults.read(WINE)
    assert vaults.read(Reference("https://beer.vault.azure.net/", "a")).value == "v2"
    assert fake.scopes == ["https://vault.azure.net/.default"]
    clock.advance(50 * 365 * 86400)  # Entra's tokens end by the machine's clock
    vaults.read(WINE)
    assert fake.scopes == ["https://vault.azure.net/.default"] * 2


def test_what_is_in_a_vault(fake: FakeVaults, vaults: Vaults) -> None:
    fake.put("wine", "b", "v1", attributes={"enabled": False})
    fake.put("wine", "A", "v2")
    assert [(one.name, one.enabled) for one in vaults.list("wine")] == [("A", True), ("b", False)]


@pytest.mark.parametrize(
    ("attributes", "why"),
    [
        ({}, ""),
        ({"enabled": False, "expires": 1.0}, "disabled"),
        ({"expires": 100.0}, "expired"),
        ({"expires": 100.1}, ""),
        ({"begins": 100.1}, "not valid yet"),
        ({"begins": 100.0}, ""),
    ],
)
def test_when_a_secret_ought_not_to_be_used(attributes: dict[str, float], why: str) -> None:
    assert Attributes("a", **attributes).unusable(100.0) == why  # type: ignore[arg-type]


def test_without_a_role_the_command_that_gives_it(fake: FakeVaults, vaults: Vaults) -> None:
    fake.refuse("wine", "db-password", 403, BY_ROLE, "ForbiddenByRbac")
    error = failure(vaults, PermissionDenied)
    assert error.what == (
        "reading wine/db-password answered 403 ForbiddenByRbac: Caller is not authorized to "
        f"perform action on resource. Caller: appid=client-1;oid={OBJECT};iss=https://sts.windows.net/"
        f"{TENANT}/ Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action' "
        f"Resource: '{SCOPE}/secrets/db-password'"
    )
    assert error.fix == (
        'az role assignment create --role "Key Vault Secrets User" '
        f"--assignee-object-id {OBJECT} --assignee-principal-type ServicePrincipal --scope {SCOPE}"
    )


def test_a_person_is_no_service_principal(fake: FakeVaults, vaults: Vaults) -> None:
    by_az = BY_ROLE.replace("appid=client-1", "appid=04b07795-8ddb-461a-bbee-02f9e1bf7b46")
    fake.refuse("wine", "db-password", 403, by_az, "ForbiddenByRbac")
    assert (
        f"--assignee-object-id {OBJECT} --assignee-principal-type User --scope"
        in failure(vaults, PermissionDenied).fix
    )


def test_without_a_policy_the_command_that_gives_it(fake: FakeVaults, vaults: Vaults) -> None:
    fake.refuse("wine", "db-password", 403, BY_POLICY, "ForbiddenByPolicy")
    assert failure(vaults, PermissionDenied).fix == (
        f"az keyvault set-policy --name wine --object-id {OBJECT} --secret-permissions get list"
    )


def test_a_refusal_that_says_less(fake: FakeVaults, vaults: Vaults) -> None:
    fake.refuse("wine", "db-password", 403, "no", "ForbiddenByRbac")
    assert failure(vaults, PermissionDenied).fix.endswith(
        '--assignee CLIENT_ID --scope "$(az keyvault show --name wine --query id -o tsv)"'
    )


def test_a_network_that_may_not_reach_the_vault(fake: FakeVaults, vaults: Vaults) -> None:
    told = f"Client address: 203.0.113.7\r\nCaller: appid=client-1;oid={OBJECT}\r\nVault: wine"
    fake.refuse(
        "wine", "db-password", 403, f"Address isn't authorized.\r\n{told}", "ForbiddenByFirewall"
    )
    error = failure(vaults, PermissionDenied)
    assert "Address isn't authorized. Client address: 203.0.113.7 Caller: " in error.what
    assert error.cause == "the vault's firewall doesn't let this machine in"
    fake.refuse(
        "wine", "db-password", 403, f"Public access is off.\r\n{told}", "ForbiddenByConnection"
    )
    error = failure(vaults, PermissionDenied)
    assert error.cause == "the vault's public network access is disabled"
    assert "private endpoint" in error.fix
    assert error.fix.endswith("az keyvault update --name wine --public-network-access Enabled")


def test_a_disabled_secret(fake: FakeVaults, vaults: Vaults) -> None:
    fake.refuse("wine", "db-password", 403, "Operation get is not allowed", "SecretDisabled")
    error = failure(vaults, ServiceError)
    assert error.cause == "the secret is disabled"
    assert "--vault-name wine --name db-password --enabled true" in error.fix


def test_a_busy_vault_is_asked_again_by_our_clock(
    fake: FakeVaults, vaults: Vaults, clock: FakeClock
) -> None:
    fake.put("wine", "db-password", "v1")
    busy = {
        "status": 429,
        "body": {"error": {"code": "Throttled"}},
        "headers": {"Retry-After": "7"},
    }
    fake.failures["wine", "db-password"] = [busy, busy, {}]
    assert vaults.read(WINE).value == "v1"
    assert clock.slept == [7.0, 7.0]


def test_a_vault_that_stays_down(fake: FakeVaults, vaults: Vaults) -> None:
    fake.failures["wine", "db-password"] = [{"status": 503, "body": {}}]
    failure(vaults, ServiceUnavailable)
    assert len(fake.reads) == 7


def test_who_cant_sign_in_is_told_so(vaults: Vaults, fake: FakeVaults) -> None:
    fake.failures["wine", "db-password"] = [
        {"status": 401, "body": {"error": {"code": "Unauthorized", "message": "AKV10032: tenant"}}}
    ]
    assert "AKV10032" in failure(vaults, Unauthenticated).what


def test_a_name_that_doesnt_resolve_and_a_page_in_place_of_a_vault(vaults: Vaults) -> None:
    with requests_mock.Mocker() as server:
        server.get(requests_mock.ANY, exc=requests.exceptions.ConnectionError("Name or service"))
        assert "no vault of this name" in failure(vaults, Unreachable).cause
    with requests_mock.Mocker() as server:
        server.get(
            requests_mock.ANY, text="<html>sign in</html>", headers={"Content-Type": "text/html"}
        )
        failure(vaults, NotTheService)


def test_who_cannot_reach_a_vault_looks_up_its_name_in_its_cloud(clock: FakeClock) -> None:
    with (
        requests_mock.Mocker() as server,
        Vaults(lambda _: StaticToken("t"), clock=clock, cloud=US_GOVERNMENT) as vaults,
    ):
        server.get(requests_mock.ANY, exc=requests.exceptions.ConnectionError("Name or service"))
        assert "nslookup wine.vault.usgovcloudapi.net)" in failure(vaults, Unreachable).fix


def test_a_challenge_for_another_resource_gets_no_token(vaults: Vaults) -> None:
    challenge = (
        f'Bearer authorization="https://login.example/{TENANT}", resource="https://x.example"'
    )
    with requests_mock.Mocker() as server:
        server.get(requests_mock.ANY, status_code=401, headers={"WWW-Authenticate": challenge})
        found = failure(vaults, NotTheService, Reference("other-vault", "a"))
        assert "does not match the requested domain" in found.what
        assert all("Authorization" not in one.headers for one in server.request_history)


@pytest.mark.parametrize(
    ("vault", "found"),
    [
        ("Wine-1", "https://wine-1.vault.azure.net"),
        ("https://wine.vault.azure.net/", "https://wine.vault.azure.net"),
        ("wine.vault.usgovcloudapi.net", "https://wine.vault.usgovcloudapi.net"),
    ],
)
def test_addresses(vault: str, found: str) -> None:
    assert address(vault) == found


def test_a_name_alone_is_that_of_a_vault_of_the_cloud() -> None:
    assert address("wine", CHINA) == "https://wine.vault.azure.cn"
    assert address("wine.vault.azure.net", CHINA) == "https://wine.vault.azure.net"
    with pytest.raises(InputError) as caught:
        address("no name", CHINA)
    assert "https://NAME.vault.azure.cn" in caught.value.fix


@pytest.mark.parametrize(
    "vault",
    ["", "a b", "http://wine.vault.azure.net", "https://wine.example", "x/../y", "1wine", "w" * 25,
     "wine.vault.azure.net.evil.io", "wine.vault.microsoftazure.de", "wine.vaultXazure.net",
     "https://user@wine.vault.azure.net"],
)  # fmt: skip
def test_a_token_goes_nowhere_else(vault: str) -> None:
    with pytest.raises(InputError, match="can't be a key vault"):
        address(vault)


def test_references() -> None:
    version = "0123456789abcdef0123456789ABCDEF"
    assert of_value(" keyvault://wine/db-password ") == WINE
    assert of_value(f"keyvault://wine/db-password/{version}") == Reference(
        "wine", "db-password", version
    )
    assert reference("a", "wine") == Reference("wine", "a")
    for bad in ("wine", "wine/", "wine/a_b", "wine/a/b", f"wine/a/{version}/c", "/a"):
        with pytest.raises(InputError) as caught:
            of_value(f"keyvault://{bad}")
        assert "keyvault://VAULT/NAME" in caught.value.fix or "give its name" in caught.value.fix


def test_errors_together_say_each_cause_and_each_fix_once() -> None:
    first = PermissionDenied("reading a", cause="no role", fix="give it")
    other = PermissionDenied("reading b", cause="no policy", fix="set it")
    again = PermissionDenied("reading c", cause="no role", fix="give it")
    made = together([first, other, again])
    assert type(made) is PermissionDenied
    assert made.what == "3 secrets can't be read:\n  reading a\n  reading b\n  reading c"
    assert made.cause == "no role; no policy"
    assert made.fix == "give it\n       set it"
    mixed = together([first, NotFound("reading d", cause="there is none")])
    assert type(mixed) is ServiceError
    assert mixed.cause == "no role; there is none"
