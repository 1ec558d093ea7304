"""What is asked of a driver and what comes back: plain values that travel as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

Kind = Literal["notebook", "python"]
Status = Literal["success", "failed", "canceled", "timed_out", "driver_lost"]
CellStatus = Literal["success", "failed", "not_run"]


@dataclass(frozen=True)
class NotebookRequest:
    """One run of a notebook, or of a Python file with arguments."""

    run_id: int
    notebook_path: str
    """``notebook``: a workspace path. ``python``: also ``dbfs:/...`` or ``file:/...``."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Widget values (``base_parameters`` joined with ``notebook_params``)."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of this run, over the driver's: DATABRICKS_HOST, DATABRICKS_TOKEN, ...
    The values of names that end in TOKEN, SECRET or PASSWORD are redacted in all output."""
    timeout_seconds: float | None = None
    """None or 0: no limit."""
    kind: Kind = "notebook"
    arguments: Sequence[str] = ()
    """``python``: ``sys.argv[1:]``."""
    python: Path | None = None
    """Interpreter of the environment for this run; None: the driver's."""
    context: Mapping[str, str] = field(default_factory=dict)
    """job_id, job_run_id, task_key, cluster_id: what ``getContext()`` and task values tell."""

    def to_json(self) -> dict[str, Any]:
        """JSON values only."""
        document = asdict(self)
        document["python"] = None if self.python is None else str(self.python)
        document["parameters"] = {str(k): str(v) for k, v in self.parameters.items()}
        document["environment"] = dict(self.environment)
        document["context"] = {str(k): str(v) for k, v in self.context.items()}
        document["arguments"] = [str(argument) for argument in self.arguments]
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> NotebookRequest:
        """The inverse of :meth:`to_json`."""
        values = {item.name: document[item.name] for item in fields(cls)}
        values["python"] = None if values["python"] is None else Path(values["python"])
        return cls(**values)


@dataclass(frozen=True)
class CellRecord:
    """One cell as the run page shows it. Texts and HTML come from the notebook: untrusted."""

    index: int
    """1 for the first cell."""
    language: str
    title: str
    source: str
    status: CellStatus
    started: float | None = None
    """Seconds since the epoch; None: not run."""
    seconds: float | None = None
    text: str = ""
    """stdout and stderr of the cell, bounded."""
    html: Sequence[str] = ()
    """Tables, figures and ``displayHTML``, bounded."""


@dataclass(frozen=True)
class NotebookResult:
    """How a run ended."""

    status: Status
    exit_value: str | None = None
    """What ``dbutils.notebook.exit`` was given; None: it wasn't called."""
    truncated: bool = False
    """The exit value was longer than 5 MB and was cut."""
    error: str | None = None
    """One line: ``ExceptionType: message``."""
    traceback: str | None = None
    """Positions as "cell 4, line 3"; frames of this runtime are left out."""
    cell: int | None = None
    """Where it happened, 1-based; None: not in a cell (a Python file, or before the first)."""
    line: int | None = None
    """Line in the cell (its magic line counts), or in the Python file."""
    file_line: int | None = None
    """Line in the file that the notebook's source format or ipynb is."""
    notebook: str | None = None
    """Path of the notebook or file where it happened: may be one that ``%run`` included."""
    logs: str = ""
    """stdout and stderr of everything the run started, in order, bounded."""
    cells: Sequence[CellRecord] = ()
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """JSON values only."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> NotebookResult:
        """The inverse of :meth:`to_json`."""
        values = {item.name: document[item.name] for item in fields(cls)}
        values["cells"] = tuple(
            CellRecord(**{**cell, "html": tuple(cell["html"])}) for cell in values["cells"]
        )
        return cls(**values)
