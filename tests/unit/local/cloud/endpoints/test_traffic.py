"""Shares of the requests."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from modelyard.local.cloud.endpoints.traffic import Turns, share_out
from modelyard.local.cloud.endpoints.wishes import Wish

WISH = Wish("wine", "sha256:" + "0" * 64, {}, None, None, "auto", 100)


def document(**traffic: int) -> dict[str, Any]:
    """An endpoint whose main deployment is blue."""
    deployments = {
        slot: {**WISH.deployment(), "traffic": share, "deployed": 1.0}
        for slot, share in traffic.items()
    }
    return {"main": "blue" if traffic else "", "deployments": deployments}


def shares(found: dict[str, Any]) -> dict[str, int]:
    return {slot: one["traffic"] for slot, one in found["deployments"].items()}


def test_the_first_deployment_is_the_main_one() -> None:
    found = document()
    assert share_out(found, "blue", WISH, 5.0) == []
    assert (found["main"], shares(found)) == ("blue", {"blue": 100})
    assert found["deployments"]["blue"]["deployed"] == 5.0


def test_all_of_the_traffic_makes_the_other_one_go() -> None:
    found = document(blue=100)
    assert share_out(found, "green", WISH, 5.0) == ["blue"]
    assert (found["main"], shares(found)) == ("green", {"green": 100})


def test_a_part_leaves_the_rest_to_the_main_one() -> None:
    found = document(blue=100)
    assert share_out(found, "green", dataclasses.replace(WISH, traffic=30), 5.0) == []
    assert (found["main"], shares(found)) == ("blue", {"green": 30, "blue": 70})


def test_shifting_back_ends_the_canary() -> None:
    found = document(blue=70, green=30)
    assert share_out(found, "blue", WISH, 5.0) == ["green"]
    assert (found["main"], shares(found)) == ("blue", {"blue": 100})
    assert found["deployments"]["blue"]["deployed"] == 1.0  # it wasn't deployed anew


def test_a_single_deployment_has_all_the_traffic_whatever_was_asked() -> None:
    found = document(blue=100)
    assert share_out(found, "blue", dataclasses.replace(WISH, traffic=10), 5.0) == []
    assert shares(found) == {"blue": 100}


@given(st.integers(0, 100))
def test_of_a_hundred_requests_each_gets_exactly_its_share(share: int) -> None:
    turns, found = Turns(), document(blue=100 - share, green=share)
    seen = Counter(turns.next("wine", found) for _ in range(200))
    assert seen == Counter({"blue": 2 * (100 - share), "green": 2 * share})


def test_endpoints_have_turns_of_their_own() -> None:
    turns, found = Turns(), document(blue=50, green=50)
    assert [turns.next(name, found) for name in ("a", "b", "a", "b")] == [
        "blue", "blue", "green", "green",
    ]  # fmt: skip
