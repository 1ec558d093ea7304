"""Identities that are there already: of the machine, of its ``az``, of the person before it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any

from modelyard.azure.identity.clouds import PUBLIC, AzureCloud
from modelyard.azure.identity.principal import Principal, at

AZ_SECONDS = 60
"""How long ``az`` may take for a token; azure-identity's own ten seconds break busy agents."""
DEVICE_CODE_SECONDS = 600


def managed_identity(client_id: str | None = None) -> Principal:
    """The identity that Azure gives this machine.

    :param client_id: which, where it has several; else the one that the machine itself is.
    """

    def source() -> Any:
        from azure.identity import ManagedIdentityCredential

        return ManagedIdentityCredential(client_id=client_id)

    return Principal(
        f"the managed identity {client_id}" if client_id else "this machine's managed identity",
        source,
        secrets=(),
        cause="the machine has no managed identity, or not this one",
        fix="give the machine an identity (Settings, Identity, in the portal), and with several "
        "of them name one by azure-client-id",
    )


def azure_cli(tenant_id: str | None = None) -> Principal:
    """Whoever is signed in to ``az``, in the folder that AZURE_CONFIG_DIR names."""

    def source() -> Any:
        from azure.identity import AzureCliCredential

        return AzureCliCredential(tenant_id=tenant_id or "", process_timeout=AZ_SECONDS)

    return Principal(
        "the sign-in of az",
        source,
        secrets=(),
        cause="nobody is signed in to az, or that sign-in has ended",
        fix="run az login, in this same step where the step is a script",
    )


def device_code(
    show: Callable[[str], None], tenant_id: str | None = None, cloud: AzureCloud = PUBLIC
) -> Principal:
    """The person at the terminal, who signs in with a browser. Kept for this one command.

    :param show: shows the address to open and the code to type there.
    """

    def prompt(address: str, code: str, _expires: object) -> None:
        show(f"to sign in, open {address} and enter the code {code}")

    @functools.cache
    def signed_in() -> Any:
        from azure.identity import DeviceCodeCredential

        more: dict[str, Any] = {"tenant_id": tenant_id} if tenant_id else {}
        return DeviceCodeCredential(
            prompt_callback=prompt, timeout=DEVICE_CODE_SECONDS, **more, **at(cloud)
        )

    return Principal(
        "the person at this terminal",
        # The same one for each token: a person who has signed in isn't asked again for another
        # resource, nor for a new token. What it knows is in this process's memory alone.
        lambda: contextlib.nullcontext(signed_in()),
        secrets=(),
        cause="nobody entered the code in time, or the tenant forbids signing in by a code",
        fix="try again, or sign in with az login",
    )
