"""What all jobs of a run share: whom they tell, and what is collected of them."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.clock import Clock
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.events import Event, Events
from modelyard.local.runner.engine.masking import RunMasker
from modelyard.local.workflows.collected import Collected


@dataclass(frozen=True)
class Telling:
    """Tells of a run."""

    emit: Events
    masker: RunMasker
    cancellation: RunCancellation
    clock: Clock
    collected: Collected

    def __call__(self, event: Event) -> None:
        self.emit(event)
