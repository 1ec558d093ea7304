"""What the states of a cluster mean: one table, and what a termination reason says.

Source: REST reference, "Clusters": ``State`` with its allowed transitions, and
``TerminationReason``. ERROR is no longer used by the service but still declared by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any

from modelyard.errors import UnknownState


class Phase(Enum):
    """What one can do with a cluster."""

    STARTING = "it will run, or terminate"
    READY = "it takes work"
    STOPPING = "it will be terminated; only then can it be started"
    STOPPED = "it can be started"
    BROKEN = "the service gave it up"
    UNCLEAR = "the service itself doesn't know at the moment"


PHASES: Mapping[str, Phase] = MappingProxyType(
    {
        "PENDING": Phase.STARTING,
        "RUNNING": Phase.READY,
        "RESTARTING": Phase.STARTING,
        "RESIZING": Phase.READY,  # nodes come or go; the driver goes on taking commands
        "TERMINATING": Phase.STOPPING,
        "TERMINATED": Phase.STOPPED,
        "ERROR": Phase.BROKEN,
        "UNKNOWN": Phase.UNCLEAR,
    }
)
"""Every state that the service declares."""

EDITABLE = frozenset({"RUNNING", "TERMINATED"})
"""In any other state ``clusters/edit`` answers INVALID_STATE."""


def phase_of(state: str, what: str) -> Phase:
    """The phase of a state.

    :param what: names the cluster in the error.
    :raises UnknownState: with the raw value.
    """
    try:
        return PHASES[state]
    except KeyError:
        raise UnknownState(
            f"{what} is in the state {state!r}, which this version doesn't know"
        ) from None


def reason_text(reason: Mapping[str, Any] | None) -> str:
    """A termination reason in one line: ``CODE (TYPE): parameter=value, ...``; "" without one."""
    if not reason:
        return ""
    text = str(reason.get("code", "no code"))
    if reason.get("type"):
        text += f" ({reason['type']})"
    parameters = reason.get("parameters") or {}
    if parameters:
        text += ": " + ", ".join(
            f"{name}={one_line(value)}" for name, value in sorted(parameters.items())
        )
    return text


def one_line(value: Any) -> str:
    """A text of the service's, with every run of white space made one blank."""
    return " ".join(str(value).split())
