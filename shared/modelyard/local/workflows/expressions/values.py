"""The values of expressions, and how they turn into each other.

Source: docs.github.com, ``actions/reference/workflows-and-actions/expressions`` ("Literals",
"Operators"). How a number is written (15 digits) is as in actions/runner (``ExpressionConstants``).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

_HEX, _OCTAL = re.compile(r"0x([0-9a-fA-F]{1,8})"), re.compile(r"0o([0-7]{1,11})")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_INFINITE = {"Infinity": math.inf, "-Infinity": -math.inf}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def literal(word: str) -> Any:
    """The value of a token: ``'it''s'``, ``true``, ``0xff``."""
    if word.startswith("'"):
        return word[1:-1].replace("''", "'")
    words = {"true": True, "false": False, "null": None, "NaN": math.nan}
    return words[word] if word in words else to_number(word)


def written(value: Any) -> str | None:
    """A value as a token; None: only a text, a number, a truth value and null can be one."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if value is None:
        return "null"
    return None if isinstance(value, (dict, list)) else to_text(value)


def is_true(value: Any) -> bool:
    """Not so are false, null, 0, NaN and the empty text."""
    if isinstance(value, (dict, list)):
        return True
    return bool(value) and value == value  # NaN is no number that equals itself


def to_text(value: Any) -> str:
    """What stands in a text for it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return "Array" if isinstance(value, list) else "Object"
    if isinstance(value, str):
        return value
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return f"{value:.15g}".replace("e", "E") if value else "0"


def to_number(value: Any) -> float:
    """NaN: it is none."""
    if value is None or isinstance(value, (bool, int, float)):
        return float(value or 0)
    if not isinstance(value, str):
        return math.nan
    text = value.strip()
    if not text or text in _INFINITE:
        return _INFINITE.get(text, 0.0)
    if found := _HEX.fullmatch(text):
        return float(int(found[1], 16))
    if found := _OCTAL.fullmatch(text):
        return float(int(found[1], 8))
    return float(text) if _DECIMAL.fullmatch(text) else math.nan


def compared(operator: str, left: Any, right: Any) -> bool:
    """``==``, ``!=``, ``<`` and the like: texts in any case, all else as numbers."""
    if operator == "!=":
        return not compared("==", left, right)
    if isinstance(left, str) and isinstance(right, str):
        left, right = left.upper(), right.upper()
    elif isinstance(left, (dict, list)) or isinstance(right, (dict, list)):
        return operator in ("==", "<=", ">=") and left is right
    else:
        left, right = to_number(left), to_number(right)
    return bool(left == right) if operator == "==" else _ORDER[operator](left, right)


def to_json(value: Any) -> str:
    """As ``toJSON`` writes it: indented by two."""
    return json.dumps(_whole(value), indent=2, ensure_ascii=False)


def _whole(value: Any) -> Any:
    """Numbers without a fraction as such."""
    if isinstance(value, dict):
        return {key: _whole(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_whole(one) for one in value]
    is_whole = isinstance(value, float) and math.isfinite(value) and value == int(value)
    return int(value) if is_whole else value
