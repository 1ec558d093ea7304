"""What can be wrong with an expression."""

from __future__ import annotations


class ExpressionError(Exception):
    """An expression can't be read or has no value; the message says why.

    :ivar message: one sentence, without values: they may be secret.
    :ivar offset: which character of the text it is about, counted from 0; the length of the text
        where something is missing at its end.
    """

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset

    def moved(self, characters: int) -> ExpressionError:
        """The same error in a longer text, in which the expression starts after so many."""
        return ExpressionError(self.message, self.offset + characters)


class BadValue(Exception):
    """A value is not what a function or a conversion needs.

    Functions raise it without knowing where they stand; evaluation makes an
    :class:`ExpressionError` of it.
    """
