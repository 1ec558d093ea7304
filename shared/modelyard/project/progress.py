"""How far the changes have got: what somebody who stops the command is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modelyard.project.plan import Change


@dataclass
class Progress:
    """Of one run. Before the first change, ``wanted`` is empty."""

    wanted: Sequence[Change] = ()
    done: int = 0

    def through(self, wanted: Sequence[Change]) -> Iterator[Change]:
        """Each of the changes. Who asks for the next one has carried out the one before."""
        self.wanted = wanted
        for change in wanted:
            yield change
            self.done += 1

    def said(self) -> str:
        """``2 of 7 changes are done, and maybe pipeline train; ...``."""
        total = len(self.wanted)
        if self.done == total:
            return f"all {total} changes are done" if total else "nothing was changed"
        under_way = self.wanted[self.done]
        return (
            f"{self.done} of {total} changes are done, and maybe {under_way.kind} "
            f"{under_way.name}; run this again: it looks and goes on from there"
        )
