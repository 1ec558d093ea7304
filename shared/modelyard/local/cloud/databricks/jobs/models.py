"""Job definitions. Several jobs may have one name, as in the service."""

from __future__ import annotations

import copy
from typing import Any

from modelyard.local.cloud.databricks import exceptions, shapes
from modelyard.local.cloud.databricks.clusters.models import Clusters
from modelyard.local.cloud.databricks.jobs import settings
from modelyard.local.cloud.service import Cloud

COLLECTION = "databricks.jobs"
FIRST_ID = 11

Job = dict[str, Any]
"""``{job_id, creator_user_name, created_time, settings}``"""


class Jobs:
    def __init__(self, cloud: Cloud, clusters: Clusters) -> None:
        self._store = cloud.store
        self._clock = cloud.clock
        self._clusters = clusters

    def new_id(self) -> int:
        """Submitted runs have an id of a job too, which is in no list."""
        return self._store.next_number("databricks.job", FIRST_ID)

    def create(self, wanted: dict[str, Any], creator: str, version: str) -> int:
        fields = self.checked(wanted, version)
        fields.setdefault("name", "Untitled")
        job_id = self.new_id()
        job = {
            "job_id": job_id,
            "creator_user_name": creator,
            "created_time": int(self._clock.time() * 1000),
            "settings": fields,
        }
        self._store.put(COLLECTION, str(job_id), job)
        return job_id

    def get(self, job_id: int) -> Job:
        """Raises the service's "Job ... does not exist."."""
        job = self._store.get(COLLECTION, str(job_id))
        if job is None:
            raise exceptions.job_does_not_exist(job_id)
        return job

    def all(self, name: str | None = None) -> list[Job]:
        """Newest first; with an exact name, in any case."""
        jobs = [job for _, job in self._store.items(COLLECTION)]
        wanted = None if name is None else name.lower()
        return [j for j in reversed(jobs) if wanted in (None, j["settings"]["name"].lower())]

    def reset_settings(self, job_id: int, wanted: dict[str, Any], version: str) -> None:
        """All settings anew."""
        fields = self.checked(wanted, version)
        fields.setdefault("name", "Untitled")
        self.get(job_id)
        self._store.update(COLLECTION, str(job_id), settings=fields)

    def update_settings(
        self, job_id: int, new: dict[str, Any], removed: list[str], version: str
    ) -> None:
        """Top-level fields are replaced; tasks and job clusters are merged by their keys."""
        new = shapes.without_nulls(new)
        shapes.check(new, settings.SETTINGS, "new_settings")
        shapes.check(removed, [str], "fields_to_remove")
        with self._store.lock:
            fields = copy.deepcopy(self.get(job_id)["settings"])
            for name in removed:
                _remove(fields, name)
            for name, value in new.items():
                key = {"tasks": "task_key", "job_clusters": "job_cluster_key"}.get(name)
                fields[name] = _merged(fields.get(name, []), value, key) if key else value
            self.reset_settings(job_id, fields, version)

    def delete(self, job_id: int) -> None:
        """Its runs stay."""
        self.get(job_id)
        self._store.delete(COLLECTION, str(job_id))

    def checked(self, wanted: dict[str, Any], version: str) -> dict[str, Any]:
        """Settings of a job or of a submitted run; raises INVALID_PARAMETER_VALUE."""
        wanted = shapes.without_nulls(wanted)
        settings.check(
            wanted,
            serverless=version != "2.0",
            check_cluster=lambda cluster_id: _ignore(self._clusters.records.get(cluster_id)),
            check_new_cluster=lambda fields: _ignore(self._clusters.prepared(fields, "JOB")),
        )
        return wanted

    def reset(self) -> None:
        self._store.clear(COLLECTION)


def _ignore(_: object) -> None:
    """The check is all that is wanted."""


def _remove(fields: dict[str, Any], name: str) -> None:
    """``tags`` or, for one item of a list, ``tasks/KEY`` and ``job_clusters/KEY``."""
    field, _, item = name.partition("/")
    if not item:
        fields.pop(field, None)
        return
    key = {"tasks": "task_key", "job_clusters": "job_cluster_key"}.get(field)
    if key is None:
        raise exceptions.invalid_parameter(f"Cannot remove {name}: {field} is no list of items")
    fields[field] = [entry for entry in fields.get(field, []) if entry.get(key) != item]


def _merged(old: list[Any], new: list[Any], key: str) -> list[Any]:
    items = {entry.get(key): entry for entry in [*old, *new]}
    return list(items.values())
