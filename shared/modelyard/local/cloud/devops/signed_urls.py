"""Addresses that need no sign-in for a while, because what they are of is signed."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import secrets
from typing import Any
from urllib.parse import quote, urlencode

from werkzeug.wrappers import Request

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

KEYS, ONE = "devops.signing", "key"
SECONDS = 3600
"""How long an address is good for; the service says so in the address."""


class SignedUrls:
    """They are good as long as the state folder and its clock say so."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def signed(self, host: str, path: str, **named: str) -> dict[str, Any]:
        """``{"url", "signatureExpires"}``.

        :param named: the query, which is signed too.
        """
        until = int(self._cloud.clock.time()) + SECONDS
        expires = stamp(until, "seconds")
        query = {
            **named,
            "urlExpires": expires,
            "urlSigningMethod": "HMACV1",
            "urlSignature": self._signature(path, named, expires),
        }
        url = f"https://{host}{quote(path)}?{urlencode(query)}"
        return {"url": url, "signatureExpires": expires}

    def check(self, request: Request) -> None:
        """Raises DevOpsError where the address isn't one of these, or isn't good any more."""
        asked = request.args.to_dict()
        expires, given = asked.pop("urlExpires", ""), asked.pop("urlSignature", "")
        asked.pop("urlSigningMethod", None)
        wanted = self._signature(request.path, asked, expires)
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            raise exceptions.not_signed_in()
        if datetime.datetime.fromisoformat(expires.replace("Z", "+00:00")).timestamp() <= (
            self._cloud.clock.time()
        ):
            raise exceptions.not_signed_in()

    def _signature(self, path: str, named: dict[str, str], expires: str) -> str:
        text = "\n".join((path, *(f"{key}={one}" for key, one in sorted(named.items())), expires))
        return hmac.new(self._key(), text.encode(), hashlib.sha256).hexdigest()

    def _key(self) -> bytes:
        with self._cloud.store.lock:
            found = self._cloud.store.get(KEYS, ONE)
            if found is None:
                found = {"key": secrets.token_hex(32)}
                self._cloud.store.put(KEYS, ONE, found)
            return bytes.fromhex(found["key"])
