"""Templates: what stands for a list's members, and what a pipeline extends.

Source: learn.microsoft.com, ``pipelines/process/templates``.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelyard.local.runner.pipeline import parameters
from modelyard.local.runner.pipeline.directives import Chain
from modelyard.local.runner.pipeline.expansion import Expander
from modelyard.local.runner.pipeline.files import LEVELS, Overflow, Source
from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar, Sequence, kind_of
from modelyard.local.runner.pipeline.problems import Stop
from modelyard.local.runner.pipeline.scope import Scope
from modelyard.local.runner.pipeline.structure import LISTS
from modelyard.local.runner.pipeline.variable_expansion import expand_variables
from modelyard.reading import nearest


class Inclusion:
    """Includes templates with an expander."""

    def __init__(self, expander: Expander) -> None:
        self.expander = expander
        self.files = expander.files
        self.problems = expander.problems
        self._declared: dict[str, tuple[parameters.Declaration, ...]] = {}

    def members(self, reference: Mapping, kind: str, scope: Scope) -> Iterator[Node]:
        """What a ``- template:`` among stages, jobs, steps or variables gives.

        :raises Stop: when it can't be used.
        """
        try:
            source, inside = self._opened(reference, scope)
        except Stop:
            self.problems.gaps = True
            raise
        given = False
        for key, value, own in self.expander.entries(source.root, inside, Chain()):
            name = key.text
            if name == "parameters":
                continue
            if name != kind:
                self._foreign(key, kind, reference)
                continue
            given = True
            yield from self._list(value, kind, own)
        if not given and not any(key.text in LISTS for key, _ in source.root):
            message = f"the template {source.name} has no {kind}"
            self.problems.add(reference.place, message)

    def extended(self, reference: Mapping, scope: Scope) -> tuple[Mapping, Scope]:
        """The pipeline that an ``extends`` names, not expanded yet, and the scope for it.

        :raises Stop: when it can't be used.
        """
        source, inside = self._opened(reference, scope, extended=True)
        entries: list[tuple[Scalar, Node]] = [
            (key, value) for key, value in source.root if key.text != "parameters"
        ]
        return Mapping(entries, source.root.place), inside

    def _list(self, value: Node, kind: str, scope: Scope) -> Iterator[Node]:
        if kind == "variables":
            value = expand_variables(self.expander, value, scope)
        elif isinstance(value, Scalar):
            value, scope = self.expander.scalar(value, scope), scope.expanded()
        else:
            if isinstance(value, Mapping):
                raise self.problems.stop(value.place, f"{kind} is a list, not a mapping")
            yield from self.expander.items(value, kind, scope)
            return
        if isinstance(value, Sequence):
            if kind == "variables":
                yield from value.items
            else:
                yield from self.expander.items(value, kind, scope)
        elif not isinstance(value, Scalar) or value.text.strip():
            raise self.problems.stop(value.place, f"{kind} is a list, not {kind_of(value)}")

    def _opened(
        self, reference: Mapping, scope: Scope, *, extended: bool = False
    ) -> tuple[Source, Scope]:
        path, given = None, None
        for key, value in reference:
            if key.text == "template":
                path = value
            elif key.text == "parameters":
                given = value
            else:
                message = f"{key.text}: beside template there may be parameters only"
                self.problems.add(key.place, message + nearest(key.text, ["parameters"]))
        if not isinstance(path, Scalar) or not path.text.strip():
            raise self.problems.stop(reference.place, "template needs the path of a file")
        if scope.depth >= LEVELS:
            message = f"templates are nested in more than {LEVELS} levels"
            self.problems.add(path.place, message)
            raise Overflow(message)
        if given is not None and not isinstance(given, Mapping):
            if not isinstance(given, Scalar) or given.text.strip():
                self.problems.add(given.place, f"parameters is a mapping, not {kind_of(given)}")
            given = None
        source = self.files.template(path.text, path.place, scope.file)
        if extended:  # Now: templates among the parameters may name its repositories.
            self.files.declare(source.root)
        declared = self._declared.get(source.name)
        if declared is None:
            declared = parameters.declarations(source, self.problems)
            self._declared[source.name] = declared
        values = parameters.bound(
            declared,
            given.entries if given else [],
            reference.place,
            parameters.Binding(
                self.problems, self.expander, scope.within(source.name), source.name
            ),
        )
        return source, scope.template(values, source.name)

    def _foreign(self, key: Scalar, kind: str, reference: Mapping) -> None:
        if key.text in LISTS:
            message = f"a template for {key.text}, included at {reference.place} for {kind}"
            raise self.problems.stop(key.place, message)
        known = ["parameters", kind]
        message = f"{key.text} isn't known in a template for {kind}{nearest(key.text, known)}"
        self.problems.add(key.place, message)
