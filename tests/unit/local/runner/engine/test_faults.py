"""An error of the runner itself fails a step or a job; the run comes to its result."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.local.runner.engine.job_run import JobRun
from modelyard.local.runner.engine.step_run import StepRun

TWO_JOBS = """
    jobs:
    - job: A
      steps: [{checkout: none}, {bash: "echo '> a'"}, {bash: "echo '> then'", condition: failed()}]
    - job: B
      dependsOn: A
      condition: failed()
      steps: [{checkout: none}, {bash: "echo '> b'"}]
    """


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A method that is broken the first time it is called."""

    def make(kind: type, name: str) -> None:
        real, calls = getattr(kind, name), [0]

        def once(*given: Any, **more: Any) -> Any:
            calls[0] += 1
            if calls[0] == 1:
                raise RuntimeError("nobody expected this")
            return real(*given, **more)

        monkeypatch.setattr(kind, name, once)

    return make


def test_of_a_step_fails_the_step(run: Any, broken: Any) -> None:
    broken(StepRun, "run")
    done = run(TWO_JOBS)

    assert done.result == "Failed"
    assert done.printed == ["> then", "> b"]
    assert "RuntimeError: nobody expected this (a fault of" in done.node("__default", "A", "1").note


def test_of_a_job_fails_the_job(run: Any, broken: Any) -> None:
    broken(JobRun, "_copies")
    done = run(TWO_JOBS)

    assert done.result == "Failed"
    assert done.printed == ["> b"]
    note = done.node("__default", "A").note
    assert note.startswith("RuntimeError: nobody expected this (a fault of Modelyard at ")
