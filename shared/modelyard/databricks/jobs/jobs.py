"""Jobs: found by exact name, created, or compared with what was asked for and updated.

Source: docs.databricks.com/api/azure/workspace/jobs, version 2.2 (list, get, create, update).
Version 2.2 answers with at most 100 tasks, job clusters and parameters at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from modelyard.databricks.creation import create_once
from modelyard.errors import Ambiguous, NotFound
from modelyard.http import Session

API = "/api/2.2/jobs"
PAGED = ("tasks", "job_clusters", "parameters", "environments")
"""Settings that come in pages."""


@dataclass(frozen=True)
class Job:
    """A job and its settings, complete, as the API has them."""

    id: int
    settings: Mapping[str, Any]
    run_as: str = ""
    """The identity that its runs have: a user's name or a service principal's application id."""

    @property
    def name(self) -> str:
        return str(self.settings.get("name") or f"job {self.id}")

    @property
    def job_parameters(self) -> Mapping[str, str]:
        """The parameters that the job itself declares, with their defaults."""
        return {
            str(one["name"]): str(one.get("default", ""))
            for one in self.settings.get("parameters") or []
        }

    @property
    def notebook_parameters(self) -> Mapping[str, str]:
        """The base parameters of all its notebook tasks."""
        return {
            str(name): str(value)
            for task in self.settings.get("tasks") or []
            for name, value in (
                (task.get("notebook_task") or {}).get("base_parameters") or {}
            ).items()
        }

    @property
    def declared(self) -> Mapping[str, str]:
        """The parameters that a run may set. Those of the job, if it has any, are the only ones."""
        return self.job_parameters or self.notebook_parameters

    @property
    def first_notebooks(self) -> tuple[str, ...]:
        """Paths of the workspace's notebooks that a run begins with.

        Not those of a Git repository, nor of tasks that wait for others, which may not be run or
        may be what the others make.
        """
        usual = "GIT" if self.settings.get("git_source") else "WORKSPACE"
        notebooks = [
            task.get("notebook_task") or {}
            for task in self.settings.get("tasks") or []
            if not task.get("depends_on")
        ]
        paths = [
            str(one.get("notebook_path", ""))
            for one in notebooks
            if (one.get("source") or usual) == "WORKSPACE"
        ]
        # "{{job.parameters.x}}" is filled in when a task begins.
        return tuple(dict.fromkeys(one for one in paths if one[:1] == "/" and "{{" not in one))


def find(session: Session, name: str) -> Job | None:
    """The job of exactly this name, upper and lower case told apart.

    :raises Ambiguous: when there are several; job names aren't unique.
    """
    ids = sorted(_ids(session, name))
    if len(ids) > 1:
        raise Ambiguous(
            f"{len(ids)} jobs are named {name!r}: {', '.join(map(str, ids))}",
            fix="give the id of one of them in place of the name, or rename or delete the others",
        )
    return get(session, ids[0]) if ids else None


def get(session: Session, job_id: int) -> Job:
    """A job by its id, with every page of its settings.

    :raises NotFound:
    """
    answer = session.get(f"{API}/get", {"job_id": job_id})
    settings: dict[str, Any] = dict(answer.get("settings") or {})
    run_as = str(answer.get("run_as_user_name") or answer.get("creator_user_name") or "")
    page = answer.get("next_page_token")
    while page:
        answer = session.get(f"{API}/get", {"job_id": job_id, "page_token": page})
        for field in PAGED:
            if more := (answer.get("settings") or {}).get(field):
                settings[field] = [*settings.get(field, []), *more]
        page = answer.get("next_page_token")
    return Job(job_id, settings, run_as)


def named(session: Session, name_or_id: str) -> Job:
    """The job that a name, or an id in digits, stands for.

    :raises NotFound: :raises Ambiguous:
    """
    if name_or_id.isdecimal():
        return get(session, int(name_or_id))
    job = find(session, name_or_id)
    if job is None:
        raise NotFound(
            f"there is no job named {name_or_id!r} in {session.base}",
            cause="the name is misspelt, or the identity may not see the job",
            fix="correct the name, or give the input notebook and the job is created",
        )
    return job


def create(
    session: Session,
    settings: Mapping[str, Any],
    *,
    shield: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Job:
    """Create a job and return it, complete.

    ``jobs/create`` takes no idempotency token. After a lost answer the job is looked for by its
    name, which nobody had a moment before.
    """
    name = str(settings["name"])

    def created() -> str | None:
        return next((str(one) for one in _ids(session, name)), None)

    job_id = create_once(session, f"{API}/create", settings, "job_id", find=created, shield=shield)
    return get(session, int(job_id))


def update(session: Session, job: Job, changes: Mapping[str, Any]) -> Job:
    """Replace settings of a job; those that ``changes`` doesn't name stay.

    Tasks are merged by their key, and each task that is given replaces the one of its key.
    """
    session.post(
        f"{API}/update", {"job_id": job.id, "new_settings": dict(changes)}, repeatable=True
    )
    return get(session, job.id)


def _ids(session: Session, name: str) -> Iterator[int]:
    """The service compares names without regard to case: look again."""
    params: dict[str, Any] = {"name": name, "limit": 100}
    while True:
        answer = session.get(f"{API}/list", params)
        for job in answer.get("jobs") or []:
            if (job.get("settings") or {}).get("name") == name:
                yield int(job["job_id"])
        page = answer.get("next_page_token")
        if not page:
            return
        params["page_token"] = page
