"""What a step leaves beside its variables: its log, its issues and its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modelyard.local.runner.job import Log
from modelyard.local.runner.secret_masker import SecretMasker

KINDS = ("error", "warning")
MOST_ISSUES = 10
"""Of each kind, as the agent keeps them; all are in the log."""


@dataclass(frozen=True)
class Issue:
    """An error or a warning that stands out."""

    kind: str
    """One of KINDS."""
    text: str
    properties: Mapping[str, str] = field(default_factory=dict)

    def masked(self, masker: SecretMasker) -> Issue:
        """It, without secrets."""
        told = {name: masker.mask(one) for name, one in self.properties.items()}
        return Issue(self.kind, masker.mask(self.text), told)


@dataclass(frozen=True)
class Upload:
    """A file that the step hands over."""

    kind: str
    """``summary``, ``file``, ``artifact`` or the type of an attachment."""
    name: str
    path: Path


class StepReport:
    """Grows while the step runs."""

    def __init__(self, masker: SecretMasker, log: Log) -> None:
        self._masker = masker
        self._log = log
        self._counts = dict.fromkeys(KINDS, 0)
        self.issues: list[Issue] = []
        self.uploads: list[Upload] = []
        self.tags: list[str] = []
        self.percent = 0

    def show(self, line: str) -> None:
        """Write a line to the log without its secrets."""
        self._log(self._masker.mask(line))

    def add_issue(self, issue: Issue) -> None:
        """Show it, and keep it where it is one of the first of its kind."""
        issue = issue.masked(self._masker)
        self._log(f"##[{issue.kind}]{issue.text}")
        if self._counts[issue.kind] < MOST_ISSUES:
            self.issues.append(issue)
        self._counts[issue.kind] += 1
