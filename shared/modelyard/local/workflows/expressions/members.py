"""The member of a context that an expression names: ``secrets.TOKEN``, ``secrets['TOKEN']``."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.local.workflows.expressions.lexer import Lexeme, Token
from modelyard.local.workflows.expressions.values import literal


def member_at(lexemes: Sequence[Lexeme], at: int) -> tuple[str, int]:
    """The name, and how many tokens it takes; none and 0 where it isn't so simple.

    :param at: of the token behind the context.
    """
    following = lexemes[at : at + 3]
    kinds = [one.token for one in following]
    if kinds[:2] == [Token.DOT, Token.NAME]:
        return following[1].text, 2
    if kinds == [Token.OPEN_INDEX, Token.TEXT, Token.CLOSE_INDEX]:
        return str(literal(following[1].text)), 3
    return "", 0
