"""Test results as a run keeps them, whichever format they were written in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """How a test ended, in the words of Azure DevOps."""

    PASSED = "Passed"
    FAILED = "Failed"
    NOT_EXECUTED = "NotExecuted"
    INCONCLUSIVE = "Inconclusive"


@dataclass(frozen=True)
class TestCase:
    """One test."""

    __test__ = False

    name: str
    suite: str
    """Its class, fixture or file; may be empty."""
    outcome: Outcome
    seconds: float = 0.0
    message: str = ""
    details: str = ""
    """Stack trace and what it printed."""


@dataclass(frozen=True)
class TestRun:
    """The tests of one or, merged, several result files."""

    __test__ = False

    title: str
    cases: tuple[TestCase, ...]
    platform: str = ""
    configuration: str = ""

    def count(self, outcome: Outcome) -> int:
        """How many tests ended so."""
        return sum(case.outcome is outcome for case in self.cases)
