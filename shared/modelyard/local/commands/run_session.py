"""A run as its user has it: shown while it runs, ended by a signal, its results kept."""

from __future__ import annotations

import signal
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Protocol

from modelyard.clock import Clock, SystemClock
from modelyard.errors import Cancelled, InputError, MissingTool
from modelyard.local.commands.notices import shown
from modelyard.local.runner.display import terminal
from modelyard.local.runner.display.json_lines import JsonDisplay
from modelyard.local.runner.display.plain import PlainDisplay
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.events import Event, Listener
from modelyard.local.runner.engine.questions import Person
from modelyard.local.runner.job import Result
from modelyard.local.runner.report import write
from modelyard.local.runner.results.document import Facts, document
from modelyard.local.runner.results.folder import ResultFolder, new_folder
from modelyard.local.runner.results.format import RUNS
from modelyard.local.runner.results.history import History
from modelyard.runner_errors import ResultsError

TREE, PLAIN, JSON = "tree", "plain", "json"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LEFT = (
    "the run was ended before it could clean up: what its steps have started elsewhere, a run or a "
    "cluster, may go on."
)
AFTER_PIPELINE = (
    "the run was cancelled: what runs always and release steps were let run",
    "the run was cancelled twice: what runs always was ended too, release steps were let run",
    _LEFT,
)
"""What is said of a run that was cancelled once, twice, and more often."""
NOT_BEGUN = "the run was cancelled before it began: nothing was run"
AFTER_WORKFLOW = (
    "the run was cancelled: steps with always() and release parts of actions were let run",
    _LEFT,
)
_GOOD = (Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES, Result.SKIPPED)


class Display(Protocol):
    """Shows a run."""

    def __call__(self, event: Event) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Session:
    """What a run is handed by the command that started it."""

    folder: ResultFolder
    history: History
    display: Display
    person: Person | None
    """Who can be asked; None: nobody sits at a terminal."""
    clock: Clock

    @property
    def listeners(self) -> Sequence[Listener]:
        """Who is told of the run."""
        return [self.history, self.folder, self.display]


@contextmanager
def session(options: Namespace, name: str) -> Iterator[Session]:
    """For the time of a run. Afterwards :func:`end` keeps what it was.

    :param name: of the pipeline or the workflow.
    :raises ResultsError: when the folder for the results can't be made.
    :raises MissingTool: when the tree is asked for, and the package that draws it isn't there.
    """
    clock = SystemClock()
    with closing(_result_folder(options.output, name, clock.time())) as folder:
        history = History()
        is_there = terminal.is_there()  # before the display takes the terminal over
        drawing = terminal.quiet() if sys.stdout.isatty() else nullcontext()
        with drawing, closing(_display_of(options.log_format, history)) as display:
            pausing = getattr(display, "paused", nullcontext)
            person = terminal.TerminalPerson(pausing) if is_there else None
            yield Session(folder, history, display, person, clock)


def end(options: Namespace, over: Session, facts: Facts) -> int:
    """Write the results of a session that is over, say where; returns the exit code."""
    folder = over.folder
    folder.mask(facts.masker)
    folder.write_document(document(facts, over.history, folder))
    report = write(folder.folder)
    if options.log_format != JSON:
        sys.stdout.write(f"\nResults: {shown(folder.folder)}\nReport: {shown(report)}\n")
    if facts.signal:
        return 128 + facts.signal
    return 0 if facts.result in _GOOD else 1


@contextmanager
def cancelled_by_signals(after: Sequence[str]) -> Iterator[RunCancellation]:
    """Ctrl-C and SIGTERM cancel the run; asked again, more is ended. Steps start with the system's
    own handling of these signals, also where this process was started with SIGINT ignored, as a
    shell's ``&`` does.

    :param after: what is said at the end, in one line, by how often somebody asked; where
        :func:`go_on` has found that nothing began, that is said.
    """
    cancellation, began = RunCancellation(), True

    def handle(number: int, _frame: FrameType | None) -> None:
        cancellation.cancel(number)

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield cancellation
    except Cancelled:
        began = False
        raise
    finally:
        if cancellation.asked:
            told = after[min(cancellation.asked, len(after)) - 1] if began else NOT_BEGUN
            sys.stderr.write(f"error: {told}\n")
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def go_on(cancellation: RunCancellation) -> None:
    """What a run needs is there, and it may begin.

    :raises Cancelled: when somebody has asked for its end meanwhile.
    """
    if cancellation.is_set():
        raise Cancelled(cancellation.signal)


def check_output(output: Path | None) -> None:
    """
    :raises InputError: when the folder for the results has something in it.
    """
    if output is not None and output.exists() and any(output.iterdir()):
        raise InputError(f"{output} isn't empty", fix="name a new folder for the results")


def _result_folder(wanted: Path | None, name: str, now: float) -> ResultFolder:
    """
    :param wanted: None: a new one among all runs.
    """
    try:
        return ResultFolder(wanted or new_folder(name, now))
    except OSError as error:
        raise ResultsError(
            f"{error.filename or wanted or RUNS} can't be made: {error.strerror or error}"
        ) from None


def _display_of(wanted: str | None, history: History) -> Display:
    """
    :param wanted: None: what fits standard output.
    """
    if wanted == JSON:
        return JsonDisplay(sys.stdout)
    if wanted == TREE or (wanted is None and sys.stdout.isatty()):
        try:
            from modelyard.local.runner.display.tree import TreeDisplay
        except ModuleNotFoundError as error:
            if error.name is None or not error.name.startswith("rich"):
                raise
            if wanted == TREE:
                raise MissingTool(
                    "the Python package rich isn't installed, which draws the tree",
                    fix='pip install "modelyard[local]", or --log-format plain',
                ) from None
        else:
            return TreeDisplay(history, sys.stdout, SystemClock())
    return PlainDisplay(history, sys.stdout)
