"""What becomes of a secret's value: one value, or one for each thing that its JSON holds."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelyard.azure.key_vault.values import check_text
from modelyard.errors import InputError
from modelyard.masking import SHORTEST
from modelyard.operations.vaults import steering
from modelyard.operations.vaults.fetching import Fetched
from modelyard.operations.vaults.wanted import variable

_PFX = "application/x-pkcs12"
"""The content type that Key Vault gives to the secret behind a certificate: base64 of a PFX."""


@dataclass(frozen=True)
class Value:
    """One value under its name in the job."""

    name: str
    text: str = field(repr=False)
    secret: str
    """``VAULT/NAME``."""
    base64: bool = False
    key: str = ""
    """Where it stands in the secret's JSON: ``"users".0``; empty for the whole secret."""

    @property
    def source(self) -> str:
        """How messages call what it is of."""
        return f"{self.secret} ({self.name})" if self.key else self.secret

    def content(self) -> bytes:
        """What a file of it holds.

        :raises InputError: when it isn't the base64 that it is said to be.
        """
        if not self.base64:
            return self.text.encode()
        try:
            return base64.b64decode("".join(self.text.split()), validate=True)
        except (binascii.Error, ValueError):
            raise InputError(
                f"the value of {self.source} isn't base64", fix="leave encoding: base64 out"
            ) from None


def values(fetched: Sequence[Fetched], *, prefix: str, flatten: bool) -> list[Value]:
    """The values that the job gets.

    :raises InputError: one for every name that can't be used, or that two values have.
    """
    found: dict[str, Value] = {}
    problems: dict[str, InputError] = {}
    for one in fetched:
        try:
            for value in _of(one, prefix, flatten):
                chosen = value.name == one.wanted.name
                steering.check(value.name, value.source, chosen=chosen)
                other = found.setdefault(value.name.upper(), value)
                if other is not value:
                    raise _clash(other, value)
        except InputError as error:
            problems[error.what] = error
    if problems:
        raise InputError("\n".join(problems), fix=next(iter(problems.values())).fix)
    return list(found.values())


def _clash(one: Value, other: Value) -> InputError:
    if one.secret == other.secret and one.key and other.key:
        return InputError(
            f"{one.name} would be both {one.key} and {other.key} of the JSON of {one.secret}",
            fix="rename one of the keys in the secret, or set json to keep for it",
        )
    return InputError(
        f"{other.name} would be both {one.source} and {other.source}",
        fix="give one of them another name in secrets",
    )


def texts(fetched: Fetched) -> Iterator[str]:
    """What to mask of a secret beside the whole: the texts that its JSON holds.

    No numbers, booleans and the like: they would black out every ``true`` and ``5432`` of the log.
    """
    leaves = (leaf for *_, leaf in _leaves(_parsed(fetched.secret.value), ""))
    yield from (one for one in leaves if isinstance(one, str) and len(one.strip()) >= SHORTEST)


def _of(one: Fetched, prefix: str, flatten: bool) -> Iterator[Value]:
    text, source = one.secret.value, one.wanted.source
    name = one.wanted.name or variable(source.name, prefix)
    wanted = flatten if one.wanted.flatten is None else one.wanted.flatten
    parsed = _parsed(text) if wanted else None
    if wanted and parsed is None and one.wanted.flatten:
        raise InputError(f"the secret {source} is no JSON object or list, and can't be flattened")
    if parsed is None:
        is_pfx = one.secret.attributes.content_type.lower() == _PFX
        yield Value(name, text, str(source), one.wanted.base64 or is_pfx)
        return
    found = [
        Value(made, leaf if isinstance(leaf, str) else json.dumps(leaf), str(source), key=key)
        for made, key, leaf in _leaves(parsed, name)
        if leaf is not None and leaf != ""
    ]
    if not found:
        raise InputError(
            f"the secret {source} is JSON that holds no value, and flattening makes nothing of it",
            fix="store a value in it, or set json to keep for it",
        )
    for value in found:
        check_text(value.text, value.source)
        yield value


def _parsed(text: str) -> Any:
    """The JSON object or list that a text is; None for any other text."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _leaves(value: Any, name: str) -> Iterator[tuple[str, str, Any]]:
    """Name, key and thing of each that a JSON value holds and that holds nothing itself: ``DB``
    with ``{"user": "x"}``: ``DB_USER``, ``"user"`` and ``x``.

    Without recursion: JSON can be read that is nested deeper than calls can be.
    """
    open_ = [(name, "", value)]
    while open_:
        name, at, value = open_.pop()
        before = f"{at}." if at else ""
        if isinstance(value, dict):
            inner = [
                (
                    f"{name}_{re.sub('[^A-Za-z0-9]', '_', key).upper()}",
                    before + json.dumps(key),
                    one,
                )
                for key, one in value.items()
            ]
        elif isinstance(value, list):
            inner = [(f"{name}_{n}", f"{before}{n}", one) for n, one in enumerate(value)]
        else:
            yield name, at, value
            continue
        open_ += reversed(inner)
