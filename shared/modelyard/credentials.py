"""Credentials are providers, not strings: a wait may outlive the token it started with."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from modelyard.clock import Clock
from modelyard.errors import InputError


@dataclass(frozen=True)
class Token:
    """A bearer token and the moment (seconds since the epoch) it stops being valid."""

    value: str
    expires_on: float

    def __repr__(self) -> str:
        return f"Token(***, expires_on={self.expires_on})"


class Credential(Protocol):
    """What signs a request."""

    def headers(self) -> Mapping[str, str]:
        """The headers to send now."""
        ...

    def renew(self) -> bool:
        """The service refused the credential: forget it. False when there is no other to get."""
        ...

    def secrets(self) -> tuple[str, ...]:
        """The values that may not appear in any message."""
        ...


class Anonymous:
    """No credential."""

    def headers(self) -> Mapping[str, str]:
        return {}

    def renew(self) -> bool:
        return False

    def secrets(self) -> tuple[str, ...]:
        return ()


class StaticToken:
    """A token that can't be renewed: a personal access token.

    :param name: where it comes from, for the message.
    :raises InputError: when it can't stand in a header.
    """

    def __init__(self, value: str, name: str = "the token input") -> None:
        if not re.fullmatch(r"[\x21-\x7e]+", value):
            raise InputError(
                "the token is empty, or has blanks, line ends or other characters no token has",
                fix=f"check how {name} is filled; the token itself isn't shown here",
            )
        self._value = value

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._value}"}

    def renew(self) -> bool:
        return False

    def secrets(self) -> tuple[str, ...]:
        return (self._value,)


class RefreshingToken:
    """A token that is minted when needed and again shortly before it expires. Thread-safe.

    :param mint: gets a fresh token; called only when there is none that lasts ``margin`` seconds.
    :param name: the header it is sent in; ``Authorization`` gets ``Bearer`` before it.
    :param renewable: whether there is another token to get when one was refused.
    """

    def __init__(
        self,
        mint: Callable[[], Token],
        *,
        clock: Clock,
        margin: float = 300.0,
        name: str = "Authorization",
        renewable: Callable[[], bool] = lambda: True,
    ) -> None:
        self._mint = mint
        self._clock = clock
        self._margin = margin
        self._name = name
        self._renewable = renewable
        self._token: Token | None = None
        self._minted: list[str] = []
        self._lock = threading.Lock()

    def headers(self) -> Mapping[str, str]:
        with self._lock:  # calls in parallel mint one token, not one each
            if self._token is None or self._clock.time() >= self._token.expires_on - self._margin:
                self._token = self._mint()
                self._minted.append(self._token.value)
            token = self._token.value
        prefix = "Bearer " if self._name == "Authorization" else ""
        return {self._name: prefix + token}

    def renew(self) -> bool:
        if not self._renewable():
            return False
        with self._lock:
            self._token = None
        return True

    def secrets(self) -> tuple[str, ...]:
        return tuple(self._minted)
