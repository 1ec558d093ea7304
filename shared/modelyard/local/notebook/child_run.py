"""``dbutils.notebook.run``: a notebook as a run of its own, below the run that asks for it."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from modelyard.local import process_family
from modelyard.local.notebook.link import Link
from modelyard.local.notebook.runs import NotebookRequest, NotebookResult
from modelyard.local.notebook.supervisor import GRACE, RunProcess
from modelyard.local.notebook.workspace import absolute


def _print(text: str) -> None:
    sys.stdout.write(text)


class ChildRuns:
    """The runs that one run starts. They see the cluster's packages, not its ``%pip`` ones."""

    def __init__(
        self,
        request: NotebookRequest,
        folder: Path,
        environment: Mapping[str, str],
        link: Link,
        current: Callable[[], str],
    ) -> None:
        """:param current: path of the notebook that asks, for relative paths."""
        self._request = request
        self._folder = folder
        self._environment = environment
        self._link = link
        self._current = current
        self._numbers = itertools.count(1)

    def run(
        self, path: str, timeout: float | None, parameters: Mapping[str, str]
    ) -> NotebookResult:
        """Run ``path`` to its end. What it prints appears here, without the secrets it read."""
        number = next(self._numbers)
        target = absolute(path, self._current())
        request = replace(
            self._request,
            notebook_path=target,
            parameters=parameters,
            timeout_seconds=timeout,
            kind="notebook",
        )
        child = RunProcess(
            request,
            python=Path(self._environment["MODELYARD_ENVIRONMENT_PYTHON"]),
            folder=self._folder / f"child-{number}",
            work=Path.cwd(),
            environment=self._environment,
            name=f"{self._environment[process_family.VARIABLE]}/{number}",
            on_secret=self._link.redact,
            on_output=_print,
        )
        sys.stdout.write(f"Notebook job {target}\n")
        child.start()
        result = None
        try:
            result = child.wait()
        finally:
            if result is None:  # this run is ending: let the child clean up, too
                child.end("canceled")
                child.wait(GRACE)
        if result is None:
            raise RuntimeError(f"the run of {target} ended without a result")
        return result
