"""What a run fills in: macros ``$(name)`` and runtime expressions ``$[ ]``.

Source: the agent's ``VarUtil.cs`` (``ExpandValues``) at 42bde98b; learn.microsoft.com,
``pipelines/process/variables`` ("Understand variable syntax").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

PREFIX, SUFFIX = "$(", ")"


@dataclass(frozen=True)
class Macro:
    """What looks like ``$(name)``. The name goes up to the first closing parenthesis."""

    name: str
    offset: int

    @property
    def end(self) -> int:
        """The offset after it."""
        return self.offset + len(PREFIX) + len(self.name) + len(SUFFIX)


def expand(text: str, value: Callable[[str], str | None]) -> str:
    """The text with its macros replaced, once: what a value holds isn't looked at again.

    :param value: the value of a variable, however its name is spelt; None where there is none.
        Such a macro stays as it is, and another may begin within it: in ``$(a$(b))`` that is
        ``$(b)``.
    """
    pieces: list[str] = []
    done = at = 0
    while macro := _next(text, at):
        found = value(macro.name) if macro.name else None
        if found is None:
            at = macro.offset + 1
            continue
        pieces += [text[done : macro.offset], found]
        done = at = macro.end
    return "".join([*pieces, text[done:]]) if pieces else text


def macros(text: str) -> Iterator[Macro]:
    """All that :func:`expand` would ask for, if it found nothing."""
    at = 0
    while macro := _next(text, at):
        if macro.name:
            yield macro
        at = macro.offset + 1


def _next(text: str, at: int) -> Macro | None:
    start = text.find(PREFIX, at)
    end = text.find(SUFFIX, start + len(PREFIX)) if start >= 0 else -1
    return Macro(text[start + len(PREFIX) : end], start) if end >= 0 else None


@dataclass(frozen=True)
class Runtime:
    """The expression of a whole ``$[ ]``."""

    text: str
    offset: int
    """Of its first character in the value."""


def runtime(value: str) -> Runtime | None:
    """The runtime expression that a value is; None for all else.

    It has to be the whole value: ``$[variables.a] b`` is text.
    """
    text = value.strip()
    if not (text.startswith("$[") and text.endswith("]")):
        return None
    return Runtime(text[2:-1], value.index("$[") + 2)
