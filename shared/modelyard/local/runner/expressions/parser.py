"""Tokens as a tree.

There are no operators and no grouping: an expression is a literal, a named value or a call, with
members of it. Calls nest 50 deep at most, as in the service.

Source: learn.microsoft.com, ``pipelines/process/expressions``.
"""

from __future__ import annotations

from modelyard.local.runner.expressions.exceptions import ExpressionError
from modelyard.local.runner.expressions.functions import BUILT_IN
from modelyard.local.runner.expressions.lexer import Lexeme, Token, tokens
from modelyard.local.runner.expressions.syntax import (
    Access,
    Call,
    Context,
    Literal,
    Node,
    Wildcard,
)

MAX_DEPTH = 50
"""How deep arguments and indexes nest; the outermost is 1, members in a row count nothing."""


def tree(text: str) -> Node:
    """The tree of an expression.

    :raises ExpressionError: when it isn't one, or a function of the language has too few or too
        many arguments. What other names mean isn't known here.
    """
    return _Parser(tokens(text)).whole()


class _Parser:
    def __init__(self, lexemes: list[Lexeme]) -> None:
        self._lexemes = lexemes
        self._at = 0

    def whole(self) -> Node:
        node = self._value(1)
        if not self._at_end():
            raise self._unexpected("after the end of the expression")
        return node

    @property
    def _next(self) -> Lexeme:
        return self._lexemes[self._at]

    def _at_end(self) -> bool:
        return self._next.token is Token.END

    def _take(self, token: Token) -> Lexeme | None:
        lexeme = self._next
        if lexeme.token is not token:
            return None
        self._at += 1
        return lexeme

    def _value(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            message = f"the expression is nested deeper than {MAX_DEPTH}"
            raise ExpressionError(message, self._next.offset)
        if literal := self._take(Token.LITERAL):
            return Literal(literal.value, literal.offset)
        name = self._take(Token.NAME)
        if not name:
            raise self._unexpected("where a value has to be")
        if self._next.token is not Token.OPEN and name.text.lower() == "null":
            message = "null can't be written: compare with '' or use coalesce"
            raise ExpressionError(message, name.offset)
        root = self._call(name, depth) or Context(name.text, name.offset)
        members = self._members(depth)
        return Access(root, members, name.offset) if members else root

    def _call(self, name: Lexeme, depth: int) -> Call | None:
        if not self._take(Token.OPEN):
            return None
        arguments: list[Node] = []
        known = BUILT_IN.get(name.text.lower())
        while not (not arguments and self._next.token is Token.CLOSE):
            if self._at_end():
                raise self._unclosed(name)
            arguments.append(self._value(depth + 1))
            comma = self._take(Token.COMMA)
            if not comma:
                break
            if known and known.most is not None and len(arguments) == known.most:
                message = f"{known.takes()}, not more"
                raise ExpressionError(message, comma.offset)
        close = self._take(Token.CLOSE)
        if not close:
            if self._at_end():
                raise self._unclosed(name)
            raise self._unexpected(f"among the arguments of {name.text}")
        if known:
            known.check(len(arguments), close.offset)
        return Call(name.text, tuple(arguments), name.offset)

    def _members(self, depth: int) -> tuple[Node | Wildcard, ...]:
        members: list[Node | Wildcard] = []
        while True:
            if dot := self._take(Token.DOT):
                members.append(self._property(dot))
            elif bracket := self._take(Token.OPEN_INDEX):
                members.append(self._index(bracket, depth))
            else:
                return tuple(members)

    def _property(self, dot: Lexeme) -> Node | Wildcard:
        if star := self._take(Token.WILDCARD):
            return Wildcard(star.offset)
        if name := self._take(Token.NAME):
            return Literal(name.text, name.offset)
        raise ExpressionError("the name of a property has to follow the dot", dot.offset)

    def _index(self, bracket: Lexeme, depth: int) -> Node | Wildcard:
        star = self._take(Token.WILDCARD)
        index = Wildcard(star.offset) if star else self._value(depth + 1)
        if not self._take(Token.CLOSE_INDEX):
            if self._at_end():
                raise ExpressionError("the bracket isn't closed: ] is missing", bracket.offset)
            raise self._unexpected("in the brackets of an index")
        return index

    def _unclosed(self, name: Lexeme) -> ExpressionError:
        return ExpressionError(f"{name.text}( isn't closed: ) is missing", name.offset)

    def _unexpected(self, where: str) -> ExpressionError:
        lexeme = self._next
        if lexeme.token is Token.END:
            empty = "there is no expression"
            return ExpressionError(empty if self._at == 0 else "a value is missing", lexeme.offset)
        return ExpressionError(f"unexpected {lexeme.text} {where}", lexeme.offset)
