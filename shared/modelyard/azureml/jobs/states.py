"""Every state that a job or a step can be in, and what it means.

Source: azure-ai-ml, ``JobStatus``; Azure REST reference, "Jobs", ``JobStatus``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from modelyard.errors import UnknownState


class Meaning(enum.Enum):
    """What a state means for whoever waits."""

    ACTIVE = "active"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


_ACTIVE = (
    *("NotStarted", "Queued", "Starting", "Provisioning", "Preparing", "Running", "Scheduled"),
    *("Finalizing", "CancelRequested"),
)
_MEANINGS = {
    **dict.fromkeys(_ACTIVE, Meaning.ACTIVE),
    "Completed": Meaning.SUCCEEDED,
    "Failed": Meaning.FAILED,
    # Its node is lost, or it waits for somebody who won't come: it never ends by itself.
    "NotResponding": Meaning.FAILED,
    "Paused": Meaning.FAILED,
    "Canceled": Meaning.CANCELED,
}


@dataclass(frozen=True)
class State:
    """A state, by the service's own name."""

    name: str
    meaning: Meaning

    @property
    def ended(self) -> bool:
        return self.meaning is not Meaning.ACTIVE


def state_of(name: object) -> State:
    """:raises UnknownState: for one that isn't in the table: it isn't taken for success."""
    text = str(name or "")
    if text not in _MEANINGS:
        raise UnknownState(f"Azure ML reports the state {text!r}, which isn't known")
    return State(text, _MEANINGS[text])
