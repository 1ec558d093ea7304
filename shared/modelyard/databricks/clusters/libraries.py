"""Libraries of a cluster: what is there, install what isn't, wait until all can be used.

Source: REST reference, "Managed libraries" (API 2.0).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelyard.databricks.clusters import cluster_waiting, clusters, library_spec
from modelyard.databricks.clusters.cluster_waiting import GRACE
from modelyard.databricks.clusters.library_spec import Library
from modelyard.databricks.clusters.library_states import LibraryPhase, phase_of
from modelyard.errors import LibraryFailed
from modelyard.http import Session
from modelyard.waiting import Observation, wait

log = logging.getLogger(__name__)

API = "/api/2.0/libraries"
_LONGEST_MESSAGE = 3000
"""Characters: pip repeats itself at length; the end tells why."""


@dataclass(frozen=True)
class Status:
    """One library on one cluster."""

    library: Library
    status: str
    """Raw; :attr:`phase` says what it means."""
    messages: tuple[str, ...] = ()
    everywhere: bool = False
    """Set in the workspace for all clusters, not for this one."""

    @property
    def phase(self) -> LibraryPhase:
        """:raises UnknownState:"""
        return phase_of(self.status, self.library.title)

    @property
    def problem(self) -> str:
        """What went wrong, in the words of pip or the service; "" while nothing did."""
        if self.phase is LibraryPhase.FAILED:
            text = "\n".join(self.messages).strip() or "the service tells no reason"
            return text if len(text) <= _LONGEST_MESSAGE else "... " + text[-_LONGEST_MESSAGE:]
        if self.phase is LibraryPhase.SKIPPED and not self.everywhere:
            told = "\n".join(self.messages).strip()
            return "skipped: it doesn't suit the cluster's runtime" + (f": {told}" if told else "")
        # Libraries for all clusters are skipped on every current runtime; nobody asked for them.
        return ""


def statuses(session: Session, cluster_id: str) -> tuple[Status, ...]:
    """Every library of the cluster, also those that go at the next restart."""
    answer = session.get(f"{API}/cluster-status", {"cluster_id": cluster_id})
    return tuple(_status(one) for one in answer.get("library_statuses") or ())


def missing(asked: Iterable[Library], there: Sequence[Status]) -> tuple[Library, ...]:
    """Those asked for that aren't on the cluster, failed there, or are about to go."""
    fine = (LibraryPhase.USABLE, LibraryPhase.WORKING)
    present = {one.library for one in there if one.phase in fine}
    return tuple(library for library in asked if library not in present)


def unasked(asked: Iterable[Library], there: Sequence[Status]) -> tuple[Library, ...]:
    """Libraries of this very cluster that nobody asks for any more."""
    wanted = set(asked)
    return tuple(
        one.library
        for one in there
        if one.library not in wanted
        and one.phase is not LibraryPhase.LEAVING
        and not one.everywhere
    )


def leaving(there: Sequence[Status]) -> tuple[Library, ...]:
    """Libraries that go when the cluster restarts."""
    return tuple(one.library for one in there if one.phase is LibraryPhase.LEAVING)


def install(session: Session, cluster_id: str, wanted: Sequence[Library]) -> None:
    """Ask for libraries; they come some time after."""
    bodies = [library.body for library in wanted]
    session.post(f"{API}/install", {"cluster_id": cluster_id, "libraries": bodies}, repeatable=True)


def uninstall(session: Session, cluster_id: str, unwanted: Sequence[Library]) -> None:
    """Mark libraries: they go when the cluster restarts. Those not there are no error."""
    bodies = [library.body for library in unwanted]
    session.post(
        f"{API}/uninstall", {"cluster_id": cluster_id, "libraries": bodies}, repeatable=True
    )


def log_plan(title: str, absent: Sequence[Library], present: int) -> None:
    """Say what is installed now and how many were there."""
    for library in absent:
        log.info("%s: installing %s", title, library.title)
    if present:
        log.info("%s: %d of the libraries asked for are there already", title, present)


def until_usable(
    session: Session,
    cluster_id: str,
    asked: Sequence[Library] = (),
    *,
    timeout: float,
    requested: Sequence[Library] = (),
) -> tuple[Status, ...]:
    """Wait until every library of the cluster can be used, those asked for among them.

    :param requested: those that were asked for just now: for a moment the service may not list
        them, or list the failure of an earlier attempt.
    :raises LibraryFailed: when all have ended, with each that failed and why.
    :raises ClusterFailed: when the cluster terminates meanwhile.
    :raises UnknownState, WaitTimeout:
    """
    start = session.clock.monotonic()

    def probe() -> Observation[tuple[Status, ...]]:
        there = statuses(session, cluster_id)
        fresh = session.clock.monotonic() - start < GRACE
        waiting = [one for one in there if _is_waited_for(one, requested if fresh else ())]
        listed = {one.library for one in there}
        unlisted = [library for library in asked if library not in listed]
        if not waiting and not unlisted:
            return Observation("READY", True, there)
        cluster_waiting.require_ready(clusters.get(session, cluster_id))
        open_ = [f"{one.library.title} {one.status}" for one in waiting]
        open_ += [f"{library.title} not listed yet" for library in unlisted]
        return Observation("INSTALLING", False, there, ", ".join(open_))

    there = wait(f"libraries of {cluster_id}", probe, clock=session.clock, timeout=timeout)
    check(there, cluster_id)
    return there


def check(there: Sequence[Status], cluster_id: str) -> None:
    """:raises LibraryFailed: with every library that failed and what pip said."""
    failed = [one for one in there if one.problem]
    if failed:
        details = "\n".join(f"{one.library.title}: {one.problem}" for one in failed)
        raise LibraryFailed(
            f"{len(failed)} of {len(there)} libraries can't be used on {cluster_id}:\n{details}",
            cause="the package or version doesn't exist for this runtime, or its index can't be "
            "reached from the cluster",
            fix="correct the list; a failed library stays on the cluster until it is uninstalled",
        )


def _is_waited_for(one: Status, requested: Sequence[Library]) -> bool:
    if one.library in requested and one.phase in (LibraryPhase.FAILED, LibraryPhase.LEAVING):
        return True
    return one.phase is LibraryPhase.WORKING


def _status(body: Mapping[str, Any]) -> Status:
    return Status(
        library=library_spec.of(body.get("library") or {}),
        status=str(body.get("status", "")),
        messages=tuple(str(message) for message in body.get("messages") or ()),
        everywhere=bool(body.get("is_library_for_all_clusters")),
    )
