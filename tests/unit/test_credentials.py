from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from modelyard.clock import FakeClock
from modelyard.credentials import Anonymous, RefreshingToken, StaticToken, Token
from modelyard.errors import InputError


class Mint:
    """Gives tokens that last an hour, and counts them."""

    def __init__(self, clock: FakeClock, lifetime: float = 3600.0) -> None:
        self.clock, self.lifetime, self.count = clock, lifetime, 0

    def __call__(self) -> Token:
        self.count += 1
        return Token(f"token-{self.count}", self.clock.time() + self.lifetime)


def test_nobody_signs_nothing() -> None:
    assert dict(Anonymous().headers()) == {}
    assert Anonymous().renew() is False
    assert Anonymous().secrets() == ()


def test_a_personal_access_token_is_what_it_is() -> None:
    credential = StaticToken("dapi-made-up")

    assert credential.headers() == {"Authorization": "Bearer dapi-made-up"}
    assert credential.renew() is False
    assert credential.secrets() == ("dapi-made-up",)


@pytest.mark.parametrize("value", ["", "dapi made-up", "dapi-made-up\n", "dapi\u2013made-up"])
def test_a_token_that_no_header_takes_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(InputError) as caught:
        StaticToken(value)

    assert "dapi" not in "\n".join(caught.value.lines())


def test_a_token_is_minted_once_while_it_lasts(clock: FakeClock) -> None:
    mint = Mint(clock)
    credential = RefreshingToken(mint, clock=clock)
    assert mint.count == 0  # nothing is asked for before it is needed

    clock.advance(10)
    first = credential.headers()
    clock.advance(3290)
    assert credential.headers() == first == {"Authorization": "Bearer token-1"}
    assert mint.count == 1


def test_a_token_is_minted_anew_before_it_expires(clock: FakeClock) -> None:
    credential = RefreshingToken(Mint(clock), clock=clock)
    credential.headers()
    clock.advance(3301)

    assert credential.headers() == {"Authorization": "Bearer token-2"}


def test_a_refused_token_is_forgotten(clock: FakeClock) -> None:
    credential = RefreshingToken(Mint(clock), clock=clock)
    credential.headers()

    assert credential.renew() is True
    assert credential.headers() == {"Authorization": "Bearer token-2"}


def test_old_tokens_stay_secret(clock: FakeClock) -> None:
    credential = RefreshingToken(Mint(clock), clock=clock)
    credential.headers()
    credential.renew()
    credential.headers()

    assert credential.secrets() == ("token-1", "token-2")


def test_only_authorization_says_bearer(clock: FakeClock) -> None:
    credential = RefreshingToken(Mint(clock), clock=clock, name="X-Management-Token")

    assert credential.headers() == {"X-Management-Token": "token-1"}


def test_a_token_does_not_show_itself() -> None:
    assert "hidden" not in repr(Token("hidden", 1.0))


def test_a_token_that_cannot_be_renewed_stays(clock: FakeClock) -> None:
    credential = RefreshingToken(Mint(clock), clock=clock, renewable=lambda: False)
    credential.headers()

    assert credential.renew() is False
    assert credential.headers() == {"Authorization": "Bearer token-1"}


def test_calls_in_parallel_mint_one_token(clock: FakeClock) -> None:
    mint, inside = Mint(clock), threading.Barrier(2)

    def minted() -> Token:
        with suppress(threading.BrokenBarrierError):
            inside.wait(0.2)  # passes only when two are here at once
        return mint()

    credential = RefreshingToken(minted, clock=clock)
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: credential.headers()["Authorization"], range(4)))

    assert found == {"Bearer token-1"}
