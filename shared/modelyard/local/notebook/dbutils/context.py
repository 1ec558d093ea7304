"""The context of a run, as notebooks dig it out of ``dbutils.notebook.entry_point``.

Databricks hands out Scala objects there: options with ``get()``, maps with ``apply()``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any


class Option:
    """A Scala ``Option``."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def isDefined(self) -> bool:  # noqa: N802
        """Whether there is a value."""
        return self._value is not None

    def isEmpty(self) -> bool:  # noqa: N802
        """Whether there is none."""
        return self._value is None

    def get(self) -> Any:
        """The value; raises ``LookupError`` as Scala's ``None.get`` does."""
        if self._value is None:
            raise LookupError("None.get")
        return self._value

    def getOrElse(self, default: Any) -> Any:  # noqa: N802
        """The value, or else the default."""
        return default if self._value is None else self._value

    def toString(self) -> str:  # noqa: N802
        """As Scala prints it."""
        return str(self)

    def __str__(self) -> str:
        return "None" if self._value is None else f"Some({self._value})"


class RunId(int):
    """A run's id: a number that also answers to ``id()``."""

    def id(self) -> int:
        """The number."""
        return int(self)

    def toString(self) -> str:  # noqa: N802
        """The number as text."""
        return str(int(self))


class Tags:
    """A Scala ``Map[String, String]``."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def apply(self, name: str) -> str:
        """The tag's value; raises ``KeyError``."""
        return self._values[name]

    def get(self, name: str) -> Option:
        """The tag's value, if there is one."""
        return Option(self._values.get(name))

    def getOrElse(self, name: str, default: Any = None) -> Any:  # noqa: N802
        """The tag's value, or else the default."""
        return self._values.get(name, default)

    def contains(self, name: str) -> bool:
        """Whether there is such a tag."""
        return name in self._values

    def as_dict(self) -> dict[str, str]:
        """All tags."""
        return dict(self._values)


class Context:
    """``dbutils.notebook.entry_point.getDbutils().notebook().getContext()``."""

    def __init__(self, notebook_path: str, run_id: int, facts: Mapping[str, str]) -> None:
        self._path = notebook_path
        self._run_id = run_id
        self._facts = facts
        host = os.environ.get("DATABRICKS_HOST", "")
        self._url = host if "://" in host or not host else f"https://{host}"
        named = {
            "jobId": facts.get("job_id"),
            "runId": str(run_id),
            "taskKey": facts.get("task_key"),
            "multitaskParentRunId": facts.get("job_run_id"),
            "idInJob": facts.get("job_run_id"),
            "clusterId": facts.get("cluster_id"),
            "browserHostName": self._url.partition("://")[2] or None,
        }
        self._tags = {name: str(value) for name, value in named.items() if value}

    def notebookPath(self) -> Option:  # noqa: N802
        """Path of the notebook."""
        return Option(self._path)

    def currentRunId(self) -> Option:  # noqa: N802
        """Id of this run."""
        return Option(RunId(self._run_id))

    def rootRunId(self) -> Option:  # noqa: N802
        """Id of the job run that this task belongs to."""
        root = self._facts.get("job_run_id")
        return Option(RunId(root) if root else None)

    def jobId(self) -> Option:  # noqa: N802
        """Id of the job; none in one-time runs."""
        return Option(self._tags.get("jobId"))

    def clusterId(self) -> Option:  # noqa: N802
        """Id of the cluster."""
        return Option(self._tags.get("clusterId"))

    def browserHostName(self) -> Option:  # noqa: N802
        """Host name of the workspace."""
        return Option(self._tags.get("browserHostName"))

    def apiUrl(self) -> Option:  # noqa: N802
        """Address of the workspace."""
        return Option(self._url or None)

    def apiToken(self) -> Option:  # noqa: N802
        """The run's token."""
        return Option(os.environ.get("DATABRICKS_TOKEN"))

    def tags(self) -> Tags:
        """Everything named."""
        return Tags(self._tags)

    def toJson(self) -> str:  # noqa: N802
        """Everything as JSON."""
        return json.dumps(
            {
                "rootRunId": self.rootRunId().getOrElse(None) and {"id": self.rootRunId().get()},
                "currentRunId": {"id": self._run_id},
                "jobGroup": None,
                "tags": self._tags,
                "extraContext": {"notebook_path": self._path, "api_url": self._url},
            }
        )

    safeToJson = toJson  # noqa: N815


class EntryPoint:
    """``dbutils.notebook.entry_point``: the chain of calls that ends in the context."""

    def __init__(self, context: Callable[[], Context]) -> None:
        self._context = context

    def getDbutils(self) -> EntryPoint:  # noqa: N802
        """The next link of the chain."""
        return self

    def notebook(self) -> EntryPoint:
        """The next link of the chain."""
        return self

    def getContext(self) -> Context:  # noqa: N802
        """The context."""
        return self._context()
