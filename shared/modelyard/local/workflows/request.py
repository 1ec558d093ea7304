"""What somebody wants to be run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard.local.workflows.leaves import Leaf
from modelyard.local.workflows.model import Plan

StartJob = Callable[[Mapping[str, str]], Mapping[str, str]]
"""Tells the issuer of identity tokens of a job; the two variables that the job gets."""


@dataclass(frozen=True)
class Request:
    """A run of a workflow."""

    plan: Plan
    leaves: Sequence[Leaf]
    """The jobs that run, with the inputs filled in that are known."""
    act: Path
    event: str
    inputs: Mapping[str, str]
    secrets: Mapping[str, str]
    variables: Mapping[str, str]
    job: str = ""
    """The id of the one that is wanted, with what it needs; empty: all."""
    number: int = 1
    start_job: StartJob | None = None
    """None: there is no issuer of identity tokens."""
