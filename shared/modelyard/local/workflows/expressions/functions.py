"""The functions that expressions may call, and the contexts that they may name.

Source: docs.github.com, ``actions/reference/workflows-and-actions/expressions`` ("Functions") and
``contexts``; the most arguments of those that take any number are those of actions/runner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from modelyard.local.workflows.expressions.lexer import LITERALS
from modelyard.local.workflows.expressions.parser import Called, Named
from modelyard.reading import nearest

_Value = TypeVar("_Value")
_ANY = 255
Arity = tuple[int, int]
"""The fewest and the most arguments."""
EVERYWHERE: dict[str, Arity] = {
    "case": (3, _ANY),
    "contains": (2, 2),
    "endsWith": (2, 2),
    "format": (1, _ANY),
    "fromJSON": (1, 1),
    "join": (1, 2),
    "startsWith": (2, 2),
    "toJSON": (1, 1),
}
STATUS: dict[str, Arity] = dict.fromkeys(("always", "cancelled", "failure", "success"), (0, 0))
"""Those of a step's condition."""
STATUS_OF_JOBS: dict[str, Arity] = {**STATUS, "failure": (0, _ANY), "success": (0, _ANY)}
"""Those of a job's: the two take ids of jobs, which the documentation doesn't say."""
FILES: dict[str, Arity] = {"hashFiles": (1, _ANY)}
SPECIAL: dict[str, str] = {
    **dict.fromkeys(STATUS, "if"),
    **dict.fromkeys(FILES, "steps"),
}
"""Functions that not every keyword may call, and where they belong."""
CONTEXTS = (
    "github", "env", "vars", "job", "jobs", "steps", "runner", "secrets", "strategy", "matrix",
    "needs", "inputs",
)  # fmt: skip


@dataclass(frozen=True)
class Available:
    """What the value of a keyword may use."""

    contexts: tuple[str, ...] = ()
    """None: it may have no expression at all."""
    special: Mapping[str, Arity] | None = None


def wrong(use: Named | Called, keyword: str, available: Available) -> str | None:
    """What is wrong with a use; None: nothing.

    :param keyword: the one it is in the value of.
    """
    if isinstance(use, Named):
        return _wrong_context(use, keyword, available)
    return _wrong_call(use, keyword, available)


def _wrong_context(use: Named, keyword: str, available: Available) -> str | None:
    lower = use.name.lower()
    if lower in available.contexts:
        return None
    if lower in CONTEXTS:
        known = ", ".join(available.contexts)
        return f"{use.name} can't be used in {keyword}: it has only {known}"
    word = next((one for one in LITERALS if one.lower() == lower), None)
    if word:
        return f"{use.name} is no value: write {word}"
    near = nearest(use.name, CONTEXTS) or "; a text has single quotes"
    return f"there is no context {use.name}{near}"


def _wrong_call(use: Called, keyword: str, available: Available) -> str | None:
    callable_here = {**EVERYWHERE, **(available.special or {})}
    name, arity = _named(use.name, callable_here)
    if arity is None:
        special, where = _named(use.name, SPECIAL)
        if where is not None:
            return f"{special} can't be called in {keyword}: it belongs to {where}"
        near = nearest(use.name, [*callable_here, *SPECIAL])
        return f"there is no function {use.name}{near}"
    least, most = arity
    if not least <= use.count <= most:
        return f"{name} takes {_counted(least, most)}, not {use.count}"
    if name == "case" and use.count % 2 == 0:
        return f"case takes pairs of a condition and a value, and one more value: not {use.count}"
    return None


def _named(name: str, among: Mapping[str, _Value]) -> tuple[str, _Value | None]:
    lower = name.lower()
    return next(((one, value) for one, value in among.items() if one.lower() == lower), ("", None))


def _counted(least: int, most: int) -> str:
    if most == _ANY:
        return f"{least} or more arguments"
    if least == most:
        counts: Iterable[str] = (str(most) if most else "no",)
    else:
        counts = (str(least), str(most))
    return f"{' or '.join(counts)} argument{'' if most == 1 else 's'}"
