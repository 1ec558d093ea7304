"""Expanding what is written: directives, expressions, lists in lists.

A node is expanded where it stands, in order, so that variables are seen top-down. What an
expression inserts is never expanded again, but templates that it names are included.

Source: learn.microsoft.com, ``pipelines/process/template-expressions``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from modelyard.local.runner.pipeline.compile_time import CompileTime
from modelyard.local.runner.pipeline.directives import Chain, Directive, directive, inserts_items
from modelyard.local.runner.pipeline.files import Files
from modelyard.local.runner.pipeline.nodes import (
    OVERHEAD,
    Mapping,
    Node,
    Scalar,
    Sequence,
    from_value,
)
from modelyard.local.runner.pipeline.plan import Place
from modelyard.local.runner.pipeline.problems import Problems, Stop
from modelyard.local.runner.pipeline.scope import Scope
from modelyard.local.runner.pipeline.structure import ANY, CHILDREN, FIXED, LISTS, SCOPES
from modelyard.local.runner.pipeline.variable_expansion import expand_variables

Include = Callable[[Mapping, str, Scope], Iterator[Node]]
"""The members that a template gives: its reference, the list's kind, the scope."""
Entry = tuple[Scalar, Node, Scope]


class Expander:
    """Expands the nodes of one pipeline."""

    def __init__(self, files: Files, problems: Problems) -> None:
        self.files = files
        self.problems = problems
        self.compile_time = CompileTime(problems)
        self.include: Include | None = None

    def expand(self, node: Node, kind: str, scope: Scope) -> Node:
        """A node as the run will see it.

        :param kind: what it is (:mod:`.structure`).
        :raises Stop: when nothing can be made of it.
        """
        if kind == FIXED:
            self._refuse_expressions(node)
            return node
        if isinstance(node, Scalar):
            value = self.scalar(node, scope)
            if isinstance(value, Scalar):
                return value
            return self.expand(value, kind, scope.expanded())
        if scope.literal and kind == ANY:
            self.files.spend(node.size, node.place)
            return node
        if isinstance(node, Mapping):
            return self.mapping(node, kind, scope)
        return Sequence(list(self.items(node, kind, scope)), node.place)

    def scalar(self, node: Scalar, scope: Scope) -> Node:
        """Its value: any node where the whole of it is one expression."""
        if scope.literal or not isinstance(node.value, str) or "${{" not in node.value:
            self.files.spend(node.size, node.place)
            return node
        value = self.compile_time.value(node, scope)
        result = from_value(value, node.place)
        if isinstance(result, Scalar):
            self.files.spend(result.size, node.place)
        return result

    def mapping(self, node: Mapping, kind: str, scope: Scope) -> Mapping:
        """A mapping, its directives carried out."""
        scope = _own(kind, scope)
        return self._built(self.entries(node, scope, Chain()), node, kind, scope)

    def entries(self, node: Mapping, scope: Scope, chain: Chain) -> Iterator[Entry]:
        """The keys and values that a mapping has when its directives are carried out.

        Keys are expanded, values not: each comes with the scope in which it has to be.
        """
        for key, value in node.entries:
            try:
                found = None if scope.literal else directive(key, self.problems)
                if found is None:
                    chain.close()
                    new = self.scalar(key, scope)
                    if not isinstance(new, Scalar):
                        raise self.problems.stop(key.place, "a key has to be a text")
                    yield new, value, scope
                    continue
                for inside in self._branches(found, scope, chain):
                    yield from self._inserted(value, found.place, inside)
            except Stop:
                continue

    def items(self, node: Sequence, kind: str, scope: Scope) -> Iterator[Node]:
        """The members that a list has when its directives are carried out."""
        chain = Chain()
        for item in node.items:
            try:
                yield from self._item(item, kind, scope, chain)
            except Stop:
                continue

    def _item(self, item: Node, kind: str, scope: Scope, chain: Chain) -> Iterator[Node]:
        if isinstance(item, Mapping) and not scope.literal and _directs(item):
            if inserts_items(item, self.problems):
                yield from self._member_lists(item, kind, scope, chain)
            else:
                member = LISTS.get(kind, ANY)
                own = _own(member, scope)
                built = self._built(self.entries(item, own, chain), item, member, own)
                if built.entries:
                    yield from self._member(built, kind, scope)
            return
        chain.close()
        if isinstance(item, Scalar):
            value = self.scalar(item, scope)
            if isinstance(value, Sequence):
                yield from self.items(value, kind, scope.expanded())
                return
            if not isinstance(value, Scalar):
                value = self.expand(value, LISTS.get(kind, ANY), scope.expanded())
            yield from self._member(value, kind, scope)
            return
        yield from self._member(self.expand(item, LISTS.get(kind, ANY), scope), kind, scope)

    def _member(self, node: Node, kind: str, scope: Scope) -> Iterator[Node]:
        if kind in LISTS and isinstance(node, Mapping) and node.get("template") is not None:
            assert self.include is not None
            yield from self.include(node, kind, scope)
        else:
            yield node

    def _member_lists(self, item: Mapping, kind: str, scope: Scope, chain: Chain) -> Iterator[Node]:
        for key, value in item.entries:
            found = directive(key, self.problems)
            assert found is not None
            for inside in self._branches(found, scope, chain):
                if isinstance(value, Sequence):
                    yield from self.items(value, kind, inside)
                elif isinstance(value, Mapping):
                    yield from self._member_lists(value, kind, inside, Chain())
                elif value.text.strip():
                    yield from self._item(value, kind, inside, Chain())

    def _branches(self, found: Directive, scope: Scope, chain: Chain) -> Iterator[Scope]:
        """The scopes in which the value of a directive counts: none, one, or one a turn."""
        if found.kind == "each":
            chain.close()
            for element in self.compile_time.elements(found, scope):
                self.files.spend(OVERHEAD, found.place)
                yield scope.loop(found.variable, element)
        elif found.kind == "insert":
            chain.close()
            yield scope
        elif chain.wants(found, self.problems) and (
            found.kind == "else" or self.compile_time.holds(found, scope)
        ):
            chain.taken = True
            yield scope

    def _inserted(self, value: Node, place: Place, scope: Scope) -> Iterator[Entry]:
        if isinstance(value, Scalar):
            value = self.scalar(value, scope)
            scope = scope.expanded()
        if isinstance(value, Mapping):
            yield from self.entries(value, scope, Chain())
        elif isinstance(value, Sequence):
            message = "a list can't be inserted into a mapping: write the key as a list's member"
            raise self.problems.stop(place, message)
        elif value.text.strip():
            raise self.problems.stop(value.place, "a text can't be inserted into a mapping")

    def _built(self, entries: Iterator[Entry], node: Mapping, kind: str, scope: Scope) -> Mapping:
        children = CHILDREN.get(kind, {})
        result: list[tuple[Scalar, Node]] = []
        seen: dict[str, Scalar] = {}
        # Seen by what stands above them too: the service reads the variables of a level first.
        early = next(
            (
                (value, expand_variables(self, value, scope))
                for key, value in node.entries
                if kind in SCOPES and key.text == "variables"
            ),
            None,
        )
        for key, value, inside in entries:
            lower = key.text.lower()
            if lower in seen:
                first = seen[lower].place
                message = f"{key.text} is there already, in {first}"
                self.problems.add(key.place, message)
                continue
            seen[lower] = key
            try:
                if early and value is early[0]:
                    result.append((key, early[1]))
                elif children.get(key.text) == "variables":
                    result.append((key, expand_variables(self, value, inside)))
                else:
                    child = children.get(key.text, ANY)
                    result.append((key, self.expand(value, child, inside)))
            except Stop:
                continue
        return Mapping(result, node.place)

    def _refuse_expressions(self, node: Node) -> None:
        if isinstance(node, Scalar):
            if "${{" in node.text:
                self.problems.add(node.place, "no expression is expanded here")
        elif isinstance(node, Sequence):
            for item in node.items:
                self._refuse_expressions(item)
        else:
            for key, value in node:
                self._refuse_expressions(key)
                self._refuse_expressions(value)


def _own(kind: str, scope: Scope) -> Scope:
    """What a stage or a job adds to the variables, its siblings don't see."""
    return scope.inner() if kind in ("stage", "job") else scope


def _directs(item: Mapping) -> bool:
    key = item.entries[0][0].value if item.entries else ""
    return isinstance(key, str) and key.lstrip().startswith("${{")
