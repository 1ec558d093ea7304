from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from modelyard.account_errors import TenantNotAllowed
from modelyard.azure.identity.sign_in import NotTried, SignIn, Way, tenant_of
from modelyard.clock import FakeClock
from modelyard.credentials import Token
from modelyard.documentation import page
from modelyard.errors import InputError, ModelyardError, Unauthenticated, Unreachable

RESOURCE, OTHER = "https://one.example", "https://other.example"
TENANT = "11111111-2222-3333-4444-555555555555"


def jwt(**claims: str) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.x"


def works(name: str, value: str = "", **more: object) -> Way:
    token = value or f"token-of-{name}"
    return Way(
        name,
        f"somebody by {name}",
        lambda resource: Token(f"{token}", 2_000_000_000.0),
        **more,  # type: ignore[arg-type]
    )


def fails(name: str, error: ModelyardError) -> Way:
    def mint(_resource: str) -> Token:
        raise error

    return Way(name, "nobody", mint)


@pytest.fixture
def chosen() -> list[str]:
    return []


@pytest.fixture
def make(chosen: list[str]) -> Callable[..., SignIn]:
    def sign_in(*ways: Way | NotTried, allowed: tuple[str, ...] = ()) -> SignIn:
        return SignIn(ways, chosen=lambda way: chosen.append(way.name), allowed_tenants=allowed)

    return sign_in


def test_the_first_that_works_is_taken_and_kept(
    make: Callable[..., SignIn], chosen: list[str], clock: FakeClock
) -> None:
    refused = fails("github-oidc", Unauthenticated("AADSTS700213: no such subject"))
    who = make(NotTried("service-connection", "not set"), refused, works("token"), works("later"))
    credential = who.token(RESOURCE, clock=clock)

    assert chosen == []
    assert credential.headers() == {"Authorization": "Bearer token-of-token"}
    assert credential.renew() is True
    credential.headers()
    assert chosen == ["token"]
    assert who.way(RESOURCE).name == "token"


def test_who_asks_does_not_change_midway(make: Callable[..., SignIn], clock: FakeClock) -> None:
    answers = iter([Token("first", 0.0)])

    def mint(_resource: str) -> Token:
        try:
            return next(answers)
        except StopIteration:
            raise Unauthenticated("the secret was taken back") from None

    who = make(Way("service-principal", "one", mint), works("token"))
    credential = who.token(RESOURCE, clock=clock)
    credential.headers()
    with pytest.raises(Unauthenticated, match="the secret was taken back"):
        credential.headers()


def test_all_that_was_refused_stands_in_one_table(make: Callable[..., SignIn]) -> None:
    who = make(
        NotTried("service-connection", "azure-service-connection isn't set"),
        fails("github-oidc", Unauthenticated("AADSTS700213:\n no subject", fix="give a subject")),
        works("databricks-federation", only=OTHER),
        fails("service-principal", Unreachable("no route")),
    )
    with pytest.raises(Unauthenticated) as caught:
        who.mint(RESOURCE)

    assert caught.value.what.splitlines() == [
        "2 of 4 ways to sign in were tried, none works:",
        "  service-connection     not tried: azure-service-connection isn't set",
        "  github-oidc            refused: AADSTS700213: no subject",
        "  databricks-federation  not tried: it has no tokens for this service",
        "  service-principal      refused: no route",
    ]
    assert caught.value.fix == f"give a subject; {page('identity')} compares the ways"


def test_when_nobody_answers_that_is_what_it_says(make: Callable[..., SignIn]) -> None:
    who = make(fails("github-oidc", Unreachable("no route")), fails("token", Unreachable("none")))
    with pytest.raises(Unreachable, match="2 of 2 ways"):
        who.mint(RESOURCE)


def test_what_can_not_be_used_is_no_refusal(make: Callable[..., SignIn]) -> None:
    wrong = fails("service-principal", InputError("no key", cause="no form", fix="give it"))
    with pytest.raises(InputError, match="1 of 2 ways") as caught:
        make(NotTried("github-oidc", "not set"), wrong).mint(RESOURCE)
    assert caught.value.cause == "no form"
    assert caught.value.fix.startswith("give it; ")


