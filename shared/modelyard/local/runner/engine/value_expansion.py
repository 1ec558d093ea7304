"""Macros in the values of variables.

A value may name other variables, whose values may name others. They are filled in before each
step anew, for a step may have changed one; a circle stays as it is written.

Source: the agent's ``Variables.cs`` (``RecalculateExpanded``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from modelyard.local.runner.expressions.macros import PREFIX, expand
from modelyard.local.runner.secret_masker import SecretMasker
from modelyard.local.runner.variables import Variable, Variables

DEEPEST = 50
"""Names within names; a value that goes deeper stays as it is."""


class Unexpandable(Exception):
    """A value names itself, or goes too deep."""


class ValueExpansion:
    """Remembers how the values of one job were written."""

    def __init__(self) -> None:
        self._written: dict[str, str] = {}
        self._filled: dict[str, str] = {}

    def update(self, variables: Variables, masker: SecretMasker) -> Iterator[str]:
        """Fill in all values; what names a secret becomes one.

        :returns: a warning for each that can't be filled in.
        """
        for one in variables:
            name = one.name.lower()
            if one.value != self._filled.get(name):  # it was set since
                self._written[name] = one.value
        secret = {one.name.lower() for one in variables if one.secret}
        for one in variables:
            name = one.name.lower()
            written = self._written[name]
            if PREFIX not in written:
                self._filled[name] = written
                continue
            try:
                value, names = self._value(name, (name,))
            except Unexpandable as error:
                yield f"the variable {one.name} isn't filled in: {error}"
                value, names = written, set()
            self._filled[name] = value
            is_secret = one.secret or bool(names & secret)
            if value != one.value or is_secret != one.secret:
                variables.set(replace(one, value=value, secret=is_secret))
            if is_secret and value:
                masker.add(value)

    def _value(self, name: str, within: tuple[str, ...]) -> tuple[str, set[str]]:
        """The value of a variable, and the names of all that it was made of."""
        used: set[str] = set()

        def value(written: str) -> str | None:
            other = written.lower()
            if other not in self._written:
                return None
            if other in within:
                raise Unexpandable("it names itself")
            if len(within) >= DEEPEST:
                raise Unexpandable(f"it goes deeper than {DEEPEST} variables")
            found, more = self._value(other, (*within, other))
            used.update({other}, more)
            return found

        return expand(self._written[name], value), used


def filled(variables: Iterable[Variable], masker: SecretMasker) -> Variables:
    """Variables with all their values filled in; what can't be stays as it is written."""
    found = Variables(variables)
    for _warning in ValueExpansion().update(found, masker):
        continue
    return found


def as_context(variables: Variables) -> dict[str, str]:
    """The variables as expressions see them."""
    return {one.name: one.value for one in variables}


def set_fact(variables: Variables, name: str, value: str) -> None:
    """Set one of the agent's own variables."""
    variables.set(Variable(name, value, read_only=True))
