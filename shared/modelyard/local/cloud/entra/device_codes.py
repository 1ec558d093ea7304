"""Signing in a person who has a browser elsewhere.

Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

from __future__ import annotations

import secrets
import string
from typing import Any

from modelyard.local.cloud.digests import digest
from modelyard.local.cloud.entra import exceptions
from modelyard.local.cloud.service import Cloud

COLLECTION = "entra.device_codes"
REFRESHED = "entra.refresh_tokens"
REFRESH = "refresh_token"
GRANTS = (REFRESH, "urn:ietf:params:oauth:grant-type:device_code", "device_code")
ADDRESS = "https://microsoft.com/devicelogin"
LIFETIME_SECONDS = 900
INTERVAL_SECONDS = 5
REFRESH_SECONDS = 90 * 24 * 60 * 60
"""How long a refresh token is good for: each new one counts from its own beginning.

Source: https://learn.microsoft.com/entra/identity-platform/refresh-tokens
"""
_LETTERS = string.ascii_uppercase + string.digits


class DeviceCodes:
    """All state is in the cloud's store, by device code."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def start(self, client_id: str, scope: str) -> dict[str, Any]:
        """What the client is told, and shows to the person."""
        if not client_id:
            raise exceptions.parameter_missing("client_id")
        device = secrets.token_urlsafe(40)
        user = "".join(secrets.choice(_LETTERS) for _ in range(9))
        document = {
            "user_code": user,
            "client_id": client_id,
            "scope": scope,
            "state": "pending",
            "expires": self._cloud.clock.time() + LIFETIME_SECONDS,
        }
        self._cloud.store.put(COLLECTION, device, document)
        return {
            "user_code": user,
            "device_code": device,
            "verification_uri": ADDRESS,
            "expires_in": LIFETIME_SECONDS,
            "interval": INTERVAL_SECONDS,
            "message": "To sign in, use a web browser to open the page "
            f"{ADDRESS} and enter the code {user} to authenticate.",
        }

    def decide(self, user_code: str, state: str) -> bool:
        """The person has entered the code: ``approved`` or ``declined``. False for no such code."""
        for device, document in self._cloud.store.items(COLLECTION):
            if document["user_code"] == user_code:
                self._cloud.store.update(COLLECTION, device, state=state)
                return True
        return False

    def redeem(self, device_code: str, client_id: str) -> str:
        """The scope that was asked for. Raises EntraError until the person has approved, and when
        it was used before."""
        document = self._cloud.store.get(COLLECTION, device_code)
        if document is None or document["client_id"] != client_id:
            raise exceptions.device_code_expired()
        if self._cloud.clock.time() >= document["expires"]:
            raise exceptions.device_code_expired()
        if document["state"] == "pending":
            raise exceptions.device_code_pending()
        self._cloud.store.delete(COLLECTION, device_code)
        if document["state"] == "declined":
            raise exceptions.device_code_declined()
        return str(document["scope"])

    def remember(self, client_id: str) -> str:
        """A refresh token: whoever has signed in gets the next tokens by it, for any resource. The
        store holds its SHA-256 only."""
        value = secrets.token_urlsafe(40)
        expires = self._cloud.clock.time() + REFRESH_SECONDS
        document = {"client_id": client_id, "expires": expires}
        self._cloud.store.put(REFRESHED, digest(value), document)
        return value

    def check_refresh(self, refresh_token: str, client_id: str) -> None:
        """Raises EntraError for a refresh token that isn't this client's, or has ended."""
        found = self._cloud.store.get(REFRESHED, digest(refresh_token))
        if found is None or found["client_id"] != client_id:
            raise exceptions.refresh_token_not_valid()
        # One without an end, of an older state folder, counts as ended.
        if self._cloud.clock.time() >= found.get("expires", 0.0):
            raise exceptions.refresh_token_expired()

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)
        self._cloud.store.clear(REFRESHED)
