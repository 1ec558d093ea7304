"""Names of endpoints, as they stand in the paths of requests."""

from __future__ import annotations

import re

from modelyard.errors import InputError

_NAME = re.compile(r"[a-z]([a-z0-9-]{1,30}[a-z0-9])")


def check_endpoint(name: str, *, any_case: bool = False) -> None:
    """:param any_case: also what others have made; model-deploy gives lower-case names alone.

    :raises InputError: when it can't be the name of an endpoint.
    """
    if not _NAME.fullmatch(name.lower() if any_case else name):
        letters = "letters" if any_case else "lower-case letters"
        raise InputError(
            f"endpoint is {name!r}",
            fix=f"use 3 to 32 {letters}, digits and hyphens, a letter first",
        )
