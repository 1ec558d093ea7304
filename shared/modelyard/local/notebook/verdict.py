"""From what a run's process said and did to its result."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from modelyard.local.notebook.output import RunOutput
from modelyard.local.notebook.redaction import Redactor
from modelyard.local.notebook.runs import CellRecord, NotebookRequest, NotebookResult
from modelyard.local.notebook.shell import how_it_ended

TERMINATED = 128 + signal.SIGTERM
"""Exit status of a run that was ended by SIGTERM and could clean up."""

Ending = Literal["canceled", "timed_out"]


def without_word(
    request: NotebookRequest, ending: Ending | None, status: int, cell: int | None
) -> dict[str, Any]:
    """The facts of a run whose process ended before it could tell how.

    :param ending: what it was asked for; None: nobody asked it to end.
    :param status: of the process; negative: the signal that ended it.
    :param cell: the one that was running.
    """
    where = {"cell": cell, "notebook": request.notebook_path}
    if ending == "canceled":
        return {"status": "canceled", "error": "Run was canceled", **where}
    if ending == "timed_out":
        limit = f"{request.timeout_seconds:g} s"
        return {"status": "timed_out", "error": f"Run took longer than {limit}", **where}
    if status == TERMINATED:
        status = -signal.SIGTERM
    during = f"during cell {cell}" if cell else "before the first cell"
    if request.kind == "python":
        during = "while the script ran"
    error = f"The Python process {how_it_ended(status)} {during}, without an exception"
    return {"status": "failed", "error": f"{error}. {_hint(status)}", **where}


def _hint(status: int) -> str:
    if status == -signal.SIGKILL:
        return "Usually that is the operating system ending it because memory ran out."
    if status == -signal.SIGTERM:
        return "Some other program on this machine ended it."
    if status < 0:
        return "Usually that is a fault in a native library; its output may tell more."
    return "Something called os._exit, or the interpreter could not start; see its output."


def make_result(
    facts: Mapping[str, Any],
    cells: Iterable[Mapping[str, Any]],
    output: RunOutput,
    redactor: Redactor,
    *,
    seconds: float,
) -> NotebookResult:
    """The result from its facts, its cells and its output, without secrets."""

    def hide(text: str) -> str:
        # A lone surrogate (a file name that isn't UTF-8, say) could not be stored or sent on.
        return redactor.text(text).encode("utf-8", "replace").decode()

    shown: dict[str, Any] = {
        name: hide(value) if name in ("exit_value", "error", "traceback") and value else value
        for name, value in facts.items()
    }
    records = []
    for cell in cells:
        # A cell that has begun and never ended is the one that the run ended in.
        missing = "failed" if cell["index"] == output.cell else "not_run"
        records.append(
            CellRecord(
                index=cell["index"],
                language=cell["language"],
                title=hide(cell["title"]),
                source=hide(cell["source"]),
                status=cell.get("status", missing),
                started=cell.get("started"),
                seconds=cell.get("seconds"),
                text=output.text_of(cell["index"]),
                html=tuple(map(hide, cell.get("html", ()))),
            )
        )
    return NotebookResult(**shown, logs=str(output.log), cells=tuple(records), seconds=seconds)
