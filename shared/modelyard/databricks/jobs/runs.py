"""Runs: submitted, read and cancelled.

Source: docs.databricks.com/api/azure/workspace/jobs, version 2.2 (run-now, submit, getrun,
listruns, cancelrun). Version 2.2 answers with at most 100 tasks at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.databricks.jobs import run_states
from modelyard.databricks.jobs.run_states import State
from modelyard.errors import NotTheService
from modelyard.http import Session

API = "/api/2.2/jobs"


@dataclass(frozen=True)
class Task:
    """One task of a run. A run of a job with one notebook has one too."""

    key: str
    run_id: int
    """The task's own run: what ``runs/get-output`` wants."""
    state: State
    notebook: str
    """Path in the workspace, or in the repository that it was run from; empty for other tasks."""
    from_git: bool = False


@dataclass(frozen=True)
class Run:
    """A run as it is now."""

    id: int
    job_id: int
    name: str
    url: str
    """The run's page in the workspace."""
    state: State
    tasks: tuple[Task, ...]
    started: float
    """Seconds since the epoch; 0 when it hasn't."""
    ended: float
    """Seconds since the epoch; 0 while it hasn't."""

    @property
    def duration(self) -> float:
        """Seconds from start to end; 0 before the end."""
        return max(0.0, self.ended - self.started) if self.ended else 0.0


def run_now(
    session: Session,
    job_id: int,
    *,
    token: str,
    job_parameters: Mapping[str, str] | None = None,
    notebook_params: Mapping[str, str] | None = None,
) -> int:
    """Start a run of a job and return its id; with a token that was used before, that run's id.

    :param token: idempotency token, up to 64 characters. It makes the call safe to repeat.
    :param job_parameters: for a job that declares parameters of its own.
    :param notebook_params: for any other job: they go to the notebooks of all its tasks.
    """
    body: dict[str, Any] = {
        "job_id": job_id,
        "idempotency_token": token,
        "queue": {"enabled": True},
    }
    if job_parameters:
        body["job_parameters"] = dict(job_parameters)
    if notebook_params:
        body["notebook_params"] = dict(notebook_params)
    return _run_id(session.post(f"{API}/run-now", body, repeatable=True), "jobs/run-now")


def submit(session: Session, settings: Mapping[str, Any], *, token: str) -> int:
    """Start a one-off run that no job belongs to, and return its id.

    :param settings: ``run_name``, ``tasks``, ``git_source``, ... as the API has them.
    """
    body = {**settings, "idempotency_token": token}
    return _run_id(session.post(f"{API}/runs/submit", body, repeatable=True), "jobs/runs/submit")


def get(session: Session, run_id: int, *, whole: bool = False) -> Run:
    """The run now.

    :param whole: with every task, also beyond the first hundred. A run that has ended is always
        read whole, because its verdict needs all of them.
    :raises UnknownState: when its state, or that of a task that counts, isn't known.
    """
    answer = session.get(f"{API}/runs/get", {"run_id": run_id})
    own = run_states.read(answer, f"run {run_id}")
    tasks: list[Mapping[str, Any]] = list(answer.get("tasks") or [])
    page = answer.get("next_page_token")
    while page and (whole or own.ended):
        more = session.get(f"{API}/runs/get", {"run_id": run_id, "page_token": page})
        tasks.extend(more.get("tasks") or [])
        page = more.get("next_page_token")
    latest = _latest(tasks)
    if own.ended:
        own = run_states.verdict(own, [task.state for task in latest])
    return _run(answer, own, latest)


def active(session: Session, job_id: int) -> tuple[int, ...]:
    """Ids of the runs of a job that haven't ended, oldest first."""
    params: dict[str, Any] = {"job_id": job_id, "active_only": "true", "limit": 24}
    found: list[int] = []
    while True:
        answer = session.get(f"{API}/runs/list", params)
        found += [int(run["run_id"]) for run in answer.get("runs", [])]
        page = answer.get("next_page_token")
        if not page:
            return tuple(sorted(found))
        params["page_token"] = page


def cancel(session: Session, run_id: int) -> None:
    """Ask for the end of a run. Returns at once: the run ends a little later."""
    session.post(f"{API}/runs/cancel", {"run_id": run_id}, repeatable=True)


def page_url(session: Session, run_id: int, job_id: int = 0) -> str:
    """The address of a run's page, where the service hasn't told it yet."""
    return f"{session.base}/#job/{job_id}/run/{run_id}"


def _latest(tasks: list[Mapping[str, Any]]) -> tuple[Task, ...]:
    """The last attempt of each task: an earlier one that failed was made good by it."""
    chosen: dict[str, Mapping[str, Any]] = {}
    for task in tasks:
        key = str(task.get("task_key") or task.get("run_id"))
        before = chosen.get(key)
        if before is None or task.get("attempt_number", 0) >= before.get("attempt_number", 0):
            chosen[key] = task
    return tuple(_task(key, task) for key, task in chosen.items())


def _task(key: str, answer: Mapping[str, Any]) -> Task:
    notebook = answer.get("notebook_task") or {}
    return Task(
        key=key,
        run_id=int(answer.get("run_id") or 0),
        state=run_states.read(answer, f"task {key}"),
        notebook=str(notebook.get("notebook_path") or ""),
        from_git=notebook.get("source") == "GIT" or "git_source" in answer,
    )


def _run(answer: Mapping[str, Any], state: State, tasks: tuple[Task, ...]) -> Run:
    return Run(
        id=int(answer["run_id"]),
        job_id=int(answer.get("job_id") or 0),
        name=str(answer.get("run_name") or ""),
        url=str(answer.get("run_page_url") or ""),
        state=state,
        tasks=tasks,
        started=(answer.get("start_time") or 0) / 1000,
        ended=(answer.get("end_time") or 0) / 1000,
    )


def _run_id(answer: Mapping[str, Any], call: str) -> int:
    try:
        return int(answer["run_id"])
    except (KeyError, TypeError, ValueError):
        raise NotTheService(f"{call} answered without a run_id") from None
