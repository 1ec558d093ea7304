"""An expression as tokens.

Source: learn.microsoft.com, ``pipelines/process/expressions`` ("Literals", "Variables").
"""

from __future__ import annotations

import math
import re
from enum import Enum
from typing import Any, NamedTuple

from modelyard.local.runner.expressions.coercion import LARGEST_PART
from modelyard.local.runner.expressions.exceptions import ExpressionError
from modelyard.local.runner.expressions.values import Version


class Token(Enum):
    """The kinds of tokens; punctuation is its own character."""

    LITERAL = "a literal"
    NAME = "a name"
    OPEN = "("
    CLOSE = ")"
    OPEN_INDEX = "["
    CLOSE_INDEX = "]"
    COMMA = ","
    DOT = "."
    WILDCARD = "*"
    END = "the end"


class Lexeme(NamedTuple):
    """One token where it stands."""

    token: Token
    text: str
    offset: int
    value: Any = None
    """Of a literal."""


_PUNCTUATION = {token.value: token for token in Token if len(token.value) == 1}
_STRING = re.compile(r"'[^']*(?:''[^']*)*'(?!')")
_OPERATOR = re.compile(r"!=|==|<=|>=|&&|\|\||[<>=&|!]")
# A run ends where something begins that can't be part of a name or a number.
_NAME_RUN = re.compile(r"[^\s()\[\],.*'<>=&|!]+")
_NUMBER_RUN = re.compile(r"[^\s()\[\],*'<>=&|!]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_VERSION = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,10}){2,3}")
_CALLS = {"==": "eq(a, b)", "!=": "ne(a, b)", "<": "lt(a, b)", "<=": "le(a, b)", ">": "gt(a, b)"}
_CALLS |= {">=": "ge(a, b)", "&&": "and(a, b)", "||": "or(a, b)", "!": "not(a)", "=": "eq(a, b)"}
_CALLS |= {"&": "and(a, b)", "|": "or(a, b)"}


def tokens(text: str) -> list[Lexeme]:
    """All tokens, the end last.

    :raises ExpressionError: for text that is no token.
    """
    found: list[Lexeme] = []
    offset = 0
    while offset < len(text):
        if text[offset].isspace():
            offset += 1
            continue
        lexeme = _next(text, offset, found[-1].token if found else None)
        found.append(lexeme)
        offset += len(lexeme.text)
    return [*found, Lexeme(Token.END, "", len(text.rstrip()) if found else 0)]


def _next(text: str, offset: int, before: Token | None) -> Lexeme:
    character = text[offset]
    if before is Token.DOT and character != "*":
        return _property(text, offset)
    if character == "'":
        return _string(text, offset)
    if character in "-0123456789" or (character == "." and _begins_value(before)):
        return _number(text, offset)
    if character in _PUNCTUATION:
        return Lexeme(_PUNCTUATION[character], character, offset)
    operator = _OPERATOR.match(text, offset)
    if operator:
        call = _CALLS[operator[0]]
        raise ExpressionError(f"there is no operator {operator[0]}: write {call}", offset)
    return _name(text, offset)


def _begins_value(before: Token | None) -> bool:
    """Whether a value has to follow, so that a dot is that of ``.5``."""
    return before in (None, Token.OPEN, Token.OPEN_INDEX, Token.COMMA)


def _string(text: str, offset: int) -> Lexeme:
    found = _STRING.match(text, offset)
    if not found:
        raise ExpressionError("the string has no end: a single quote is missing", offset)
    return Lexeme(Token.LITERAL, found[0], offset, found[0][1:-1].replace("''", "'"))


def _number(text: str, offset: int) -> Lexeme:
    found = _NUMBER_RUN.match(text, offset)
    assert found
    run = found[0]
    if _NUMBER.fullmatch(run):
        number = float(run)
        if math.isinf(number):
            raise ExpressionError("the number is out of range", offset)
        return Lexeme(Token.LITERAL, run, offset, number)
    if _VERSION.fullmatch(run):
        parts = tuple(map(int, run.split(".")))
        if max(parts) <= LARGEST_PART:
            return Lexeme(Token.LITERAL, run, offset, Version(parts))
    raise ExpressionError(f"{run} is neither a number nor a version", offset)


def _name(text: str, offset: int) -> Lexeme:
    if text[offset] == '"':
        raise ExpressionError("strings have single quotes: 'text'", offset)
    run = _run(text, offset)
    lower = run.lower()
    if lower in ("true", "false"):
        return Lexeme(Token.LITERAL, run, offset, lower == "true")
    if not _NAME.fullmatch(run):
        raise ExpressionError(f"{run} is no name", offset)
    return Lexeme(Token.NAME, run, offset)


def _property(text: str, offset: int) -> Lexeme:
    run = _run(text, offset)
    if not run:
        raise ExpressionError("the name of a property has to follow the dot", offset)
    if not _NAME.fullmatch(run):
        message = f"{run} can't follow a dot: a name has letters, digits and _; write ['{run}']"
        raise ExpressionError(message, offset)
    return Lexeme(Token.NAME, run, offset)


def _run(text: str, offset: int) -> str:
    found = _NAME_RUN.match(text, offset)
    return found[0] if found else ""
