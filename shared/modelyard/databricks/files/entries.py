"""What stands in a folder of the workspace, of DBFS or of a volume."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard import entries

NOTEBOOK = "notebook"


@dataclass(frozen=True)
class Entry(entries.Entry):
    """One thing with a name.

    Its path is absolute; its kind may be ``notebook``, too, or ``repo``, ``library``,
    ``dashboard``.
    """

    modified: float | None = None
    """Seconds since the epoch, where the service tells."""
    language: str = ""
    """Of a notebook: ``PYTHON``, ``SCALA``, ``SQL`` or ``R``."""


def seconds(milliseconds: object) -> float | None:
    """The services count milliseconds; None where they say nothing."""
    return milliseconds / 1000 if isinstance(milliseconds, (int, float)) else None
