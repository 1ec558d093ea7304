"""What went wrong on the way to a service, before there was an answer to read."""

from __future__ import annotations

import datetime
import email.utils
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

import requests
from urllib3 import exceptions as urllib3

from modelyard.clock import Clock

_HOPELESS = (
    requests.exceptions.SSLError,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidJSONError,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.TooManyRedirects,
)
_BROKEN_TLS = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""A connection that broke while a body was being sent: an SSLError that has nothing to do with
certificates."""
_NAMES_OF_HOPELESS = ("NameResolutionError", "LocationParseError")
_TUNNEL = ("Tunnel connection failed: 403", "Tunnel connection failed: 407")
_PORTS = {"http": 80, "https": 443}


def never_sent(error: requests.RequestException) -> bool:
    """Whether the service can't have got the request: there was no connection to send it on."""
    return isinstance(error, requests.ConnectTimeout) or any(
        isinstance(one, (urllib3.NewConnectionError, urllib3.ConnectTimeoutError))
        for one in _chain(error)
    )


def is_hopeless(error: requests.RequestException) -> bool:
    """No repetition mends a name that doesn't exist, a bad certificate or a bad URL."""
    if any(isinstance(one, _BROKEN_TLS) for one in _chain(error)):
        return False
    if isinstance(error, _HOPELESS):
        return True
    return any(
        type(one).__name__ in _NAMES_OF_HOPELESS or str(one).startswith(_TUNNEL)
        for one in _chain(error)
    )


def reason(error: requests.RequestException) -> str:
    """The innermost cause in a few words, without the addresses of objects."""
    innermost = list(_chain(error))[-1]
    text = str(innermost) or type(innermost).__name__
    return text.rsplit(": ", 1)[-1] if "object at 0x" in text else text


def retry_after(headers: Mapping[str, str], clock: Clock) -> float | None:
    """Seconds to wait, from either form of the header (RFC 9110, 10.2.3)."""
    value = headers.get("Retry-After", "").strip()
    with suppress(ValueError):
        return max(0.0, float(value))
    with suppress(ValueError, TypeError):
        moment = email.utils.parsedate_to_datetime(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.timezone.utc)
        return max(0.0, moment.timestamp() - clock.time())
    return None


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: what two addresses share that belong to one server."""
    parts: SplitResult = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it was made from: requests wraps urllib3, which wraps the socket's."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        inner = (getattr(seen, "reason", None), getattr(seen, "original_error", None), *seen.args)
        seen = next((one for one in inner if isinstance(one, BaseException)), None)
