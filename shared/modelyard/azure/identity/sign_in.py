"""One way to sign in after the other, until one works."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from modelyard.account_errors import TenantNotAllowed
from modelyard.azure.guids import is_guid
from modelyard.clock import Clock
from modelyard.credentials import RefreshingToken, Token
from modelyard.documentation import page
from modelyard.errors import InputError, ModelyardError, Unauthenticated, Unreachable

DOCUMENTATION = page("identity")


@dataclass(frozen=True)
class Way:
    """A way to sign in whose inputs are there."""

    name: str
    """As the input ``sign-in`` has it."""
    who: str
    """Whom it signs in, for the log."""
    mint: Callable[[str], Token] = field(repr=False)
    """A new token for a resource; raises ModelyardError."""
    only: str = ""
    """The one resource that it has tokens for; empty for every one."""
    of_entra: bool = True
    """Its tokens are Microsoft Entra's, and so tell their tenant."""
    renewable: bool = True
    """Another token may be had when one is refused."""
    warning: str = ""
    """Why there is a better one."""

    def serves(self, resource: str) -> bool:
        return self.only in ("", resource)


@dataclass(frozen=True)
class NotTried:
    """A way that can't be tried."""

    name: str
    why: str
    fix: str = ""
    """What to do, where somebody seems to have wanted it."""


class SignIn:
    """Signs in by the first way that works, and stays with it: who asks doesn't change midway.

    Nothing is sent before a token is needed. Safe to use from several threads.

    :param ways: in order of preference.
    :param chosen: told once of each way that has been chosen.
    :param allowed_tenants: ids of the tenants that a token may be of; empty allows every one.
    :raises InputError: when there is no way to try, or what is allowed is no tenant's id.
    """

    def __init__(
        self,
        ways: Sequence[Way | NotTried],
        *,
        chosen: Callable[[Way], None],
        allowed_tenants: Sequence[str] = (),
    ) -> None:
        self._ways = ways
        self._tell = chosen
        self._allowed = tuple(map(_tenant, allowed_tenants))
        self._chosen: dict[str, Way] = {}
        self._lock = threading.RLock()
        if not any(isinstance(way, Way) for way in ways):
            raise self._nobody({})

    def check(self, resource: str) -> None:
        """:raises InputError: when there is no way to try for this resource."""
        if not self.can(resource):
            raise self._nobody({})

    def can(self, resource: str) -> bool:
        """Whether there is a way to try for this resource."""
        return any(isinstance(way, Way) and way.serves(resource) for way in self._ways)

    def way(self, resource: str) -> Way:
        """The way that has been chosen for a resource; tried now unless it was before."""
        if resource not in self._chosen:
            self.mint(resource)
        return self._chosen[resource]

    def token(
        self, resource: str, *, clock: Clock, header: str = "Authorization", like: str = ""
    ) -> RefreshingToken:
        """The token for one resource, minted when it is needed and again before it expires.

        :param like: another resource, whose way is taken for this one too.
        :raises ModelyardError: at the first request; see :meth:`mint`.
        """
        return RefreshingToken(
            lambda: self.mint(resource, like=like),
            clock=clock,
            name=header,
            renewable=lambda: self.way(like or resource).renewable,
        )

    def mint(self, resource: str, *, like: str = "") -> Token:
        """A new token.

        :raises Unauthenticated: when every way was refused, with a table of all of them.
        :raises Unreachable: when no way was answered.
        :raises InputError: when what is given for each can't be used, and nothing was sent.
        :raises TenantNotAllowed: when the token isn't of an allowed tenant.
        """
        with self._lock:
            if like:
                return self._checked(self.way(like), resource)
            if resource in self._chosen:
                return self._checked(self._chosen[resource], resource)
            refused: dict[str, ModelyardError] = {}
            for way in self._ways:
                if isinstance(way, NotTried) or not way.serves(resource):
                    continue
                try:
                    token = self._checked(way, resource)
                except TenantNotAllowed:
                    raise  # the wrong account: no other is looked for
                except ModelyardError as error:
                    refused[way.name] = error
                    continue
                known = way in self._chosen.values()
                self._chosen[resource] = way
                if not known:
                    self._tell(way)
                return token
            raise self._nobody(refused)

    def _checked(self, way: Way, resource: str) -> Token:
        token = way.mint(resource)
        if self._allowed and way.of_entra:
            tenant = tenant_of(token.value)
            if tenant not in self._allowed:
                raise TenantNotAllowed(
                    f"{way.who} signs in ({way.name}) to the tenant {tenant or '(unknown)'}, which "
                    f"isn't among the allowed tenants: {', '.join(self._allowed)}",
                    fix="sign in to the right tenant, or add this one to allowed-tenants",
                )
        return token

    def _nobody(self, refused: Mapping[str, ModelyardError]) -> ModelyardError:
        first = next(iter(refused.values()), None)
        if len(self._ways) == 1:
            return first or self._only(self._ways[0])
        rows = [self._row(way, refused) for way in self._ways]
        width = max(len(name) for name, _ in rows)
        tried = f"{len(refused)} of {len(rows)} ways to sign in were tried, none works:"
        lines = [
            tried if refused else "no credential is given:",
            *(f"  {name:{width}}  {result}" for name, result in rows),
        ]
        what = "\n".join(lines)
        if first is None:
            fix = next((way.fix for way in self._ways if isinstance(way, NotTried) and way.fix), "")
            return InputError(what, fix=fix or f"give the inputs of one of them: {DOCUMENTATION}")
        told = next((error for error in refused.values() if error.cause), first)
        return _kind(refused.values())(
            what, cause=told.cause, fix=f"{told.fix}; {DOCUMENTATION} compares the ways"
        )

    @staticmethod
    def _only(way: Way | NotTried) -> ModelyardError:
        why = way.why if isinstance(way, NotTried) else "it has no tokens for this service"
        fix = way.fix if isinstance(way, NotTried) else ""
        return InputError(
            f"signing in by {way.name} isn't possible: {why}",
            fix=fix or f"give what it needs, or choose another way: {DOCUMENTATION}",
        )

    @staticmethod
    def _row(way: Way | NotTried, refused: Mapping[str, ModelyardError]) -> tuple[str, str]:
        if isinstance(way, NotTried):
            return way.name, f"not tried: {way.why}"
        if way.name in refused:
            return way.name, "refused: " + " ".join(refused[way.name].what.split())
        return way.name, "not tried: it has no tokens for this service"


def _kind(errors: Collection[ModelyardError]) -> type[ModelyardError]:
    """Unauthenticated is only what somebody refused."""
    for kind in (Unreachable, InputError):
        if all(isinstance(error, kind) for error in errors):
            return kind
    return Unauthenticated


def tenant_of(token: str) -> str:
    """The tenant that a token of Microsoft Entra says it is of, in small letters; empty if none."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims["tid"]).lower()
    except (IndexError, ValueError, KeyError, TypeError):
        return ""


def _tenant(text: str) -> str:
    """:raises InputError: for what can't be the id of a tenant."""
    if not is_guid(text):
        raise InputError(
            f"allowed-tenants holds {text!r}, which isn't the id of a tenant",
            fix="give ids, such as 11111111-2222-3333-4444-555555555555; tokens tell no names",
        )
    return text.lower()
