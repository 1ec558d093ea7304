"""Stopping a cluster, and saying what was stopped."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from modelyard.databricks.clusters import cluster_waiting, clusters
from modelyard.databricks.clusters.cluster_states import Phase
from modelyard.databricks.clusters.clusters import Cluster
from modelyard.errors import NotFound, WaitTimeout
from modelyard.http import Session

log = logging.getLogger(__name__)

BRIEFLY = 30.0
"""Seconds that a release step waits: the service ends the cluster without anybody watching."""


@dataclass(frozen=True)
class Stopped:
    """What became of a cluster."""

    action: str
    """``terminated``, ``deleted``, or ``left-alone`` when there was nothing to do."""
    state: str
    """``TERMINATED``, ``DELETED``, or the last state seen."""


def stop(session: Session, cluster: Cluster, *, permanent: bool, timeout: float) -> Stopped:
    """Terminate and wait until it is; with ``permanent`` forget its definition too.

    :raises WaitTimeout, UnknownState:
    """
    action, state = "left-alone", cluster.state
    if cluster.phase in (Phase.STOPPED, Phase.BROKEN):
        log.info("%s: already %s", cluster.title, cluster.state)
    elif session.read_only:
        log.info("%s: would terminate it", cluster.title)
        action = "terminated"
    else:
        clusters.terminate(session, cluster.cluster_id)
        last = cluster_waiting.until_terminated(session, cluster.cluster_id, timeout=timeout)
        action, state = "terminated", last.state if last else "DELETED"
        log.info("%s: terminated", cluster.title)
    if permanent:
        if session.read_only:
            log.info("%s: would delete it for ever", cluster.title)
            return Stopped("deleted", state)
        clusters.permanent_delete(session, cluster.cluster_id)
        log.info("%s: deleted for ever", cluster.title)
        return Stopped("deleted", "DELETED")
    return Stopped(action, state)


def terminate_kept(session: Session, state: Mapping[str, str]) -> None:
    """One call that terminates what ``state`` names, without a wait: for a cancelled step."""
    cluster_id = state.get("cluster_id", "")
    if not cluster_id:
        found = clusters.find_created(session, state["cluster_name"], state["token"])
        cluster_id = found.cluster_id if found else ""
    if cluster_id:
        clusters.terminate(session, cluster_id)
        log.info("cluster %s: told to terminate", cluster_id)


def release(session: Session, state: Mapping[str, str]) -> None:
    """Stop what ``state`` names. Safe to call twice, and for what is gone.

    :param state: ``cluster_id``, or ``cluster_name`` and ``token`` when the step ended before it
        knew the id; ``release``: ``terminate`` or ``permanent-delete``.
    """
    name = state.get("cluster_name", "")
    try:
        if state.get("cluster_id"):
            cluster: Cluster | None = clusters.get(session, state["cluster_id"])
        else:
            cluster = clusters.find_created(session, name, state["token"])
    except NotFound:
        cluster = None
    if cluster is None:
        log.info("cluster %s: there is none to release", state.get("cluster_id") or name)
        return
    permanent = state.get("release") == "permanent-delete"
    try:
        stop(session, cluster, permanent=permanent, timeout=BRIEFLY)
    except WaitTimeout as error:
        log.info("%s; the service goes on terminating it", error.what)
        if permanent:
            clusters.permanent_delete(session, cluster.cluster_id)
            log.info("%s: deleted for ever", cluster.title)
