"""``dbutils.notebook``: run another notebook as a run of its own, or end this one with a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from modelyard.local.notebook.dbutils.context import Context, EntryPoint
from modelyard.local.notebook.dbutils.guide import Helpful
from modelyard.local.notebook.runs import NotebookResult


class NotebookExit(BaseException):
    """The notebook ends here, successfully. No ``except Exception`` must catch it."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class WorkflowException(Exception):
    """``com.databricks.WorkflowException``: a notebook that this one ran didn't succeed."""

    def __init__(self, message: str, result: NotebookResult) -> None:
        super().__init__(message)
        self.result = result


RunChild = Callable[[str, float | None, Mapping[str, str]], NotebookResult]


class NotebookUtility(Helpful):
    """Control the flow of notebooks."""

    name = "notebook"
    entry_point: EntryPoint

    def __init__(self, context: Callable[[], Context], run_child: RunChild) -> None:
        self._context = context
        self._run_child = run_child

    def exit(self, value: Any = "") -> NoReturn:
        """End the notebook with a value, 5 MB at most.

        In a notebook that was included with ``%run`` it ends the including one too: it is one run.
        """
        raise NotebookExit(str(value))

    def run(
        self, path: str, timeout_seconds: int = 0, arguments: Mapping[str, Any] | None = None
    ) -> str:
        """Run a notebook in a process of its own; returns its exit value.

        Raises WorkflowException when it doesn't succeed, or takes longer than timeout_seconds
        (0: no limit).
        """
        parameters = {str(name): str(value) for name, value in (arguments or {}).items()}
        result = self._run_child(path, float(timeout_seconds) or None, parameters)
        if result.status == "success":
            return result.exit_value or ""
        where = ""
        if result.notebook and result.cell:
            where = f" (notebook {result.notebook}, cell {result.cell}, line {result.line})"
        state = {"timed_out": "TIMEDOUT", "canceled": "CANCELED"}.get(result.status, "FAILED")
        raise WorkflowException(f"{state}: {path}: {result.error or result.status}{where}", result)

    def getContext(self) -> Context:  # noqa: N802
        """The context of this run."""
        return self._context()
