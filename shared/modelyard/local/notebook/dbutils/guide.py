"""``dbutils.help()`` and ``dbutils.fs.help()``: taken from the methods themselves."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from typing import Any


class Helpful:
    """A utility with a ``help`` method."""

    name = ""

    def help(self, method: str = "") -> None:
        """Print what this utility, or one of its methods, can do."""
        sys.stdout.write(describe(self, self.name, method) + "\n")


def overview(dbutils: Any) -> str:
    """One line for each utility."""
    utilities = {name: value for name, value in vars(dbutils).items() if isinstance(value, Helpful)}
    lines = [f"  {name}: {_first_line(value)}" for name, value in utilities.items()]
    return "\n".join(["This module provides utilities for notebooks:", *lines])


def describe(utility: Any, name: str, only: str = "") -> str:
    """Signature and first line of each method, or all of one."""
    lines = [f"dbutils.{name}: {_first_line(utility)}"]
    for method, function in _methods(utility):
        if only in ("", method):
            text = inspect.getdoc(function) if only else _first_line(function)
            lines.append(f"  {method}{inspect.signature(function)}: {text}")
    return "\n".join(lines)


def _methods(utility: Any) -> Iterator[tuple[str, Any]]:
    for name in dir(type(utility)):
        function = getattr(utility, name)
        if not name.startswith("_") and name != "help" and inspect.ismethod(function):
            yield name, function


def _first_line(value: Any) -> str:
    return (inspect.getdoc(value) or "").partition("\n")[0]
