"""Clusters: find, create, edit, start, terminate.

Source: REST reference, "Clusters" (API 2.1).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from modelyard.databricks.clusters.cluster_states import Phase, one_line, phase_of, reason_text
from modelyard.databricks.creation import create_once
from modelyard.errors import Ambiguous, NotFound, ServiceError
from modelyard.http import Session

log = logging.getLogger(__name__)

API = "/api/2.1/clusters"
TOKEN_TAG = "modelyard-token"  # noqa: S105 - the name of a tag; its value is no secret either
"""Custom tag that marks which step of which attempt created a cluster."""
MACHINE_MADE = frozenset({"JOB", "MODELS", "PIPELINE", "PIPELINE_MAINTENANCE", "SQL"})
"""``cluster_source`` of clusters that belong to a run: nobody else can start them."""
_MOMENTS = ("start_time", "terminated_time", "last_restarted_time", "spark_context_id")


@dataclass(frozen=True)
class Cluster:
    """A cluster as ``clusters/get`` describes it (``body``)."""

    cluster_id: str
    name: str
    state: str
    """Raw; :attr:`phase` says what it means."""
    body: Mapping[str, Any]

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"cluster {self.name} ({self.cluster_id})" if self.name else self.cluster_id

    @property
    def phase(self) -> Phase:
        """:raises UnknownState:"""
        return phase_of(self.state, self.title)

    @property
    def detail(self) -> str:
        """Why it is in this state: the termination reason, else the service's message."""
        message = one_line(self.body.get("state_message", ""))
        return reason_text(self.body.get("termination_reason")) or message

    @property
    def token(self) -> str:
        """The mark of the step that created it; "" when no such step did."""
        return str((self.body.get("custom_tags") or {}).get(TOKEN_TAG, ""))

    @property
    def fingerprint(self) -> tuple[Any, ...]:
        """Changes when it starts, restarts or terminates, also between two looks."""
        return (self.state, *(self.body.get(name) for name in _MOMENTS))


def get(session: Session, cluster_id: str) -> Cluster:
    """One cluster.

    :raises NotFound: also for one that was deleted, or terminated too long ago.
    """
    return _cluster(session.get(f"{API}/get", {"cluster_id": cluster_id}))


def every(session: Session) -> Iterator[Cluster]:
    """All that the workspace lists: active ones, pinned ones, and those terminated lately."""
    params = {"page_size": "100"}
    while True:
        page = session.get(f"{API}/list", params)
        for body in page.get("clusters") or ():
            yield _cluster(body)
        if not page.get("next_page_token"):
            return
        params = {**params, "page_token": str(page["next_page_token"])}


def find(session: Session, name: str) -> Cluster | None:
    """The cluster of exactly this name, job clusters aside; None when there is none.

    :raises Ambiguous: when several have it.
    """
    found = [
        cluster
        for cluster in every(session)
        if cluster.name == name and cluster.body.get("cluster_source") not in MACHINE_MADE
    ]
    if len(found) > 1:
        raise Ambiguous(
            f"{len(found)} clusters are named {name}: "
            + ", ".join(f"{cluster.cluster_id} ({cluster.state})" for cluster in found),
            fix="give cluster-id, or rename or delete the others",
        )
    # The list leaves out fields that get has (``spec``).
    return get(session, found[0].cluster_id) if found else None


def find_created(session: Session, name: str, token: str) -> Cluster | None:
    """The cluster of this name that the step with this token created."""
    marked = (one for one in every(session) if one.name == name and one.token == token)
    return next(marked, None)


def create(
    session: Session,
    spec: Mapping[str, Any],
    token: str,
    *,
    shield: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> str:
    """Create one cluster, also when the answer is lost, and return its id.

    :param spec: fields of ``clusters/create``; ``cluster_name`` among them.
    :param token: marks the cluster (tag ``modelyard-token``): it is found again by name and mark.
    """
    name = str(spec["cluster_name"])
    tagged = {**spec, "custom_tags": {**(spec.get("custom_tags") or {}), TOKEN_TAG: token}}

    def look() -> str | None:
        made = find_created(session, name, token)
        return made.cluster_id if made else None

    return create_once(session, f"{API}/create", tagged, "cluster_id", find=look, shield=shield)


def edit(session: Session, cluster_id: str, spec: Mapping[str, Any]) -> None:
    """One call of ``clusters/edit``: what ``spec`` leaves out goes back to its default.

    See ``cluster_editing`` for lost answers.
    """
    session.post(f"{API}/edit", {"cluster_id": cluster_id, **spec}, repeatable=True)


def start(session: Session, cluster_id: str) -> None:
    """Start a TERMINATED cluster. In another state nothing happens."""
    try:
        session.post(f"{API}/start", {"cluster_id": cluster_id}, repeatable=True)
    except ServiceError as error:
        # Older workspaces refuse what the reference calls "nothing will happen": somebody, or a
        # repetition of this very call, was faster.
        if error.code != "INVALID_STATE" or isinstance(error, NotFound):
            raise
        log.debug("%s", error.what)


def terminate(session: Session, cluster_id: str) -> None:
    """Terminate; its definition stays. Nothing happens to one that is terminated or gets there."""
    session.post(f"{API}/delete", {"cluster_id": cluster_id}, repeatable=True)


def permanent_delete(session: Session, cluster_id: str) -> None:
    """Terminate, and forget its definition. One that is gone already is no error."""
    try:
        session.post(f"{API}/permanent-delete", {"cluster_id": cluster_id}, repeatable=True)
    except NotFound as error:
        log.debug("%s", error.what)


def url(session: Session, cluster_id: str) -> str:
    """The cluster's page."""
    return f"{session.base}/compute/clusters/{cluster_id}"


def _cluster(body: Mapping[str, Any]) -> Cluster:
    return Cluster(
        cluster_id=str(body.get("cluster_id", "")),
        name=str(body.get("cluster_name", "")),
        state=str(body.get("state", "")),
        body=body,
    )
