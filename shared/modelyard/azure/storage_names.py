"""Names of storage accounts and of the containers in them.

Source: learn.microsoft.com, "Storage account overview" and "Naming and referencing containers,
blobs, and metadata".
"""

from __future__ import annotations

import re

_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_CONTAINER = re.compile(r"\$(root|web|logs)|(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")


def is_account(text: str) -> bool:
    """Whether an account can have this name."""
    return _ACCOUNT.fullmatch(text) is not None


def is_container(text: str) -> bool:
    """Whether a container can have this name; the service's own have a dollar sign."""
    return _CONTAINER.fullmatch(text) is not None
