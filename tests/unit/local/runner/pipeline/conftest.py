from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelyard.local.runner.pipeline import PipelineError, plan
from modelyard.local.runner.pipeline.plan import Plan, Step

MAIN = "azure-pipelines.yml"
Files = dict[str, str]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes files into an empty repository; the pipeline is the first."""

    def write(pipeline: str, files: Files | None = None) -> Path:
        for name, text in {MAIN: pipeline, **(files or {})}.items():
            path = tmp_path / "repository" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        return tmp_path / "repository" / MAIN

    return write


@pytest.fixture
def planned(write: Callable[..., Path]) -> Callable[..., Plan]:
    """The plan of a text, with templates beside it."""

    def planned(pipeline: str, files: Files | None = None, **options: Any) -> Plan:
        return plan(write(pipeline, files), **options)

    return planned


@pytest.fixture
def problems(write: Callable[..., Path]) -> Callable[..., list[str]]:
    """What is wrong with a text, a line each."""

    def problems(pipeline: str, files: Files | None = None, **options: Any) -> list[str]:
        with pytest.raises(PipelineError) as caught:
            plan(write(pipeline, files), **options)
        found = [str(one) for one in caught.value.problems]
        assert all(re.match(r"(.+:[1-9]\d*:[1-9]\d*|--parameter \w+): ", line) for line in found), (
            found
        )
        return found

    return problems


@pytest.fixture
def scripts(planned: Callable[..., Plan]) -> Callable[..., list[str]]:
    """The scripts of a pipeline's steps, in order."""

    def scripts(pipeline: str, files: Files | None = None, **options: Any) -> list[str]:
        return [step.inputs["script"] for step in steps_of(planned(pipeline, files, **options))]

    return scripts


@pytest.fixture
def steps() -> Callable[[Plan], list[Step]]:
    """All steps that were written."""
    return steps_of


def steps_of(found: Plan) -> list[Step]:
    return [
        step
        for stage in found.pipeline.stages
        for job in stage.jobs
        for step in job.all_steps()
        if not step.implicit
    ]
