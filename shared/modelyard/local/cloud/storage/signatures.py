"""Who may do what with blobs: account keys (Shared Key), shared access signatures, Entra tokens.

Source: Azure Storage REST reference, "Authorize with Shared Key", "Create a service SAS".
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import unquote, urlencode, urlsplit

from werkzeug.wrappers import Request

from modelyard.local.cloud.environ import RAW_HEADERS
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.storage import exceptions
from modelyard.local.cloud.times import stamp
from modelyard.local.cloud.tokens import TokenError, Tokens

AUDIENCES = ("https://storage.azure.com",)
VERSION = "2022-11-02"
"""Version of the signatures that are made here; those from FIRST on are understood."""
FIRST = "2020-12-06"
_HEADERS = (
    *("Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type"),
    *("Date", "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range"),
)
_SIGNED = (
    *("sp", "st", "se", "", "si", "sip", "spr", "sv", "sr", "snapshot"),
    *("ses", "rscc", "rscd", "rsce", "rscl", "rsct"),
)
"""Parts of what a service SAS signs, in their order; the empty one is the resource."""
Keys = Callable[[str], Sequence[str]]
"""Account name -> its keys, base64."""


class Access:
    """Checks requests to one cloud's accounts."""

    def __init__(self, cloud: Cloud, keys: Keys) -> None:
        self._clock = cloud.clock
        self._tokens = Tokens(cloud)
        self._keys = keys

    def check(self, request: Request, account: str, place: str, permissions: str) -> None:
        """``place`` is the container, or container and blob; one of ``permissions`` is enough.

        Raises StorageError.
        """
        authorization = request.headers.get("Authorization", "")
        if authorization.startswith("SharedKey "):
            self._check_shared_key(request, account, authorization)
        elif authorization.startswith("Bearer "):
            try:
                self._tokens.require(request, AUDIENCES)
            except TokenError as error:
                raise exceptions.unauthenticated(str(error)) from error
        elif "sig" in request.args:
            self._check_sas(request.args, account, place, permissions)
        else:
            raise exceptions.no_credential()

    def _check_shared_key(self, request: Request, account: str, authorization: str) -> None:
        name, _, given = authorization.removeprefix("SharedKey ").partition(":")
        text = _to_sign(request, account)
        if name != account or not any(_fits(given, key, text) for key in self._keys(account)):
            raise exceptions.unauthenticated("The MAC signature is not the one of these headers.")

    def _check_sas(
        self, given: Mapping[str, str], account: str, place: str, permissions: str
    ) -> None:
        if given.get("sv", "") < FIRST or given.get("sr") not in ("b", "c"):
            raise exceptions.unauthenticated("This kind of signature is not emulated.")
        where = place if given["sr"] == "b" else place.partition("/")[0]
        text = _sas_text(given, account, where)
        if not any(_fits(given["sig"], key, text) for key in self._keys(account)):
            raise exceptions.unauthenticated("Signature did not match.")
        now = self._clock.time()
        if _moment(given.get("st"), 0.0) > now or _moment(given.get("se"), 0.0) < now:
            raise exceptions.unauthenticated("Signature not valid in the specified time frame.")
        if not set(permissions) & set(given.get("sp", "")):
            raise exceptions.not_allowed()


def container_sas(key: str, account: str, container: str, permissions: str, until: float) -> str:
    """A query string that gives these permissions in a container until a moment (seconds)."""
    return _sas(key, account, container, permissions, until, "c")


def blob_sas(key: str, account: str, place: str, permissions: str, until: float) -> str:
    """The same for one blob; ``place`` is ``container/name``."""
    return _sas(key, account, place, permissions, until, "b")


def _sas(key: str, account: str, where: str, permissions: str, until: float, kind: str) -> str:
    given = {
        "sv": VERSION,
        "sr": kind,
        "spr": "https",
        "sp": permissions,
        "se": stamp(until, "seconds"),
    }
    given["sig"] = _sign(key, _sas_text(given, account, where))
    return urlencode(given)


def _sas_text(given: Mapping[str, str], account: str, where: str) -> str:
    parts = [given.get(name, "") if name else f"/blob/{account}/{where}" for name in _SIGNED]
    return "\n".join(parts)


def _to_sign(request: Request, account: str) -> str:
    headers = {name: request.headers.get(name, "") for name in _HEADERS}
    if headers["Content-Length"] == "0":
        headers["Content-Length"] = ""
    if "x-ms-date" in request.headers:
        headers["Date"] = ""
    own = sorted(
        (name.lower(), " ".join(value.split()))
        for name, value in request.environ[RAW_HEADERS]
        if name.lower().startswith("x-ms-")
    )
    raw = urlsplit(str(request.environ["RAW_URI"]))
    query: dict[str, list[str]] = {}
    for pair in filter(None, raw.query.split("&")):
        name, _, value = pair.partition("=")
        query.setdefault(unquote(name).lower(), []).append(unquote(value))
    resource = f"/{account}{raw.path}" + "".join(
        f"\n{name}:{','.join(sorted(values))}" for name, values in sorted(query.items())
    )
    lines = [request.method, *(headers[name] for name in _HEADERS)]
    return "\n".join(lines) + "\n" + "".join(f"{n}:{v}\n" for n, v in own) + resource


def _sign(key: str, text: str) -> str:
    made = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256)
    return base64.b64encode(made.digest()).decode()


def _fits(given: str, key: str, text: str) -> bool:
    return hmac.compare_digest(given.encode(), _sign(key, text).encode())


def _moment(text: str | None, default: float) -> float:
    if not text:
        return default
    try:
        moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise exceptions.unauthenticated(f"{text} is not a moment.") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return moment.timestamp()
