"""What ``modelyard local report [FOLDER] [--open]`` does."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from modelyard.local.runner.report.model import ReportError
from modelyard.local.runner.report.page import write

RUNS = Path(".modelyard/runs")
"""Where runs are kept unless told otherwise."""


def command(folder: Path | None = None, *, open: bool = False) -> Path:
    """Make the report of a run.

    :param folder: its result folder, or one that holds result folders, of which the newest is
        taken; else :data:`RUNS` below the working folder.
    :param open: show it in the browser.
    :returns: the report's path.
    :raises ReportError: when there is no run.
    """
    path = write(_newest(folder if folder is not None else RUNS))
    if open and not webbrowser.open(path.resolve().as_uri()):
        raise ReportError(f"no browser can be started here; open {path} yourself")
    return path


def _newest(folder: Path) -> Path:
    if (folder / "run.json").is_file():
        return folder
    found = [one for one in folder.glob("*/run.json") if one.is_file()]
    if not found:
        raise ReportError(f"{folder} holds no run; `modelyard local run FILE` makes one")
    return max(found, key=lambda one: (one.stat().st_mtime, one.parent.name)).parent
