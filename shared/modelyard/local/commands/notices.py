"""What commands say beside a run, and how they name files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from modelyard.databricks.remote_text import clean
from modelyard.local.runner.pipeline.places import Place


def show_warnings(warnings: Iterable[tuple[Place, str]]) -> None:
    """What will run, and hardly as it was meant."""
    for place, message in warnings:
        sys.stderr.write(f"{place}: warning: {clean(message)}\n")


def shown(path: Path) -> str:
    """A path as somebody here would write it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith(os.pardir) else relative
