"""Where runs are kept and what tells of them, for those who write and those who read."""

from __future__ import annotations

from pathlib import Path

RUNS = Path(".modelyard/runs")
"""The folder of all runs, unless told otherwise."""
DOCUMENT = "run.json"
LOGS = "logs"
"""The folder with what steps have written; it is there before the document."""
FORMAT = 1
"""Of the document; it grows when a meaning changes."""
