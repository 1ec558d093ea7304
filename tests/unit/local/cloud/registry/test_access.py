"""Who may do what under the registry's own name, and for how long."""

from __future__ import annotations

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from modelyard.clock import FakeClock
from modelyard.local.cloud.credentials import load_or_create
from modelyard.local.cloud.registry.access import ACCESS_SECONDS, NOBODY, Access, Need
from modelyard.local.cloud.registry.exceptions import RegistryError
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.tokens import Tokens

HOST = "modelyardlocal.azurecr.io"
PUSH = Need("repository:wine", "push")


@pytest.fixture
def access(cloud: Cloud) -> Access:
    return Access(cloud, HOST)


def bearer(token: str) -> Request:
    headers = {"Authorization": f"Bearer {token}"}
    return Request(EnvironBuilder(headers=headers).get_environ())


def challenge(access: Access, request: Request, need: Need) -> str:
    with pytest.raises(RegistryError) as error:
        access.require(request, need)
    assert error.value.code == 401
    return error.value.headers["WWW-Authenticate"]


def test_a_stranger_is_told_where_to_sign_in_and_for_what(access: Access) -> None:
    found = challenge(access, Request(EnvironBuilder().get_environ()), PUSH)
    assert found == (
        f'Bearer realm="https://{HOST}/oauth2/token",service="{HOST}",scope="repository:wine:push"'
    )


def test_a_token_is_good_for_its_scope_only(access: Access) -> None:
    token = access.grant(["repository:wine:pull,push", "repository:beer:pull"])
    access.require(bearer(token), PUSH)
    access.require(bearer(token), Need())
    access.require(bearer(token), Need("repository:beer", "pull"))
    for need in (Need("repository:beer", "push"), Need("repository:win", "pull"),
                 Need("repository:wine", "delete"), Need("registry:catalog", "*")):  # fmt: skip
        challenge(access, bearer(token), need)
    access.require(bearer(access.grant(["repository:wine:*"])), PUSH)


def test_a_token_has_an_end(access: Access, clock: FakeClock) -> None:
    token = access.grant(["repository:wine:push"])
    clock.advance(ACCESS_SECONDS - 1)
    access.require(bearer(token), PUSH)
    clock.advance(1)
    challenge(access, bearer(token), PUSH)


def test_tokens_of_one_kind_do_not_do_for_the_other(access: Access, cloud: Cloud) -> None:
    value = Tokens(cloud).create("for this test")[1]
    refresh = access.exchange(value)
    assert refresh is not None
    assert access.knows(NOBODY, refresh)
    challenge(access, bearer(refresh), Need())
    assert not access.knows(NOBODY, access.grant([]))
    assert access.exchange("dapi-unknown") is None


def test_the_service_principal_is_known_by_its_secret(access: Access, cloud: Cloud) -> None:
    principal = load_or_create(cloud.folder)
    assert access.knows(principal.client_id, principal.client_secret)
    assert not access.knows(principal.client_id, "x")
    assert not access.knows("x", principal.client_secret)
    assert not access.knows("", "")


def test_a_reset_makes_every_token_worthless(access: Access) -> None:
    token = access.grant(["repository:wine:push"])
    access.clear()
    challenge(access, bearer(token), PUSH)
