"""``modelyard local report [FOLDER] [--open]``: the page of a run."""

from __future__ import annotations

import argparse
import sys
import webbrowser
from pathlib import Path

from modelyard.local.commands.notices import shown
from modelyard.local.runner.report import write
from modelyard.local.runner.results.format import DOCUMENT, LOGS, RUNS
from modelyard.runner_errors import ReportError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its own options."""
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=RUNS,
        metavar="FOLDER",
        help="a run's result folder, or one that holds them, of which the newest is taken "
        f"(default: {RUNS})",
    )
    parser.add_argument("--open", action="store_true", help="show it in the browser")


def report_command(options: argparse.Namespace) -> int:
    """Write the report and say where it is; returns the exit code.

    :raises ReportError: when there is no run.
    """
    path = write(_newest(options.folder))
    sys.stdout.write(f"{shown(path)}\n")
    sys.stdout.flush()  # a browser may write to the same terminal
    if options.open and not webbrowser.open(path.resolve().as_uri()):
        sys.stderr.write("No browser can be started here: open that file in one.\n")
    return 0


def _newest(folder: Path) -> Path:
    if (folder / DOCUMENT).is_file():
        return folder
    if (folder / LOGS).is_dir():
        raise _without_end(folder)
    documents = [one for one in folder.glob(f"*/{DOCUMENT}") if one.is_file()]
    ended = max(documents, key=_age, default=None)
    logs = [one for one in folder.glob(f"*/{LOGS}") if not (one.parent / DOCUMENT).exists()]
    begun = max(logs, key=_age, default=None)
    if ended is None:
        if begun is not None:
            raise _without_end(begun.parent)
        raise ReportError(f"{folder} holds no run", fix="modelyard local run FILE makes one")
    if begun is not None and _age(begun) > _age(ended):
        sys.stderr.write(f"A newer one isn't shown: {_without_end(begun.parent)}\n")
    return ended.parent


def _age(entry: Path) -> tuple[float, str]:
    """Of a run, by what it wrote last; the greatest is the newest."""
    return entry.stat().st_mtime, entry.parent.name


def _without_end(folder: Path) -> ReportError:
    return ReportError(
        f"the run in {folder} has no end: it was killed before, or is running still",
        fix=f"read its logs, in {folder / LOGS}",
    )
