"""Instance pools: find by exact name, create, compare, edit, delete.

Source: REST reference, "Instance Pools" (API 2.0).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any

from modelyard.databricks.creation import create_once
from modelyard.errors import AlreadyExists, Ambiguous, NotFound, UnknownState
from modelyard.http import Session

API = "/api/2.0/instance-pools"
STATES = ("ACTIVE", "STOPPED", "DELETED")
"""Every state that the service declares."""
EDITABLE = (
    *("min_idle_instances", "max_capacity", "idle_instance_autotermination_minutes"),
    *("custom_tags", "azure_attributes"),
)
"""Fields that a pool can change."""
KEPT = ("node_type_id", "enable_elastic_disk", "disk_spec", "preloaded_spark_versions")
"""Fields that a pool keeps for ever; an edit repeats them."""


@dataclass(frozen=True)
class Pool:
    """A pool as ``instance-pools/get`` describes it (``body``)."""

    pool_id: str
    name: str
    state: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """A field that isn't as it was asked for."""

    field: str
    text: str

    @property
    def can_be_mended(self) -> bool:
        return self.field in EDITABLE


def every(session: Session) -> tuple[Pool, ...]:
    """All pools that aren't deleted.

    :raises UnknownState:
    """
    listed = session.get(f"{API}/list").get("instance_pools") or []
    return tuple(pool for body in listed if (pool := _pool(body)).state != "DELETED")


def get(session: Session, pool_id: str) -> Pool:
    """:raises NotFound: also for one that was deleted."""
    pool = _pool(session.get(f"{API}/get", {"instance_pool_id": pool_id}))
    if pool.state == "DELETED":
        raise NotFound(
            f"the instance pool {pool_id} was deleted",
            fix="name another pool, or make it again by instance-pool",
        )
    return pool


def find(session: Session, name: str) -> Pool | None:
    """The pool of exactly this name; None when there is none.

    :raises Ambiguous: when several have it.
    """
    found = [pool for pool in every(session) if pool.name == name]
    if len(found) > 1:
        ids = ", ".join(pool.pool_id for pool in found)
        raise Ambiguous(f"{len(found)} instance pools are named {name}: {ids}")
    return found[0] if found else None


def required(session: Session, name: str) -> Pool:
    """As :func:`find`.

    :raises NotFound: with the names that there are.
    """
    found = find(session, name)
    if found is None:
        names = ", ".join(sorted(pool.name for pool in every(session))) or "none"
        raise NotFound(
            f"there is no instance pool {name}; there are: {names}",
            fix="correct the name, or make the pool with the operation instance-pool",
        )
    return found


def create(
    session: Session,
    spec: Mapping[str, Any],
    *,
    shield: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> str:
    """Create a pool, also when the answer is lost, and return its id.

    Names are unique, so a pool of this name that is there afterwards is the one.
    """
    name = str(spec["instance_pool_name"])

    def look() -> str | None:
        pool = find(session, name)
        return pool.pool_id if pool else None

    return create_once(session, f"{API}/create", spec, "instance_pool_id", find=look, shield=shield)


def differences(asked: Mapping[str, Any], pool: Pool) -> tuple[Difference, ...]:
    """The fields of ``asked`` that differ; others aren't looked at."""
    found = []
    for name in sorted(asked):
        has = pool.body.get(name)
        if not _fits(asked[name], has):
            shown = "unset" if has is None else has
            found.append(Difference(name, f"{name} {shown}, asked for {asked[name]}"))
    return tuple(found)


def check_mendable(pool: Pool, differing: Sequence[Difference]) -> None:
    """:raises AlreadyExists: when a field differs that a pool keeps for ever."""
    fixed = [one.text for one in differing if not one.can_be_mended]
    if fixed:
        raise AlreadyExists(
            f"the instance pool {pool.name} ({pool.pool_id}) exists and differs in what a pool "
            f"keeps for ever: {'; '.join(fixed)}",
            fix="take another name, or delete the pool when no cluster uses it any more",
        )


def edit(session: Session, pool: Pool, asked: Mapping[str, Any]) -> None:
    """Put the editable fields of ``asked`` in; the others stay as they are."""
    there = {n: pool.body[n] for n in (*KEPT, *EDITABLE) if pool.body.get(n) is not None}
    changes = {name: asked[name] for name in EDITABLE if name in asked}
    names = {"instance_pool_id": pool.pool_id, "instance_pool_name": pool.name}
    body = {**names, **there, **changes}
    session.post(f"{API}/edit", body, repeatable=True)


def delete(session: Session, pool_id: str) -> None:
    """Delete a pool for ever. One that is gone already is no error."""
    with suppress(NotFound):
        session.post(f"{API}/delete", {"instance_pool_id": pool_id}, repeatable=True)


def _fits(wanted: Any, has: Any) -> bool:
    if has is None:
        return not wanted  # the service leaves out what is 0, false or empty
    if isinstance(wanted, Mapping):
        return isinstance(has, Mapping) and all(
            _fits(value, has.get(name)) for name, value in wanted.items()
        )
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        return list(wanted) == list(has)
    return bool(wanted == has)


def _pool(body: Mapping[str, Any]) -> Pool:
    state = str(body.get("state", ""))
    if state not in STATES:
        raise UnknownState(
            f"the instance pool {body.get('instance_pool_name')} is in the state {state!r}, "
            "which this version doesn't know"
        )
    return Pool(
        pool_id=str(body.get("instance_pool_id", "")),
        name=str(body.get("instance_pool_name", "")),
        state=state,
        body=body,
    )
