"""Waiting for a cluster: until it runs, until it is terminated, until it can be edited.

The state is read, never assumed, and a first read may be stale: one that shows exactly what was
there before an order (start, edit) proves nothing for ``GRACE`` seconds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from modelyard.databricks.clusters import clusters
from modelyard.databricks.clusters.cluster_states import EDITABLE, Phase
from modelyard.databricks.clusters.clusters import Cluster
from modelyard.errors import ClusterFailed, ModelyardError, NotFound
from modelyard.http import Session
from modelyard.waiting import Observation, wait

log = logging.getLogger(__name__)

GRACE = 15.0
"""Seconds in which a read may still show what was before."""
_HINTS = (
    ("INIT_SCRIPT", "an init script failed: its log is where cluster_log_conf puts it"),
    ("QUOTA", "raise the quota of the subscription, or ask for a smaller node type or fewer nodes"),
    ("STOCKOUT", "the region is out of this node type: ask for another"),
    ("INSTANCE_POOL", "raise the pool's max capacity, or use another pool"),
    ("PENALTY_BOX", "too many starts failed: wait some minutes"),
    ("SPARK", "check spark-conf and the runtime; the driver's log tells more"),
    ("DRIVER", "the driver's log tells more; it may need a larger driver-node-type"),
)


class _Watch:
    """Tells a stale read from a true one after an order."""

    def __init__(self, session: Session, before: tuple[Any, ...] | None) -> None:
        self._clock = session.clock
        self.expect(before)

    def expect(self, before: tuple[Any, ...] | None) -> None:
        """Something was ordered just now; ``before`` is the fingerprint that it will change."""
        self._before = before
        self._since = self._clock.monotonic()

    def in_grace(self) -> bool:
        return self._clock.monotonic() - self._since < GRACE

    def is_stale(self, cluster: Cluster) -> bool:
        if self._before is None or cluster.fingerprint != self._before or not self.in_grace():
            self._before = None
            return False
        return True


def until_running(
    session: Session,
    cluster_id: str,
    *,
    timeout: float,
    created: bool = False,
    edited: Cluster | None = None,
    starting: Callable[[Cluster], None] = lambda _: None,
) -> Cluster:
    """Start the cluster if it is terminated, and wait until it takes work.

    :param created: it was created just now: it isn't started again when it terminates, and may be
        unknown to the service for a moment.
    :param edited: what the cluster was before an edit that restarts it.
    :param starting: called right before it is started.
    :raises ClusterFailed: with the termination reason when it doesn't come up.
    :raises UnknownState, WaitTimeout:
    """
    watch = _Watch(session, edited.fingerprint if edited else None)
    launching = created

    def probe() -> Observation[Cluster | None]:
        nonlocal launching
        try:
            cluster = clusters.get(session, cluster_id)
        except NotFound:
            if created and watch.in_grace():
                return Observation("not listed yet", False, None)
            raise
        if watch.is_stale(cluster):
            return Observation(cluster.state, False, cluster, "as before the order")
        if cluster.phase is Phase.STOPPED and not launching:
            starting(cluster)
            clusters.start(session, cluster_id)
            watch.expect(cluster.fingerprint)
            launching = True
        elif cluster.phase in (Phase.STOPPED, Phase.BROKEN):
            raise failure(cluster)
        elif cluster.phase is Phase.STARTING:
            launching = True
        done = cluster.phase is Phase.READY
        return Observation(cluster.state, done, cluster, "" if done else cluster.detail)

    found = wait(f"cluster {cluster_id}", probe, clock=session.clock, timeout=timeout)
    assert found is not None
    return found


def until_editable(session: Session, cluster: Cluster, *, timeout: float) -> Cluster:
    """Wait until the cluster is RUNNING or TERMINATED."""

    def probe() -> Observation[Cluster]:
        now = clusters.get(session, cluster.cluster_id)
        if now.phase is Phase.BROKEN:
            raise failure(now)
        return Observation(now.state, now.state in EDITABLE, now)

    if cluster.state in EDITABLE:
        return cluster
    return wait(f"cluster {cluster.cluster_id}", probe, clock=session.clock, timeout=timeout)


def until_terminated(session: Session, cluster_id: str, *, timeout: float) -> Cluster | None:
    """Wait until the cluster is terminated; None when it is gone altogether."""

    def probe() -> Observation[Cluster | None]:
        try:
            now = clusters.get(session, cluster_id)
        except NotFound:
            return Observation("gone", True, None)
        done = now.phase in (Phase.STOPPED, Phase.BROKEN)
        return Observation(now.state, done, now)

    return wait(f"cluster {cluster_id}", probe, clock=session.clock, timeout=timeout)


def require_ready(cluster: Cluster) -> None:
    """:raises ClusterFailed: when the cluster doesn't take work now."""
    if cluster.phase is not Phase.READY:
        raise failure(cluster)


def failure(cluster: Cluster) -> ModelyardError:
    """What to raise for a cluster that is terminated or broken when it should run."""
    reason = cluster.detail or "the service gives no reason"
    code = str((cluster.body.get("termination_reason") or {}).get("code", ""))
    hint = next((text for part, text in _HINTS if part in code), "see the cluster's event log")
    return ClusterFailed(f"{cluster.title} is {cluster.state}: {reason}", fix=hint)
