"""Reading the secrets of a key vault, with azure-keyvault-secrets.

The package knows how a vault is spoken to: the challenge that names the tenant and the resource of
a token (also in sovereign clouds), the pages, the versions of the API. Ours are who signs in, the
clock that its pauses go by, and what its errors mean.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from modelyard.azure.identity.clouds import PUBLIC, AzureCloud
from modelyard.azure.key_vault.errors import translated
from modelyard.azure.key_vault.names import Reference, address
from modelyard.clock import Clock
from modelyard.credentials import Credential

if TYPE_CHECKING:
    # Only who reads a vault waits for the import.
    from azure.core.credentials import AccessToken
    from azure.keyvault.secrets import SecretClient, SecretProperties

SignIn = Callable[[str], Credential]
"""Gives the credential for a resource, ``https://vault.azure.net``."""
_RETRIES = {
    "retry_total": 6,
    "retry_status": 6,
    "retry_connect": 2,
    "retry_backoff_factor": 0.5,
    "retry_backoff_max": 30,
}
_TIMEOUTS = {"connection_timeout": 10, "read_timeout": 60}


@dataclass(frozen=True)
class Attributes:
    """What a vault says of a secret beside its value. Times in seconds since the epoch."""

    name: str
    enabled: bool = True
    begins: float | None = None
    expires: float | None = None
    content_type: str = ""

    def unusable(self, now: float) -> str:
        """Why it ought not to be used now; empty when it may. A vault itself refuses only what is
        disabled."""
        if not self.enabled:
            return "disabled"
        if self.expires is not None and self.expires <= now:
            return "expired"
        return "not valid yet" if self.begins is not None and self.begins > now else ""


@dataclass(frozen=True)
class Secret:
    """One version of a secret."""

    attributes: Attributes
    value: str = field(repr=False)


class Vaults:
    """Key vaults that one identity reads. Use it as a context manager, also from several threads.

    A vault is named by its host name or address, or by its name, where it is in the cloud.
    """

    def __init__(self, sign_in: SignIn, *, clock: Clock, cloud: AzureCloud = PUBLIC) -> None:
        self.clock = clock
        self._cloud = cloud
        self._signer = _Signer(sign_in)
        # A client forgets its token when it is challenged, also in the middle of another thread's
        # request: each thread has its own.
        self._own = threading.local()
        self._clients: list[SecretClient] = []
        self._lock = threading.Lock()

    def read(self, wanted: Reference) -> Secret:
        """A secret's value.

        :raises NotFound, PermissionDenied, ServiceError, Unreachable, NotTheService:
        """
        with self._translating(f"reading {wanted}", wanted.vault, wanted.name):
            client = self._client(wanted.vault)
            found = client.get_secret(wanted.name, wanted.version or None)
        return Secret(_attributes(found.properties), found.value or "")

    def list(self, vault: str) -> tuple[Attributes, ...]:
        """What is in a vault, by name; the values are read one by one.

        :raises PermissionDenied, ServiceError, Unreachable, NotTheService:
        """
        with self._translating(f"listing the secrets of {vault}", vault):
            client = self._client(vault)
            found = [_attributes(one) for one in client.list_properties_of_secrets()]
        return tuple(sorted(found, key=lambda one: one.name.lower()))

    def __enter__(self) -> Vaults:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for client in self._clients:
            client.close()

    def _client(self, vault: str) -> SecretClient:
        clients: dict[str, SecretClient] = self._own.__dict__
        place = address(vault, self._cloud)
        if place not in clients:
            clients[place] = self._new_client(place)
            with self._lock:
                self._clients.append(clients[place])
        return clients[place]

    def _new_client(self, place: str) -> SecretClient:
        from azure.core.pipeline.transport import RequestsTransport
        from azure.keyvault.secrets import SecretClient

        transport = RequestsTransport(**_TIMEOUTS)
        # By our clock its pauses end when the work is stopped.
        transport.sleep = lambda seconds: self.clock.sleep(seconds)
        return SecretClient(place, self._signer, transport=transport, **_RETRIES)

    @contextmanager
    def _translating(self, what: str, vault: str, secret: str = "") -> Iterator[None]:
        from azure.core.exceptions import AzureError

        try:
            yield
        except (AzureError, ValueError) as error:  # ValueError: a challenge for another resource
            host = str(urlsplit(address(vault, self._cloud)).hostname)
            raise translated(error, what, host, secret) from None


class _Signer:
    """A credential of ours as the client wants it (``azure.core.credentials.TokenCredential``)."""

    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in
        self._credentials: dict[str, Credential] = {}
        self._lock = threading.Lock()

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        """The token for a resource.

        It is said to be over already: so the client asks each time, and ours, which mints a new
        one when it is needed, decides.
        """
        from azure.core.credentials import AccessToken

        resource = scopes[0].removesuffix("/.default")
        with self._lock:
            if resource not in self._credentials:
                self._credentials[resource] = self._sign_in(resource)
            headers = self._credentials[resource].headers()
        return AccessToken(headers["Authorization"].removeprefix("Bearer "), 0)


def _attributes(found: SecretProperties) -> Attributes:
    return Attributes(
        str(found.name),
        bool(found.enabled),
        found.not_before.timestamp() if found.not_before else None,
        found.expires_on.timestamp() if found.expires_on else None,
        found.content_type or "",
    )
