"""What the parts of a plan are built with, and what has to wait until all of them are there."""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field

from modelyard.local.runner.expressions.macros import Runtime, runtime
from modelyard.local.runner.pipeline.known_tasks import KnownTask
from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar, kind_of
from modelyard.local.runner.pipeline.plan import Place, Resources
from modelyard.local.runner.pipeline.problems import Problems

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Check:
    """An expression of the run, to be looked through before it."""

    node: Scalar
    text: str
    offset: int
    """Of the text in the node."""
    level: str
    """``stage``, ``job``, ``step`` or ``variable``."""
    stage: str = ""
    job: str = ""


@dataclass
class Building:
    """The planning of one pipeline."""

    problems: Problems
    tasks: MappingOf[str, KnownTask] | None
    resources: Resources = field(default_factory=Resources)
    checks: list[Check] = field(default_factory=list)
    stage: str = ""
    job: str = ""
    """The stage and the job that are being built."""

    def condition(self, node: Scalar | None, level: str) -> str:
        """The text of a condition, to be checked later."""
        if node is None or not node.text.strip():
            return ""
        inner = runtime(node.text) or Runtime(node.text, 0)
        self.checks.append(Check(node, inner.text, inner.offset, level, self.stage, self.job))
        return inner.text.strip()

    def runtime(self, node: Node | None) -> None:
        """Note a value that may be a runtime expression."""
        if isinstance(node, Scalar) and (inner := runtime(node.text)) is not None:
            check = Check(node, inner.text, inner.offset, "variable", self.stage, self.job)
            self.checks.append(check)

    def name(self, node: Node | None, what: str) -> str:
        """The name of a stage, job or step; empty where it has none."""
        if node is None:
            return ""
        if not isinstance(node, Scalar):
            self.problems.add(node.place, f"the name of {what} is a text, not {kind_of(node)}")
            return ""
        name = node.text.strip()
        if name and not _NAME.fullmatch(name):
            self.problems.add(
                node.place,
                f"{name!r} can't name {what}: only letters, digits and _, and no digit first",
            )
        return name

    def expect_mapping(self, node: Node, what: str) -> Mapping | None:
        """The node, if it is a mapping."""
        if isinstance(node, Mapping):
            return node
        self.problems.add(node.place, f"{what} is a mapping, not {kind_of(node)}")
        return None

    def first_key(self, node: Mapping, keyword: str, what: str) -> None:
        """The documentation asks for it: the service tells by the first key what a mapping is."""
        first: Place = node.entries[0][0].place
        if node.entries[0][0].text != keyword:
            self.problems.warn(first, f"{keyword} should be the first key of {what}")
