"""What all jobs of a run share."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from modelyard.clock import Clock
from modelyard.local.runner.builtin.artifacts import ArtifactStore
from modelyard.local.runner.builtin.coverage import Coverage
from modelyard.local.runner.builtin.test_run import TestRun
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.connections import Services
from modelyard.local.runner.engine.counters import Counters
from modelyard.local.runner.engine.events import Events, RunPath
from modelyard.local.runner.engine.masking import RunMasker
from modelyard.local.runner.engine.outcomes import StageOutcome
from modelyard.local.runner.engine.questions import Approvals
from modelyard.local.runner.engine.settings import Settings
from modelyard.local.runner.engine.slots import Slots
from modelyard.local.runner.engine.tasks import Tasks
from modelyard.local.runner.engine.working_copy import Source
from modelyard.local.runner.pipeline.plan import Plan
from modelyard.local.runner.predefined_variables import Build
from modelyard.local.runner.step_report import Upload
from modelyard.local.runner.variables import Variable


@dataclass
class Collected:
    """What steps have left for the run's report. Jobs add to it side by side."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    tests: list[tuple[RunPath, TestRun]] = field(default_factory=list)
    coverage: list[tuple[RunPath, Coverage]] = field(default_factory=list)
    uploads: list[tuple[RunPath, Upload]] = field(default_factory=list)
    """Copies in the result folder."""
    tags: list[str] = field(default_factory=list)
    outputs: dict[RunPath, dict[str, str]] = field(default_factory=dict)
    """Output variables of steps; none that is secret."""


@dataclass
class RunState:
    """One run."""

    plan: Plan
    settings: Settings
    tasks: Tasks
    clock: Clock
    emit: Events
    cancellation: RunCancellation
    services: Services
    approvals: Approvals
    counters: Counters
    artifacts: ArtifactStore
    source: Source
    build: Build
    facts: tuple[Variable, ...]
    """Predefined variables beside those of every build."""
    started: datetime
    resources: Mapping[str, Any]
    """The context of that name (:mod:`.resource_context`)."""
    work: Path
    """Jobs have their folders in it; it is gone after the run."""
    uploads: Path
    """Where uploaded files are kept."""
    masker: RunMasker = field(default_factory=RunMasker)
    slots: Slots = field(default_factory=lambda: Slots(2))
    collected: Collected = field(default_factory=Collected)
    stages: dict[str, StageOutcome] = field(default_factory=dict)
    """Those that have ended."""
    number: str = ""
    """Build.BuildNumber."""
