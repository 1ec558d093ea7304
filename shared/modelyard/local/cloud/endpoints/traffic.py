"""Who gets how many of an endpoint's requests."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Any

from modelyard.local.cloud.endpoints.wishes import Wish

Json = dict[str, Any]


def share_out(document: Json, slot: str, wish: Wish, now: float) -> list[str]:
    """Give a deployment its share and the other one the rest, in the endpoint's document.

    Returns those that are left without a share: they go. All of the traffic makes a deployment the
    main one; with a part it is a canary.
    """
    before = document["deployments"]
    others = {one: kept for one, kept in before.items() if one != slot}
    gone: list[str] = []
    if wish.traffic == 100 or not others:
        gone, others = list(others), {}
        document["main"] = slot
    deployed = before.get(slot, {}).get("deployed", now)
    share = wish.traffic if others else 100
    own = {**wish.deployment(), "traffic": share, "deployed": deployed}
    rest = {one: {**kept, "traffic": 100 - share} for one, kept in others.items()}
    document["deployments"] = {slot: own, **rest}
    return gone


class Turns:
    """Whose turn it is. Of a hundred requests in a row each deployment gets exactly its share."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._lock = threading.Lock()

    def next(self, name: str, document: Json) -> str:
        """The deployment for the next request of an endpoint."""
        main = str(document["main"])
        canaries = [slot for slot in document["deployments"] if slot != main]
        if not canaries:
            return main
        share = document["deployments"][canaries[0]]["traffic"]
        with self._lock:
            count = self._counts[name]
            self._counts[name] = (count + 1) % 100
        is_turn = (count + 1) * share // 100 > count * share // 100
        return str(canaries[0]) if is_turn else main
