"""The variables that a job begins with.

Source: learn.microsoft.com, ``process/variables`` ("Variable scopes", "Expansion of variables"):
those of the job go before those of the stage, those before the pipeline's, those before what was
given for the run; ``process/expressions`` for what a runtime expression may use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelyard.local.runner.expressions import Function, parse, to_text
from modelyard.local.runner.expressions.macros import runtime
from modelyard.local.runner.pipeline.plan import Variable as PlannedVariable
from modelyard.local.runner.pipeline.plan import VariableSource
from modelyard.local.runner.variables import Variable


@dataclass(frozen=True)
class GroupValue:
    """A value of a variable group of the library."""

    value: str
    secret: bool = False


@dataclass(frozen=True)
class LinkedGroup:
    """A variable group whose values are in a key vault. Each job reads them when it starts."""

    names: tuple[str, ...]
    """The secrets that it takes from the vault, which are the names of its variables."""
    read: Callable[[], Mapping[str, str]] = field(repr=False)
    """The values by name.

    :raises GroupError: when one of them can't be read.
    """


Group = Mapping[str, GroupValue] | LinkedGroup
Groups = Mapping[str, Group]
"""Variable groups by name."""
Contexts = Callable[[Mapping[str, str]], Mapping[str, Any]]
"""The contexts of expressions, given the variables that have a value by then."""


class UnknownGroup(Exception):
    """A pipeline names a variable group that nobody gave."""


class VariableScopes:
    """Puts variables together, a scope after the other; later ones replace earlier ones."""

    def __init__(
        self,
        facts: Iterable[Variable],
        groups: Groups,
        contexts: Contexts,
        functions: Mapping[str, Function],
        secrets: Iterable[str] = (),
        *,
        linked: Callable[[Mapping[str, str]], None] | None = None,
    ) -> None:
        """
        :param facts: the agent's own: a pipeline can't replace them.
        :param secrets: values that make secret what they are part of.
        :param linked: called with the values of each group that a key vault holds; without it those
            groups are left out: only a job has them.
        """
        self._facts = {one.name.lower(): one for one in facts}
        self._found: dict[str, Variable] = {}
        self._groups = {name.lower(): values for name, values in groups.items()}
        self._contexts = contexts
        self._functions = functions
        self._secrets = [one for one in secrets if one]
        self._linked = linked

    def copy(self) -> VariableScopes:
        """The same, to be added to without changing these."""
        return self._like(self._functions)

    def with_functions(self, functions: Mapping[str, Function]) -> VariableScopes:
        """The same for a condition, which has functions of its own."""
        return self._like(functions)

    def _like(self, functions: Mapping[str, Function]) -> VariableScopes:
        found = VariableScopes(
            self._facts.values(), self._groups, self._contexts, functions, self._secrets,
            linked=self._linked,
        )  # fmt: skip
        found._found = dict(self._found)
        return found

    def add_given(self, values: Mapping[str, str], *, secret: frozenset[str] = frozenset()) -> None:
        """Variables of the run, or of a leg of a matrix.

        :param secret: the names of those that are.
        """
        for name, value in values.items():
            self._set(Variable(name, self.value_of(value), secret=name in secret))

    def add(self, sources: Iterable[VariableSource]) -> None:
        """Variables as a pipeline, stage or job writes them.

        :raises UnknownGroup: when there is no such group.
        :raises GroupError: when the values of one can't be read.
        :raises ExpressionError: when a runtime expression has no value.
        """
        for source in sources:
            if isinstance(source, PlannedVariable):
                value = self.value_of(source.value)
                self._set(Variable(source.name, value, read_only=source.read_only))
                continue
            group = self._groups.get(source.name.lower())
            if group is None:
                raise UnknownGroup(f"{source.place}: there is no variable group {source.name}")
            for name, one in self._values(group).items():
                self._set(Variable(name, one.value, secret=one.secret))

    def add_known(self, sources: Iterable[VariableSource]) -> None:
        """The same, without what only the job's own turn can tell: runtime expressions.

        :raises UnknownGroup: when there is no such group.
        """
        self.add(
            one
            for one in sources
            if not isinstance(one, PlannedVariable) or runtime(one.value) is None
        )

    def _values(self, group: Group) -> Mapping[str, GroupValue]:
        if not isinstance(group, LinkedGroup):
            return group
        if self._linked is None:
            return {}
        values = group.read()
        self._linked(values)
        return {name: GroupValue(value, secret=True) for name, value in values.items()}

    def value_of(self, text: str) -> str:
        """The value of a runtime expression; any other text as it is."""
        expression = runtime(text)
        if expression is None:
            return text
        return to_text(self.evaluate(expression.text))

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, with the variables that are there by now."""
        return parse(expression).evaluate(self._contexts(self.values()), self._functions)

    def values(self) -> dict[str, str]:
        """All by name, the agent's own too."""
        return {one.name: one.value for one in (*self._facts.values(), *self._found.values())}

    def variables(self) -> list[Variable]:
        """Those that the pipeline has."""
        return list(self._found.values())

    def _set(self, variable: Variable) -> None:
        name = variable.name.lower()
        if name in self._facts:
            return
        is_secret = variable.secret or any(one in variable.value for one in self._secrets)
        self._found[name] = Variable(
            variable.name, variable.value, secret=is_secret, read_only=variable.read_only
        )
