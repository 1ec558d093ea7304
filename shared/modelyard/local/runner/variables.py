"""The variables of a job, and how their macros are filled in.

Source: the agent's ``Variables.cs`` and ``VarUtil.cs``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from modelyard.local.runner.expressions.macros import expand


@dataclass(frozen=True)
class Variable:
    """One variable; names are compared without regard to case."""

    name: str
    value: str
    secret: bool = False
    read_only: bool = False
    preserve_case: bool = False

    @property
    def environment_name(self) -> str:
        """Its name in a process's environment."""
        return environment_name(self.name, preserve_case=self.preserve_case)


class Variables:
    """The variables that a job has at this moment."""

    def __init__(self, variables: Iterable[Variable] = ()) -> None:
        self._variables: dict[str, Variable] = {}
        for variable in variables:
            self.set(variable)

    def __iter__(self) -> Iterator[Variable]:
        return iter(tuple(self._variables.values()))

    def find(self, name: str) -> Variable | None:
        """The variable of this name, however it is spelt."""
        return self._variables.get(name.lower())

    def value(self, name: str, default: str = "") -> str:
        """Its value, or the default where the job has no such variable."""
        found = self.find(name)
        return default if found is None else found.value

    def is_true(self, name: str) -> bool:
        """Whether it is ``true``, in any case."""
        return self.value(name).strip().lower() == "true"

    def set(self, variable: Variable) -> Variable:
        """Add or replace a variable. What was secret or read-only once stays so.

        :returns: the variable as it is now.
        """
        before = self.find(variable.name)
        if before is not None:
            variable = replace(
                variable,
                secret=variable.secret or before.secret,
                read_only=variable.read_only or before.read_only,
            )
        self._variables[variable.name.lower()] = variable
        return variable

    def with_more(self, variables: Iterable[Variable]) -> Variables:
        """These and some that only one step has. The job's own are not changed."""
        return Variables([*self, *variables])

    def expand(self, text: str) -> str:
        """The text with its macros filled in; one that names no variable stays as it is."""
        return expand(text, lambda name: found.value if (found := self.find(name)) else None)


def environment_name(name: str, *, preserve_case: bool = False) -> str:
    """``Build.BuildId`` is ``BUILD_BUILDID``. Dashes stay, which no shell can read."""
    plain = name.replace(".", "_").replace(" ", "_")
    return plain if preserve_case else plain.upper()


def may_be_variable(name: str, value: str = "") -> bool:
    """Whether a process's environment can have this variable."""
    return bool(name) and "=" not in name and "\0" not in name + value