def test_the_cause_is_that_of_who_has_one(make: Callable[..., SignIn]) -> None:
    refused = fails("azure-cli", Unauthenticated("no", cause="signed out", fix="az login"))
    with pytest.raises(Unauthenticated, match="2 of 2 ways") as caught:
        make(fails("github-oidc", InputError("no permission", fix="x")), refused).mint(RESOURCE)
    assert (caught.value.cause, caught.value.fix.partition(";")[0]) == ("signed out", "az login")


def test_one_way_alone_says_what_it_has_to_say(make: Callable[..., SignIn]) -> None:
    with pytest.raises(InputError, match=r"^the tenant is none$"):
        make(fails("service-principal", InputError("the tenant is none"))).mint(RESOURCE)


def test_without_any_way_nothing_has_to_be_asked_to_know(make: Callable[..., SignIn]) -> None:
    with pytest.raises(InputError) as caught:
        make(
            NotTried("service-connection", "not set"),
            NotTried("github-oidc", "no permission", "give the permission"),
        )

    assert caught.value.what.splitlines() == [
        "no credential is given:",
        "  service-connection  not tried: not set",
        "  github-oidc         not tried: no permission",
    ]
    assert caught.value.fix == "give the permission"


def test_two_resources_may_be_reached_in_two_ways(make: Callable[..., SignIn]) -> None:
    who = make(works("token", only=OTHER), works("service-principal"))

    assert who.mint(RESOURCE).value == "token-of-service-principal"
    assert who.mint(OTHER).value == "token-of-token"
    assert who.mint(RESOURCE, like=OTHER).value == "token-of-token"


def test_one_way_for_two_resources_is_told_of_once(
    make: Callable[..., SignIn], chosen: list[str]
) -> None:
    who = make(works("github-oidc"))
    who.mint(RESOURCE)
    who.mint(OTHER)

    assert chosen == ["github-oidc"]


@pytest.mark.parametrize(
    "token", [jwt(tid="99999999-0000-0000-0000-000000000000"), "opaque", "a.%%.c", jwt(sub="x")]
)
def test_a_token_of_another_tenant_is_an_error_and_no_other_is_looked_for(
    make: Callable[..., SignIn], chosen: list[str], token: str
) -> None:
    who = make(works("azure-cli", token), works("token", jwt(tid=TENANT)), allowed=(TENANT,))
    with pytest.raises(TenantNotAllowed) as caught:
        who.mint(RESOURCE)

    assert "somebody by azure-cli signs in (azure-cli) to the tenant" in caught.value.what
    assert TENANT in caught.value.what
    assert chosen == []


@pytest.mark.parametrize("again", [{}, {"like": RESOURCE}])
def test_every_later_token_is_checked_too(
    make: Callable[..., SignIn], again: dict[str, str]
) -> None:
    tenants = iter([TENANT, "99999999-2222-3333-4444-555555555555"])
    way = Way("azure-cli", "somebody", lambda _: Token(jwt(tid=next(tenants)), 2_000_000_000.0))
    who = make(way, allowed=(TENANT,))
    who.mint(RESOURCE)

    with pytest.raises(TenantNotAllowed):
        who.mint(OTHER if again else RESOURCE, **again)


def test_an_allowed_tenant_in_any_spelling(make: Callable[..., SignIn]) -> None:
    who = make(works("azure-cli", jwt(tid=TENANT.upper())), allowed=(TENANT.upper(),))

    assert tenant_of(who.mint(RESOURCE).value) == TENANT


def test_threads_sign_in_one_after_the_other(
    make: Callable[..., SignIn], chosen: list[str]
) -> None:
    inside, together = threading.Barrier(2), []

    def mint(_resource: str) -> Token:
        with suppress(threading.BrokenBarrierError):
            together.append(inside.wait(0.2))  # passes only when two are here at once
        return Token("x", 4e9)

    who = make(Way("token", "somebody", mint))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: who.mint(RESOURCE), range(4)))

    assert (chosen, together) == (["token"], [])
