from __future__ import annotations

import pytest

from modelyard.clock import FakeClock
from modelyard.credentials import RefreshingToken, StaticToken, Token
from modelyard.databricks.management import MANAGEMENT_TOKEN, RESOURCE_ID, TwoTokens

ID = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Databricks/workspaces/wine"


def refreshing(clock: FakeClock, name: str) -> RefreshingToken:
    count = iter(range(1, 9))
    return RefreshingToken(
        lambda: Token(f"{name}-{next(count)}", clock.time() + 3600),
        clock=clock,
        name=MANAGEMENT_TOKEN if name == "management" else "Authorization",
    )


def test_both_are_sent_and_renewed_together(clock: FakeClock) -> None:
    both = TwoTokens(
        refreshing(clock, "own"), refreshing(clock, "management"), ID, of_entra=lambda: True
    )

    assert dict(both.headers()) == {
        "Authorization": "Bearer own-1",
        MANAGEMENT_TOKEN: "management-1",
        RESOURCE_ID: ID,
    }
    assert both.renew() is True
    assert both.headers()[MANAGEMENT_TOKEN] == "management-2"
    assert both.headers()["Authorization"] == "Bearer own-2"
    assert set(both.secrets()) == {"own-1", "own-2", "management-1", "management-2"}


def test_a_token_of_the_workspaces_own_goes_alone(clock: FakeClock) -> None:
    def never() -> Token:
        raise AssertionError("nobody asks for it")

    own = StaticToken("dapi-made-up")
    both = TwoTokens(own, RefreshingToken(never, clock=clock), ID, of_entra=lambda: False)

    assert dict(both.headers()) == {"Authorization": "Bearer dapi-made-up"}


@pytest.mark.parametrize("renewable", [True, False])
def test_one_that_can_be_renewed_is_enough(clock: FakeClock, renewable: bool) -> None:
    management = RefreshingToken(
        lambda: Token("m", clock.time() + 3600), clock=clock, renewable=lambda: renewable
    )

    assert TwoTokens(StaticToken("x"), management, ID, lambda: True).renew() is renewable
