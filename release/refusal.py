"""The one error of these programs: something isn't as a release needs it."""

from __future__ import annotations


class Refused(Exception):
    """What is wrong, and where it helps what to do about it.

    :param fix: half a sentence, imperative; a command where there is one.
    """

    def __init__(self, what: str, *, fix: str = "") -> None:
        super().__init__(f"{what}\n  to do: {fix}" if fix else what)
