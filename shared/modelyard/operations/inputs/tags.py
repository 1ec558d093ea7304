"""Tags, as an input gives them."""

from __future__ import annotations

from typing import Any

from modelyard.context import Context
from modelyard.operations.inputs.mappings import mapping_of

BUILD, COMMIT = "build", "commit"
"""Tags of what this build made."""


def tags_of(value: Any) -> dict[str, str]:
    """:raises InputError: when it isn't a mapping of texts."""
    return mapping_of("tags", value, example="team: wine")


def job_tags(value: Any, context: Context) -> dict[str, str]:
    """Those of a job that this build starts: the user's, and which build and commit it is of.

    The user's own count where they have these names.

    :raises InputError: as :func:`tags_of`.
    """
    identity = context.ci.identity()
    own = {BUILD: identity.build, COMMIT: identity.commit}
    return {**{name: text for name, text in own.items() if text}, **tags_of(value)}
