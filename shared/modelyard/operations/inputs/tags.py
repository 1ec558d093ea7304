"""Tags, as an input gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.context import Context
from modelyard.errors import InputError

BUILD, COMMIT = "build", "commit"
"""Tags of what this build made."""


def tags_of(value: Any) -> dict[str, str]:
    """:raises InputError: when it isn't a mapping of texts."""
    if value is None:
        return {}
    plain = (str, int, float)
    if not isinstance(value, Mapping) or not all(isinstance(one, plain) for one in value.values()):
        raise InputError("tags isn't a mapping of texts, such as 'team: wine'")
    return {str(name): str(one) for name, one in value.items()}


def job_tags(value: Any, context: Context) -> dict[str, str]:
    """Those of a job that this build starts: the user's, and which build and commit it is of.

    The user's own count where they have these names.

    :raises InputError: as :func:`tags_of`.
    """
    identity = context.ci.identity()
    own = {BUILD: identity.build, COMMIT: identity.commit}
    return {**{name: text for name, text in own.items() if text}, **tags_of(value)}
