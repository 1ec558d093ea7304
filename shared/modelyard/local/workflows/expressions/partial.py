"""An expression with what is known of it filled in.

``inputs.x || vars.Y`` is ``'a'`` where the input ``x`` is known as ``a``, and ``vars.Y`` where it
is empty. What only a run knows stays as it is written.

Source: docs.github.com, ``actions/reference/workflows-and-actions/expressions`` ("Operators").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.local.workflows.expressions.lexer import Lexeme, Token, tokens
from modelyard.local.workflows.expressions.members import member_at
from modelyard.local.workflows.expressions.results import UnknownResult, result_of
from modelyard.local.workflows.expressions.values import compared, is_true, literal, written

INPUTS = "inputs"
UNKNOWN: Any = object()
"""The value of what only a run knows."""
_DEEPEST = 100
"""Brackets and signs within each other; an expression with more stays as it is written."""
_BY_STRENGTH = (("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="))


@dataclass(frozen=True)
class Part:
    """An expression, or a part of one."""

    text: str
    """With what is known filled in."""
    value: Any = UNKNOWN

    @property
    def is_known(self) -> bool:
        return self.value is not UNKNOWN


def evaluated(text: str, inputs: Mapping[str, Any]) -> Part:
    """
    :param text: an expression that has been checked.
    :param inputs: the known ones, by name in lower case; one that isn't there is unknown.
    """
    try:
        return _Evaluation(text, inputs).whole()
    except _TooDeepError:
        return Part(text)


class _TooDeepError(Exception):
    pass


class _Evaluation:
    """Reads and evaluates in one go."""

    def __init__(self, text: str, inputs: Mapping[str, Any]) -> None:
        self._text, self._inputs = text, inputs
        self._lexemes = tokens(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Part:
        return self._binary(0)

    def _next(self) -> Lexeme:
        return self._lexemes[self._at]

    def _take(self) -> Lexeme:
        self._at += 1
        return self._lexemes[self._at - 1]

    def _end(self) -> int:
        """The offset behind what was taken last."""
        last = self._lexemes[self._at - 1]
        return last.offset + len(last.text)

    def _binary(self, strength: int) -> Part:
        """Operators of one strength, from the left."""
        if strength == len(_BY_STRENGTH):
            return self._unary()
        left = self._binary(strength + 1)
        while self._next().token is Token.OPERATOR and self._next().text in _BY_STRENGTH[strength]:
            begin = self._end()
            operator = self._take().text
            right_begin = self._next().offset
            right = self._binary(strength + 1)
            left = _combined(operator, left, right, self._text[begin:right_begin])
        return left

    def _unary(self) -> Part:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _TooDeepError
        found = self._negated() if self._next().token is Token.NOT else self._primary()
        self._depth -= 1
        return found

    def _negated(self) -> Part:
        begin = self._take().offset
        inner_begin = self._next().offset
        inner = self._unary()
        if inner.is_known:
            return _known(not is_true(inner.value))
        return Part(self._text[begin:inner_begin] + inner.text)

    def _primary(self) -> Part:
        lexeme = self._take()
        if lexeme.token in (Token.LITERAL, Token.TEXT):
            return Part(lexeme.text, literal(lexeme.text))
        if lexeme.token is Token.OPEN:
            begin = self._next().offset
            inner = self._binary(0)
            end = self._end()
            closing = self._take()
            around = f"({self._text[lexeme.offset + 1 : begin]}{inner.text}"
            text = f"{around}{self._text[end : closing.offset]})"
            found = _known(inner.value, text) if inner.is_known else Part(text)
        elif self._next().token is Token.OPEN:
            found = self._call(lexeme)
        else:
            found = self._context(lexeme)
        return self._members(found)

    def _call(self, name: Lexeme) -> Part:
        text = self._text[name.offset : self._take().offset + 1]
        parts: list[Part] = []
        while True:
            begin = self._end()
            if self._next().token is not Token.CLOSE:
                text += self._text[begin : self._next().offset]
                parts.append(self._binary(0))
                text += parts[-1].text
                begin = self._end()
            mark = self._take()
            text += self._text[begin : mark.offset + 1]
            if mark.token is Token.CLOSE:
                break
        if all(one.is_known for one in parts):
            try:
                return _known(result_of(name.text, [one.value for one in parts]), text)
            except UnknownResult:
                pass  # it stays as it is written
        return Part(text)

    def _context(self, name: Lexeme) -> Part:
        """``inputs.x`` where that is known, any other context as it is written."""
        if name.text.lower() == INPUTS:
            member, count = member_at(self._lexemes, self._at)
            self._at += count
            if member.lower() in self._inputs:
                value = self._inputs[member.lower()]
                return _known(value, self._text[name.offset : self._end()])
        return Part(self._text[name.offset : self._end()])

    def _members(self, found: Part) -> Part:
        while self._next().token in (Token.DOT, Token.OPEN_INDEX):
            begin = self._end()
            if self._take().token is Token.DOT:
                key = self._take()
                text = found.text + self._text[begin : self._end()]
                index = UNKNOWN if key.token is Token.STAR else key.text
            else:
                text, index = self._index(found.text, begin)
            if found.is_known and index is not UNKNOWN:
                found = _known(_member(found.value, index), text)
            else:
                found = Part(text)
        return found

    def _index(self, before: str, begin: int) -> tuple[str, Any]:
        inner_begin = self._next().offset
        if self._next().token is Token.STAR:
            self._take()
            inner = Part("*")
        else:
            inner = self._binary(0)
        end = self._end()
        closing = self._take().offset + 1
        text = before + self._text[begin:inner_begin] + inner.text + self._text[end:closing]
        return text, inner.value


def _combined(operator: str, left: Part, right: Part, between: str) -> Part:
    if operator in ("||", "&&") and left.is_known:
        return left if is_true(left.value) == (operator == "||") else right
    if operator not in ("||", "&&") and left.is_known and right.is_known:
        return _known(compared(operator, left.value, right.value))
    return Part(left.text + between + right.text)


def _known(value: Any, text: str = "") -> Part:
    """
    :param text: of a list or a mapping, which can't be written as one token.
    """
    token = written(value)
    return Part(text if token is None else token, value)


def _member(value: Any, index: Any) -> Any:
    """Null, where there is no such one."""
    if isinstance(value, dict):
        name = str(index).lower()
        return next((one for key, one in value.items() if key.lower() == name), None)
    if isinstance(value, list) and isinstance(index, (int, float)) and 0 <= index < len(value):
        return value[int(index)]
    return None
