"""Signing in to a container registry.

A registry answers 401 and says how to sign in: Basic, or Bearer with the address that hands out
tokens (https://distribution.github.io/distribution/spec/auth/token/). Azure Container Registry
(https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md) takes a service principal, its admin
user, or a refresh token under the user name of zeros.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import requests

from modelyard.answers import read_json
from modelyard.clock import Clock
from modelyard.errors import NotTheService, Unauthenticated, Unreachable
from modelyard.http import Session

REFRESH_TOKEN_USER = "00000000-0000-0000-0000-000000000000"  # noqa: S105 - a user's name
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_PARAMETER = re.compile(r'([A-Za-z_]+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')
_PROBE_TIMEOUT = (10.0, 60.0)
_PROBES = 3


@dataclass(frozen=True)
class Login:
    """User name and password (or token) for one registry."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"Login(username={self.username!r}, password=***)"

    @property
    def basic(self) -> str:
        """The value of an Authorization header."""
        pair = f"{self.username}:{self.password}".encode()
        return "Basic " + base64.b64encode(pair).decode()


@dataclass(frozen=True)
class Challenge:
    """How a registry wants to be signed in to."""

    scheme: str
    """``basic``, ``bearer``, or empty: not at all."""
    realm: str = ""
    service: str = ""


def base_url(host: str) -> str:
    """``https://host``; plain HTTP on the loopback, as the docker engine has it."""
    name = host.rsplit(":", 1)[0] if re.search(r":\d+$", host) else host
    return f"{'http' if name in LOOPBACK else 'https'}://{host}"


def ask(host: str, clock: Clock) -> Challenge:
    """Ask a registry how it wants to be signed in to.

    :raises Unreachable: when there is no connection; NotTheService when it isn't a registry.
    """
    url = base_url(host) + "/v2/"
    for attempt in range(_PROBES):
        try:
            answer = requests.get(url, timeout=_PROBE_TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            if attempt == _PROBES - 1 or not isinstance(error, requests.ConnectionError):
                raise Unreachable(f"GET {url}: {error}") from None
        else:
            if answer.status_code < 500 or attempt == _PROBES - 1:
                return _challenge(answer, url)
        clock.sleep(2.0**attempt)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _challenge(answer: requests.Response, url: str) -> Challenge:
    if answer.status_code == 200:
        return Challenge("")
    header = answer.headers.get("WWW-Authenticate", "")
    scheme = header.partition(" ")[0].lower()
    if answer.status_code != 401 or scheme not in ("basic", "bearer"):
        raise NotTheService(
            f"GET {url} answered {answer.status_code}: that is not a container registry",
            cause="the image's name doesn't begin with the name of a registry",
            fix="name the image registry.example.com/repository:tag",
        )
    found = {key.lower(): quoted or bare for key, quoted, bare in _PARAMETER.findall(header)}
    return Challenge(scheme, found.get("realm", ""), found.get("service", ""))


class RegistryCredential:
    """Signs requests about one repository; a bearer token is minted when it is first needed."""

    def __init__(
        self,
        challenge: Challenge,
        scope: str,
        login: Login | None,
        *,
        clock: Clock,
    ) -> None:
        self._challenge = challenge
        self._scope = scope
        self._login = login
        self._clock = clock
        self._token = ""
        self._minted: list[str] = []

    def headers(self) -> Mapping[str, str]:
        if self._challenge.scheme == "bearer":
            self._token = self._token or self._mint()
            return {"Authorization": f"Bearer {self._token}"}
        if self._challenge.scheme == "basic" and self._login:
            return {"Authorization": self._login.basic}
        return {}

    def renew(self) -> bool:
        self._token = ""
        return self._challenge.scheme == "bearer"

    def secrets(self) -> tuple[str, ...]:
        password = (self._login.password, self._login.basic[6:]) if self._login else ()
        return (*password, *self._minted)

    def _mint(self) -> str:
        realm = urlsplit(self._challenge.realm)
        if realm.scheme != "https" and realm.hostname not in LOOPBACK:
            raise NotTheService(
                f"the registry sends us for a token to {self._challenge.realm!r}",
                cause="a password is sent there, and it isn't an https address",
            )
        answer = self._ask(f"{realm.scheme}://{realm.netloc}", realm.path)
        token = str(answer.get("access_token") or answer.get("token") or "")
        if not token:
            raise Unauthenticated(f"{self._challenge.realm} gave no token for {self._scope}")
        self._minted.append(token)
        return token

    def _ask(self, base: str, path: str) -> Mapping[str, object]:
        signed = _Basic(self._login) if self._login else None
        session = Session(base, clock=self._clock, credential=signed)
        query = {"service": self._challenge.service, "scope": self._scope}
        if not self._login or self._login.username != REFRESH_TOKEN_USER:
            return session.get(path, query)
        form = {**query, "grant_type": "refresh_token", "refresh_token": self._login.password}
        answer = session.call(
            "POST",
            path,
            data=urlencode(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            repeatable=True,
        )
        return read_json(answer, f"POST {self._challenge.realm}")


class _Basic:
    """The login itself, as the token server takes it."""

    def __init__(self, login: Login) -> None:
        self._login = login

    def headers(self) -> Mapping[str, str]:
        refresh = self._login.username == REFRESH_TOKEN_USER
        return {} if refresh else {"Authorization": self._login.basic}

    def renew(self) -> bool:
        return False

    def secrets(self) -> tuple[str, ...]:
        return (self._login.password, self._login.basic[6:])
