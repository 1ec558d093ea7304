"""What the states of a library on a cluster mean: one table.

Source: REST reference, "Managed libraries", ``LibraryInstallStatus``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from modelyard.errors import UnknownState


class LibraryPhase(Enum):
    """What one can expect of a library."""

    WORKING = "it is on its way"
    USABLE = "it can be imported"
    FAILED = "it will not come"
    SKIPPED = "the cluster decided not to install it"
    LEAVING = "it can be imported until the cluster restarts"


PHASES: Mapping[str, LibraryPhase] = MappingProxyType(
    {
        "PENDING": LibraryPhase.WORKING,
        "RESOLVING": LibraryPhase.WORKING,
        "INSTALLING": LibraryPhase.WORKING,
        "INSTALLED": LibraryPhase.USABLE,
        "RESTORED": LibraryPhase.USABLE,  # "installation is restored and can be used"
        "SKIPPED": LibraryPhase.SKIPPED,
        "FAILED": LibraryPhase.FAILED,
        "UNINSTALL_ON_RESTART": LibraryPhase.LEAVING,
    }
)
"""Every state that the service declares."""


def phase_of(status: str, library: str) -> LibraryPhase:
    """:raises UnknownState: with the raw value."""
    try:
        return PHASES[status]
    except KeyError:
        raise UnknownState(
            f"library {library} is in the state {status!r}, which this version doesn't know"
        ) from None
