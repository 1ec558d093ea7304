"""Masking the secrets that were read, and saying of which the CI system masks only a part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modelyard.context import Context
from modelyard.masking import SHORTEST, too_short
from modelyard.operations.vaults.fetching import Fetched
from modelyard.operations.vaults.values import texts


def mask(fetched: Sequence[Fetched], context: Context) -> None:
    """Each secret, and each text that one that is JSON holds; before anything says a word of it."""
    for one in fetched:
        context.ci.mask(one.secret.value)
        for text in texts(one):
            context.ci.mask(text)
    short = (str(one.wanted.source) for one in fetched if too_short(one.secret.value))
    warn_of_short(short, context)


def warn_of_short(names: Iterable[str], context: Context) -> None:
    """Of secrets with lines that are too short to be masked; says nothing where there is none."""
    if short := ", ".join(names):
        context.log.warning("%s: lines of under %d characters aren't masked", short, SHORTEST)
