"""An expression as tokens.

Source: docs.github.com, ``actions/reference/workflows-and-actions/expressions`` ("Literals",
"Operators"); what it leaves open (``+1``, ``Infinity``, that ``True`` is a name) is as in the
runner's own reader (actions/runner, ``DTExpressions2``).
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from modelyard.local.runner.expressions.exceptions import ExpressionError


class Token(Enum):
    """The kinds of tokens; punctuation is its own character."""

    TEXT = "a text"
    LITERAL = "a literal"
    NAME = "a name"
    OPERATOR = "an operator"
    NOT = "!"
    OPEN = "("
    CLOSE = ")"
    OPEN_INDEX = "["
    CLOSE_INDEX = "]"
    COMMA = ","
    DOT = "."
    STAR = "*"
    END = "the end"


class Lexeme(NamedTuple):
    """One token where it stands."""

    token: Token
    text: str
    offset: int


LITERALS = ("true", "false", "null", "NaN", "Infinity")
"""Words that are values; in this case alone."""
_PUNCTUATION = {token.value: token for token in Token if len(token.value) == 1}
_SPACE = re.compile(r"\s*")
_TEXT = re.compile(r"'(?:[^']|'')*'")
_OPERATOR = re.compile(r"!=|==|<=|>=|&&|\|\||[<>]")
_NO_OPERATOR = {"=": "==", "&": "&&", "|": "||"}
# A run ends where something begins that can't be part of a name or a number.
_NAME_RUN = re.compile(r"[^\s()\[\],.!<>=&|]+")
_NUMBER_RUN = re.compile(r"[^\s()\[\],!<>=&|]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_NUMBER = re.compile(
    r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
    r"|0x[0-9a-fA-F]{1,8}|0o[0-3]?[0-7]{1,10}|-Infinity"
)
_BEFORE_VALUE = (
    None,
    Token.COMMA,
    Token.OPEN,
    Token.OPEN_INDEX,
    Token.NOT,
    Token.OPERATOR,
)
"""After these a dot is that of ``.5``."""


def tokens(text: str) -> list[Lexeme]:
    """All tokens, the end last.

    :raises ExpressionError: for text that is no token.
    """
    found: list[Lexeme] = []
    before: Token | None = None
    offset = _after_space(text, 0)
    while offset < len(text):
        lexeme = _next(text, offset, before)
        before = lexeme.token
        found.append(lexeme)
        offset = _after_space(text, offset + len(lexeme.text))
    return [*found, Lexeme(Token.END, "", len(text.rstrip()))]


def _after_space(text: str, offset: int) -> int:
    found = _SPACE.match(text, offset)
    assert found
    return found.end()


def _next(text: str, offset: int, before: Token | None) -> Lexeme:
    character = text[offset]
    if character == "'":
        return _text(text, offset)
    if operator := _OPERATOR.match(text, offset):
        return Lexeme(Token.OPERATOR, operator[0], offset)
    if character in _NO_OPERATOR:
        write = _NO_OPERATOR[character]
        raise ExpressionError(f"there is no operator {character}: write {write}", offset)
    number = character in "-+0123456789" or (character == "." and before in _BEFORE_VALUE)
    if number and before is not Token.DOT:
        return _number(text, offset)
    if character in _PUNCTUATION:
        return Lexeme(_PUNCTUATION[character], character, offset)
    return _name(text, offset, before)


def _text(text: str, offset: int) -> Lexeme:
    found = _TEXT.match(text, offset)
    if not found:
        raise ExpressionError("the text has no end: a single quote is missing", offset)
    return Lexeme(Token.TEXT, found[0], offset)


def _number(text: str, offset: int) -> Lexeme:
    found = _NUMBER_RUN.match(text, offset)
    assert found
    if not _NUMBER.fullmatch(found[0]):
        raise ExpressionError(f"{found[0]} is no number", offset)
    return Lexeme(Token.LITERAL, found[0], offset)


def _name(text: str, offset: int, before: Token | None) -> Lexeme:
    if text[offset] == '"':
        raise ExpressionError("texts have single quotes: 'text'", offset)
    found = _NAME_RUN.match(text, offset)
    assert found
    run = found[0]
    if not _NAME.fullmatch(run):
        if before is Token.DOT:
            reason = "a name has letters, digits, - and _, and a letter or _ at first"
            raise ExpressionError(f"{run} can't follow a dot: {reason}; write ['{run}']", offset)
        raise ExpressionError(f"{run} is no name", offset)
    word = run in LITERALS and before is not Token.DOT
    return Lexeme(Token.LITERAL if word else Token.NAME, run, offset)
