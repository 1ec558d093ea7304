"""What a secret's value can't be, if somebody is to use it."""

from __future__ import annotations

import re

from modelyard.azure.key_vault.names import Reference
from modelyard.errors import InputError

_UNFIT = (
    (re.compile("\0"), "a NUL character"),
    (re.compile("[\ud800-\udfff]"), "half of a surrogate pair"),
)


def check_value(source: Reference, text: str) -> None:
    """:raises InputError: for a value that is empty, or that no program could be given."""
    if not text.strip():
        vault = source.key[0]
        raise InputError(
            f"the secret {source} is empty",
            fix="store its value (az keyvault secret set --vault-name "
            f"{vault} --name {source.name} --file PATH), or name another secret",
        )
    check_text(text, str(source))


def check_text(text: str, source: str) -> None:
    """:param source: of the text: a secret, or a part of one.
    :raises InputError:
    """
    for unfit, named in _UNFIT:
        if unfit.search(text):
            raise InputError(
                f"the secret {source} has {named}, which neither a variable nor a text file can "
                "hold",
                fix="store it as base64, or without that character",
            )
