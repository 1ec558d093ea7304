"""What a request carried, as digests: enough to see that two requests ask for the same.

Values may be secrets, also short ones that a plain digest would give away to whoever tries them
all. So each is an HMAC-SHA256 with a key that its owner keeps in memory: only who has the key can
compare, and clouds with one key have comparable logs. Names of fields stay readable.

Tokens that the cloud gives out are long and random: nobody can try them all, and a plain digest is
what is kept of them.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import parse_qs

from werkzeug.formparser import FormDataParser
from werkzeug.wrappers import Request

from modelyard.local.cloud.bodies import drain

LARGEST_PARSED = 1 << 20
"""Bytes. A larger body has one digest, not one for each of its fields."""
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
WHOLE = ""
"""The name of a body that has no fields."""


def digest(token: str) -> str:
    """SHA-256 of a token that the cloud gave out."""
    return hashlib.sha256(token.encode()).hexdigest()


class Watched(io.RawIOBase):
    """A request's body that is remembered as it is read."""

    def __init__(self, request: Request, key: bytes) -> None:
        self._source: BinaryIO = request.environ["wsgi.input"]
        self._key = key
        self._whole = hmac.new(key, digestmod=hashlib.sha256)
        self._start = b""
        self._query = request.query_string.decode("latin-1")
        self._mimetype, self._parameters = request.mimetype, dict(request.mimetype_params)
        self._reader = io.BufferedReader(self, 65536)
        request.environ["wsgi.input"] = self._reader

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._source.read(len(buffer))
        buffer[: len(data)] = data
        self._whole.update(data)
        if len(self._start) <= LARGEST_PARSED:
            self._start += data
        return len(data)

    def fields(self) -> dict[str, str]:
        """A digest for every field of the query (``?name``) and of the body (``a.b[0]``), by name.

        Reads what is left of the body first.
        """
        drain(self._reader)
        query = parse_qs(self._query, keep_blank_values=True)
        found = dict(_flat("?", query)) if query else {}
        if len(self._start) > LARGEST_PARSED:
            return {**self._digests(found), WHOLE: self._whole.hexdigest()}
        if self._start:
            found |= self._body()
        return self._digests(found)

    def _body(self) -> dict[str, bytes]:
        data = self._start
        try:
            if self._mimetype in FORMS:
                return dict(_flat("", _form(data, self._mimetype, self._parameters)))
            return dict(_flat("", json.loads(data)))
        except (ValueError, RecursionError):
            return {WHOLE: data}

    def _digests(self, fields: dict[str, bytes]) -> dict[str, str]:
        return {
            name: hmac.new(
                self._key, name.encode(errors="surrogatepass") + b"\0" + value, hashlib.sha256
            ).hexdigest()
            for name, value in sorted(fields.items())
        }


def _form(data: bytes, mimetype: str, parameters: dict[str, str]) -> dict[str, Any]:
    """Fields and files by name; what parts them is another one in every request."""
    _, form, files = FormDataParser(silent=False).parse(
        io.BytesIO(data), mimetype, len(data), parameters
    )
    found: dict[str, Any] = {name: form.getlist(name) for name in form}
    for name in files:
        found[name] = [one.stream.read() for one in files.getlist(name)]
        for one in files.getlist(name):
            one.close()
    return found


def _flat(name: str, value: Any) -> Iterator[tuple[str, bytes]]:
    """The values of a structure, each by its path; an empty list or mapping is one too."""
    if isinstance(value, dict) and value:
        for key, one in value.items():
            yield from _flat(f"{name}.{key}" if name.strip("?") else f"{name}{key}", one)
    elif isinstance(value, list) and value:
        for index, one in enumerate(value):
            yield from _flat(f"{name}[{index}]", one)
    else:
        yield name, value if isinstance(value, bytes) else json.dumps(value).encode()
