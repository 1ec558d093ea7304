"""What an expression uses: contexts and functions, each where it stands.

Nothing is evaluated here, so there is no tree: it is enough to know, after each token, what may
follow, and which brackets are open. Nothing recurses, however deep a text nests.

Source: docs.github.com, ``actions/reference/workflows-and-actions/expressions``. The limits are
those of the runner's own reader (actions/runner, ``ExpressionConstants``).
"""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.local.runner.expressions.exceptions import ExpressionError
from modelyard.local.workflows.expressions.lexer import Lexeme, Token, tokens
from modelyard.local.workflows.expressions.members import member_at

MAX_LENGTH = 21_000
"""Characters of an expression."""
MAX_DEPTH = 50
"""How deep it nests. Calls and indexes count here; at GitHub operators and members do too."""
_CLOSING = {Token.CLOSE: Token.OPEN, Token.CLOSE_INDEX: Token.OPEN_INDEX}


@dataclass(frozen=True)
class Named:
    """A context."""

    name: str
    offset: int
    member: str = ""
    """The one of it that is named; empty: none is, or an expression says which."""


@dataclass(frozen=True)
class Called:
    """A function."""

    name: str
    offset: int
    count: int
    """Of its arguments."""


Use = Named | Called


@dataclass
class _Open:
    """A bracket that isn't closed yet."""

    lexeme: Lexeme
    call: Lexeme | None = None
    """The function whose arguments it begins."""
    commas: int = 0


def uses(text: str) -> list[Use]:
    """The contexts and functions of an expression, known or not; a function after its arguments.

    :raises ExpressionError: when it isn't an expression.
    """
    if len(text.strip()) > MAX_LENGTH:
        raise ExpressionError(f"an expression has at most {MAX_LENGTH:,} characters", 0)
    return _Reader(tokens(text)).whole()


class _Reader:
    def __init__(self, lexemes: list[Lexeme]) -> None:
        self._lexemes = lexemes
        self._at = 0
        self._open: list[_Open] = []
        self._found: list[Use] = []
        self._has_members = False
        """Whether a dot or a bracket may follow the value before."""

    def whole(self) -> list[Use]:
        is_after_value = False
        while True:
            lexeme = self._take()
            if lexeme.token is Token.END:
                self._end(lexeme, is_after_value)
                return self._found
            is_after_value = (self._after_value if is_after_value else self._value)(lexeme)

    def _take(self) -> Lexeme:
        lexeme = self._lexemes[self._at]
        self._at += 1
        return lexeme

    def _taken(self, token: Token) -> Lexeme | None:
        return self._take() if self._lexemes[self._at].token is token else None

    def _value(self, lexeme: Lexeme) -> bool:
        """One token where a value has to be; whether the value is whole then."""
        token = lexeme.token
        self._has_members = token not in (Token.LITERAL, Token.TEXT)
        if token in (Token.LITERAL, Token.TEXT):
            return True
        if token is Token.NAME:
            return self._name(lexeme)
        if token is Token.NOT:
            return False
        if token is Token.OPEN:
            self._opened(_Open(lexeme))
            return False
        before = self._lexemes[self._at - 2].token if self._at > 1 else None
        if token is Token.STAR and before is Token.OPEN_INDEX:
            return True
        raise _unexpected(lexeme, "where a value has to be")

    def _name(self, lexeme: Lexeme) -> bool:
        bracket = self._taken(Token.OPEN)
        if not bracket:
            member, _ = member_at(self._lexemes, self._at)
            self._found.append(Named(lexeme.text, lexeme.offset, member))
            return True
        self._opened(_Open(bracket, call=lexeme))
        if not self._taken(Token.CLOSE):
            return False
        self._open.pop()
        self._found.append(Called(lexeme.text, lexeme.offset, 0))
        return True

    def _after_value(self, lexeme: Lexeme) -> bool:
        """One token where a value has just ended; whether one ends with this one too."""
        token = lexeme.token
        if token is Token.OPERATOR:
            return False
        if token is Token.DOT and self._has_members:
            if not (self._taken(Token.NAME) or self._taken(Token.STAR)):
                raise ExpressionError("a name or * has to follow the dot", lexeme.offset)
            return True
        if token is Token.OPEN_INDEX and self._has_members:
            self._opened(_Open(lexeme))
            return False
        if token is Token.COMMA and self._open and self._open[-1].call:
            self._open[-1].commas += 1
            return False
        if token in _CLOSING and self._open and self._open[-1].lexeme.token is _CLOSING[token]:
            self._closed(self._open.pop())
            return True
        raise _unexpected(lexeme, "here")

    def _opened(self, bracket: _Open) -> None:
        self._open.append(bracket)
        nests = [one for one in self._open if one.call or one.lexeme.token is Token.OPEN_INDEX]
        if len(nests) >= MAX_DEPTH:
            message = f"the expression is nested deeper than {MAX_DEPTH}"
            raise ExpressionError(message, bracket.lexeme.offset)

    def _closed(self, bracket: _Open) -> None:
        self._has_members = True
        if bracket.call:
            name, offset = bracket.call.text, bracket.call.offset
            self._found.append(Called(name, offset, bracket.commas + 1))

    def _end(self, lexeme: Lexeme, is_after_value: bool) -> None:
        if not is_after_value:
            empty = len(self._lexemes) == 1
            message = "there is no expression" if empty else "a value is missing at the end"
            raise ExpressionError(message, lexeme.offset)
        if self._open:
            bracket = self._open[-1].lexeme
            missing = ")" if bracket.token is Token.OPEN else "]"
            raise ExpressionError(
                f"{bracket.text} isn't closed: {missing} is missing", bracket.offset
            )


def _unexpected(lexeme: Lexeme, where: str) -> ExpressionError:
    return ExpressionError(f"{lexeme.text} can't be {where}", lexeme.offset)
