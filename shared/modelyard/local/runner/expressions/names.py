"""Which names an expression uses, and whether they mean something where it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from modelyard.local.runner.expressions.exceptions import ExpressionError
from modelyard.local.runner.expressions.functions import BUILT_IN, ELSEWHERE, Function
from modelyard.local.runner.expressions.syntax import (
    Access,
    Call,
    Context,
    Literal,
    Node,
    Wildcard,
)
from modelyard.reading import nearest


@dataclass(frozen=True)
class ContextUse:
    """A named value as it is used: ``dependencies.A.outputs['s.v']``."""

    name: str
    """As written."""
    members: tuple[str, ...]
    """What follows, up to the first that isn't written out: ``A``, ``outputs``, ``s.v``."""
    offset: int


@dataclass(frozen=True)
class FunctionUse:
    """A function as it is called: ``succeeded('A')``."""

    name: str
    """As written."""
    arguments: tuple[str | None, ...]
    """The strings that are written out; None for all else."""
    offset: int


@dataclass(frozen=True)
class Names:
    """What an expression uses, in the order written."""

    contexts: tuple[ContextUse, ...]
    functions: tuple[FunctionUse, ...]

    def check(self, contexts: Collection[str], functions: Mapping[str, Function]) -> None:
        """That all of them exist, also where evaluation doesn't come to them.

        :param functions: what is there beside the language's own, by name in lower case.
        :raises ExpressionError: for the first that doesn't.
        """
        for call in self.functions:
            lower = call.name.lower()
            if lower in functions:
                functions[lower].check(len(call.arguments), call.offset)
            elif lower not in BUILT_IN:
                raise ExpressionError(_no_function(call.name, functions), call.offset)
        # Nearly always every name is written as it is given: then nothing has to be lowered.
        if all(use.name in contexts for use in self.contexts):
            return
        known = {name.lower(): name for name in contexts}
        for use in self.contexts:
            if use.name.lower() not in known:
                message = _no_context(use.name, known.values(), functions)
                raise ExpressionError(message, use.offset)


def names(node: Node) -> Names:
    """All names of a tree."""
    uses = list(_uses(node))
    return Names(
        tuple(use for use in uses if isinstance(use, ContextUse)),
        tuple(use for use in uses if isinstance(use, FunctionUse)),
    )


def _uses(
    node: Node | Wildcard, followed_by: tuple[str, ...] = ()
) -> Iterator[ContextUse | FunctionUse]:
    match node:
        case Context(name, offset):
            yield ContextUse(name, followed_by, offset)
        case Call(name, arguments, offset):
            yield FunctionUse(name, tuple(map(_text, arguments)), offset)
            for argument in arguments:
                yield from _uses(argument)
        case Access(root, members):
            yield from _uses(root, _written(members))
            for member in members:
                yield from _uses(member)


def _written(members: tuple[Node | Wildcard, ...]) -> tuple[str, ...]:
    written: list[str] = []
    for member in members:
        text = _text(member)
        if text is None:
            break
        written.append(text)
    return tuple(written)


def _text(node: Node | Wildcard) -> str | None:
    return node.value if isinstance(node, Literal) and isinstance(node.value, str) else None


def _no_function(name: str, functions: Mapping[str, Function]) -> str:
    if where := ELSEWHERE.get(name.lower()):
        return f"{name} can only be used in {where}"
    known = [function.name for function in (*BUILT_IN.values(), *functions.values())]
    return f"there is no function {name}{nearest(name, known)}"


def _no_context(name: str, known: Iterable[str], functions: Mapping[str, Function]) -> str:
    lower = name.lower()
    if lower in functions or lower in BUILT_IN:
        return f"{name} is a function: ( has to follow"
    known = list(known)
    if close := nearest(name, known):
        return f"there is no {name} here{close}"
    there = f": there is {', '.join(known)}" if known else ""
    return f"there is no {name} here{there}; a string has single quotes"
