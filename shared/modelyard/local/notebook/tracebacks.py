"""What went wrong in a notebook, in the notebook's terms: cells and lines, no runtime frames."""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

RUNTIME = str(Path(__file__).parent)
_PACKAGE = __name__.rpartition(".")[0]

LIMIT = 64_000
"""Characters kept of a traceback."""
ERROR_LIMIT = 2_000
"""Characters kept of the one-line error."""


@dataclass(frozen=True)
class Place:
    """What a code object's file name stands for."""

    notebook: str
    cell: int | None = None
    """None: a Python file, not a notebook."""
    first_line: int | None = None
    """Line of the file on which the cell begins."""

    def __str__(self) -> str:
        return self.notebook if self.cell is None else f"notebook {self.notebook}, cell {self.cell}"

    def file_line(self, line: int | None) -> int | None:
        """Line of the file for ``line`` of the cell."""
        if line is None or self.cell is None:
            return line
        return None if self.first_line is None else self.first_line + line - 1


@dataclass(frozen=True)
class Failure:
    """An exception, described."""

    error: str
    traceback: str
    notebook: str | None = None
    cell: int | None = None
    line: int | None = None
    file_line: int | None = None


def describe(exception: BaseException, places: Mapping[str, Place]) -> Failure:
    """Describe an exception that left a notebook.

    :param places: by file name of code objects.
    """
    text = "\n".join(_report(exception, places, set()))
    if len(text) > LIMIT:
        half = LIMIT // 2
        text = f"{text[:half]}\n[... {len(text) - LIMIT} characters left out ...]\n{text[-half:]}"
    position = _position(exception, places)
    if position is None:
        return Failure(summary(exception), text)
    place, line = position
    return Failure(
        summary(exception), text, place.notebook, place.cell, line, place.file_line(line)
    )


def summary(exception: BaseException) -> str:
    """``ExceptionType: message`` in one line."""
    message = ""
    if isinstance(exception, SyntaxError) and exception.msg:
        message = exception.msg  # str() would add the position, which has its own place
    else:
        try:
            message = str(exception)
        except Exception as error:  # noqa: BLE001 - an exception's own __str__ may raise anything
            message = f"<its message could not be made: {type(error).__name__}>"
    line = next((line.strip() for line in message.splitlines() if line.strip()), "")
    name = type(exception).__name__
    return f"{name}: {line}"[:ERROR_LIMIT] if line else name


def _position(
    exception: BaseException, places: Mapping[str, Place]
) -> tuple[Place, int | None] | None:
    """Where the notebook was: the innermost of its frames, or the line that isn't Python."""
    if isinstance(exception, SyntaxError) and (exception.filename or "") in places:
        return places[exception.filename or ""], exception.lineno
    for frame in reversed(traceback.extract_tb(exception.__traceback__)):
        if frame.filename in places:
            return places[frame.filename], frame.lineno
    return None


def _report(exception: BaseException, places: Mapping[str, Place], seen: set[int]) -> Iterator[str]:
    seen.add(id(exception))
    cause, context = exception.__cause__, exception.__context__
    if cause is not None and id(cause) not in seen:
        yield from _report(cause, places, seen)
        yield "\nThe above exception was the direct cause of the following exception:\n"
    elif context is not None and not exception.__suppress_context__ and id(context) not in seen:
        yield from _report(context, places, seen)
        yield "\nDuring handling of the above exception, another exception occurred:\n"
    frames = list(_frames(exception, places))
    if frames:
        yield "Traceback (most recent call last):"
        yield from frames
    yield from _exception_lines(exception, places)
    for number, member in enumerate(getattr(exception, "exceptions", ()), start=1):
        if isinstance(member, BaseException) and id(member) not in seen:
            yield f"  sub-exception {number}:"
            for part in _report(member, places, seen):
                yield "\n".join(f"    {line}" for line in part.split("\n"))


def _frames(exception: BaseException, places: Mapping[str, Place]) -> Iterator[str]:
    """The frames from the first of the notebook on; all where the notebook has none."""
    frames = [
        frame
        for frame in traceback.extract_tb(exception.__traceback__)
        if not frame.filename.startswith(RUNTIME)
    ]
    first = next((i for i, frame in enumerate(frames) if frame.filename in places), None)
    if first is None and isinstance(exception, SyntaxError):
        return  # the frames are the compiler's
    for frame in frames[first:]:
        where = places.get(frame.filename)
        label = f'File "{frame.filename}"' if where is None else str(where)
        yield f"  {label}, line {frame.lineno}, in {frame.name}"
        if frame.line:
            yield f"    {frame.line}"


def _exception_lines(exception: BaseException, places: Mapping[str, Place]) -> Iterator[str]:
    place = places.get(exception.filename or "") if isinstance(exception, SyntaxError) else None
    if isinstance(exception, SyntaxError) and place is not None:
        yield f"  {place}, line {exception.lineno}"
        line = linecache.getline(exception.filename or "", exception.lineno or 0).rstrip("\n")
        if line.strip():
            yield f"    {line}"
            yield " " * (3 + max(exception.offset or 1, 1)) + "^"
        yield summary(exception)
        return
    try:
        lines = traceback.format_exception_only(type(exception), exception)
    except Exception:  # noqa: BLE001 - an exception's own __str__ may raise anything
        lines = [summary(exception)]
    text = "".join(lines).rstrip("\n")
    # Exceptions of this runtime stand for Databricks' own: where they are defined here is no help.
    yield re.sub(rf"^{re.escape(_PACKAGE)}\.[\w.]*?(?=[A-Z])", "", text)
