"""Values that have to be numbers or booleans.

They are what YAML 1.2's core schema has for such: ``yes`` and ``'5'`` are texts, and a text is
wrong here. An expression gives what only a run can know.

Source: docs.github.com, ``actions/reference/workflows-and-actions/workflow-syntax``; that quotes
make a text is as in the schema of actions/runner.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from modelyard.local.runner.pipeline.fields import Fields
from modelyard.local.runner.pipeline.nodes import Scalar, kind_of
from modelyard.local.runner.pipeline.places import Place
from modelyard.local.runner.pipeline.problems import Problems
from modelyard.local.workflows.expressions import is_one
from modelyard.local.workflows.expressions.partial import UNKNOWN
from modelyard.local.workflows.expressions.values import to_number
from modelyard.local.workflows.model import Declared

_TRUTHS = tuple(spelt for word in ("true", "false") for spelt in (word, word.title(), word.upper()))
EMPTY = {"boolean": False, "number": 0, "string": ""}
"""The value of an input that nobody gives, by its type."""
_WHOLE = re.compile(r"\+?[0-9]+")


def number(fields: Fields, name: str) -> None:
    """Note what isn't a whole number above 0, nor an expression."""
    _check(fields, name, "a whole number above 0", _is_number)


def truth(fields: Fields, name: str) -> bool:
    """Whether it is true. What is neither ``true`` nor ``false``, nor an expression, is noted."""
    _check(fields, name, "true or false", lambda text: text in _TRUTHS)
    node = fields.values.get(name)
    return isinstance(node, Scalar) and node.text.lower() == "true"


def _is_number(text: str) -> bool:
    return bool(_WHOLE.fullmatch(text)) and text.lstrip("+").strip("0") != ""


def _check(fields: Fields, name: str, wanted: str, fits: Callable[[str], bool]) -> None:
    node = fields.values.get(name)
    if node is None:
        return
    if isinstance(node, Scalar):
        if is_one(node.text) or (node.plain and fits(node.text)):
            return
        if fits(node.text):
            found = f"the text {node.text!r}: leave out the quotes"
        else:
            found = repr(node.text) if node.text else "nothing"
    else:
        found = kind_of(node)
    fields.problems.add(node.place, f"{name} is {wanted}, not {found}")


def typed_value(text: str, declared: Declared, place: Place, problems: Problems) -> Any:
    """A text as an input has it; unknown, and noted, where it doesn't fit.

    :param place: of the text, for the message.
    """
    wanted = misfit(text, declared)
    if not wanted:
        return value_of(text, declared)
    problems.add(place, f"{declared.name} is {wanted}, not {text!r}")
    return UNKNOWN


def misfit(text: str, declared: Declared) -> str:
    """What an input is, for one that this text can't be; empty: it fits."""
    if declared.type == "choice":
        fits = text in declared.options or not declared.options
        return "" if fits else f"one of {', '.join(declared.options)}"
    if not text.strip():
        return ""
    if declared.type == "boolean" and text.lower() not in ("true", "false"):
        return "true or false"
    if declared.type == "number" and math.isnan(to_number(text)):
        return "a number"
    return ""


def value_of(text: str, declared: Declared) -> Any:
    """A text that fits, as an input has it."""
    if not text.strip():
        return EMPTY.get(declared.type, text)
    if declared.type == "boolean":
        return text.lower() == "true"
    return to_number(text) if declared.type == "number" else text
