"""The job that job-run starts: found, or made to be what the inputs ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.context import Context
from modelyard.databricks.jobs import job_settings, jobs
from modelyard.databricks.jobs.job_settings import NotebookJob
from modelyard.databricks.jobs.jobs import Job
from modelyard.databricks.notebooks.notebook_presence import check_present
from modelyard.errors import InputError
from modelyard.http import Session

DRY = 0
"""Id of a job that a dry run would create."""


def existing(session: Session, name_or_id: str) -> Job:
    """A job that is run as it is.

    :raises NotFound: when there is no such job, or no notebook where it looks for it.
    :raises Ambiguous:
    """
    job = jobs.named(session, name_or_id)
    _check_notebooks(session, job)
    return job


def as_asked(
    session: Session,
    context: Context,
    asked: NotebookJob,
    *,
    at_creation: Mapping[str, Any],
) -> Job:
    """The job of this name, created or updated where needed. A dry run says what would be done.

    :param at_creation: settings that only a new job gets: an existing one keeps its own.
    :raises InputError: when the existing job isn't one of a single notebook.
    :raises NotFound: when there is no such notebook; then nothing is created or updated.
    """
    job = jobs.get(session, int(asked.name)) if asked.name.isdecimal() else None
    job = job or jobs.find(session, asked.name)
    log = context.log
    if job is None:
        settings = {**at_creation, **asked.settings}
        _check_notebooks(session, Job(DRY, settings))
        if session.read_only:
            log.info("job %s: would create it", asked.name)
            return Job(DRY, settings)
        job = jobs.create(session, settings, shield=context.shield)
        log.info("job %s (%s): created", job.name, job.id)
        return job
    wanted = job_settings.changes(job, asked)
    merged = Job(job.id, {**job.settings, **wanted.settings}, job.run_as)
    _check_notebooks(session, merged)
    if not wanted.settings:
        log.info("job %s (%s): left alone", job.name, job.id)
        return job
    fields = ", ".join(wanted.fields)
    if session.read_only:
        log.info("job %s (%s): would update %s", job.name, job.id, fields)
        return merged
    job = jobs.update(session, job, wanted.settings)
    log.info("job %s (%s): updated %s", job.name, job.id, fields)
    return job


def check_asked_alone(notebook: str | None, settings: Mapping[str, Any]) -> None:
    """Without a notebook a job is run as it is: inputs that would define it are a mistake.

    :param settings: those inputs by name; None is not given.
    :raises InputError:
    """
    given = [name for name, value in settings.items() if value is not None]
    if given and not notebook:
        raise InputError(
            f"{', '.join(given)} {'are' if len(given) > 1 else 'is'} given, but no notebook: "
            "a job is only created or changed where its notebook is named",
            fix="give notebook, or leave the job as it is",
        )


def _check_notebooks(session: Session, job: Job) -> None:
    for path in job.first_notebooks:
        check_present(session, path, run_as=job.run_as)
