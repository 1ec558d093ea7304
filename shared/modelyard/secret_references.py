"""A value that is no secret but says where one is: ``keyvault://VAULT/NAME``."""

from __future__ import annotations

SCHEME = "keyvault://"


def is_reference(text: str) -> bool:
    """Whether a value is such a reference, and no secret itself."""
    return text.strip().lower().startswith(SCHEME)


def place(text: str) -> str:
    """What follows the scheme, where there is one: ``VAULT/NAME``."""
    return text.strip()[len(SCHEME) :] if is_reference(text) else text.strip()
