"""What a compile-time expression can see where it stands.

Source: learn.microsoft.com, ``pipelines/process/template-expressions`` ("Context"): the parameters
of the file, the variables that the YAML gives (top-down) and those predefined when a run is asked
for, and the loop variables of ``each``. The service refuses all others
(PGielniak/azdo-pipeline-emulator at c13a24e4, C-E02-080).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Scope:
    """One place's view. The variables are shared on purpose: a later sibling sees earlier ones."""

    parameters: Mapping[str, Any]
    variables: dict[str, Any]
    loops: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""
    """What templates' paths count from."""
    depth: int = 0
    """How many templates are around it."""
    literal: bool = False
    """What it holds is expanded already: no text of it is looked at again."""

    @property
    def contexts(self) -> dict[str, Any]:
        """By name, as expressions take them."""
        return {
            "parameters": self.parameters,
            "variables": self.variables,
            **self.loops,
        }

    def inner(self) -> Scope:
        """For a stage or job: what it adds to the variables, its siblings don't see."""
        return replace(self, variables=dict(self.variables))

    def loop(self, name: str, value: Any) -> Scope:
        """Inside one turn of ``each``."""
        return replace(self, loops={**self.loops, name: value})

    def expanded(self) -> Scope:
        return self if self.literal else replace(self, literal=True)

    def within(self, file: str) -> Scope:
        """For values that are given to a template."""
        return replace(self, file=file)

    def template(self, parameters: Mapping[str, Any], file: str) -> Scope:
        """Inside a template that is included here."""
        return replace(
            self, parameters=parameters, loops={}, file=file, depth=self.depth + 1, literal=False
        )
