"""What is wrong with a pipeline: collected, so that one run shows every mistake of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from modelyard.local.runner.pipeline.plan import Place


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class Stop(Exception):
    """This part can't be understood any further; what is beside it can. The problem is noted."""


class Problems:
    """The list that all parts of the planning write to."""

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self.warnings: list[tuple[Place, str]] = []
        self.gaps = False
        """A template couldn't be included: what seems to be missing may be in it."""

    def add(self, place: Place, message: str) -> None:
        self.found.append(Problem(place, message))

    def warn(self, place: Place, message: str) -> None:
        if (place, message) not in self.warnings:
            self.warnings.append((place, message))

    def stop(self, place: Place, message: str) -> Stop:
        """Note it, and give what to raise."""
        self.add(place, message)
        return Stop(message)


def listed(names: Iterable[str]) -> str:
    """``a, b or c``."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
