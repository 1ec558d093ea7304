from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.databricks import connection
from modelyard.databricks.jobs import jobs
from modelyard.errors import Ambiguous, NotFound, PermissionDenied
from modelyard.http import Session
from unit.job_workspace import HOST, JobWorkspace

SETTINGS: dict[str, Any] = {
    "name": "wine",
    "tasks": [{"task_key": "main", "notebook_task": {"notebook_path": "/n"}}],
}


@pytest.fixture
def workspace(clock: FakeClock) -> Iterator[JobWorkspace]:
    with mocking.Mocker() as mocker:
        yield JobWorkspace(mocker, clock)


@pytest.fixture
def session(clock: FakeClock) -> Session:
    return connection.connect(HOST, StaticToken("made-up"), clock=clock)


def test_a_job_is_found_by_its_exact_name(workspace: JobWorkspace, session: Session) -> None:
    workspace.add_job("Wine")
    wanted = workspace.add_job("wine")
    workspace.add_job("wine (old)")
    found = jobs.find(session, "wine")
    assert found is not None
    assert found.id == wanted
    assert jobs.find(session, "WINE") is None


def test_the_exact_name_may_be_on_a_later_page(workspace: JobWorkspace, session: Session) -> None:
    for _ in range(150):
        workspace.add_job("WINE")
    wanted = workspace.add_job("wine")
    assert jobs.named(session, "wine").id == wanted


def test_two_jobs_of_one_name_are_listed(workspace: JobWorkspace, session: Session) -> None:
    first, second = workspace.add_job("wine"), workspace.add_job("wine")
    with pytest.raises(Ambiguous, match=f"2 jobs are named 'wine': {first}, {second}"):
        jobs.named(session, "wine")


def test_no_job_of_this_name(workspace: JobWorkspace, session: Session) -> None:
    with pytest.raises(NotFound, match="no job named 'wine'") as caught:
        jobs.named(session, "wine")
    assert "notebook" in caught.value.fix


def test_digits_are_an_id(workspace: JobWorkspace, session: Session) -> None:
    job_id = workspace.add_job("wine")
    assert jobs.named(session, str(job_id)).name == "wine"
    with pytest.raises(NotFound, match="does not exist"):
        jobs.named(session, "999")


def test_settings_are_read_on_every_page(workspace: JobWorkspace, session: Session) -> None:
    tasks = [{"task_key": f"t{n}"} for n in range(250)]
    parameters = [{"name": f"p{n}", "default": str(n)} for n in range(101)]
    job_id = workspace.add_job(tasks=tasks, parameters=parameters)
    job = jobs.get(session, job_id)
    assert job.settings["tasks"] == tasks
    assert job.declared["p100"] == "100"


def test_what_a_run_may_set(workspace: JobWorkspace, session: Session) -> None:
    by_notebook = jobs.get(session, workspace.add_job("a"))
    assert by_notebook.declared == {"alpha": "0.5", "l1_ratio": "0.5"}
    by_job = jobs.get(session, workspace.add_job("b", parameters=[{"name": "x", "default": "1"}]))
    assert by_job.declared == {"x": "1"}  # then the service takes no others


def test_a_job_is_created_once_though_the_answer_is_lost(
    workspace: JobWorkspace, session: Session
) -> None:
    workspace.lose("jobs/create")
    job = jobs.create(session, SETTINGS)
    assert list(workspace.jobs) == [job.id]
    assert len(workspace.asked("jobs/create")) == 1


def test_a_job_that_was_not_created_is_tried_again(
    workspace: JobWorkspace, session: Session
) -> None:
    workspace.answer_once("jobs/create", 503)
    job = jobs.create(session, SETTINGS)
    assert list(workspace.jobs) == [job.id]


def test_a_refused_creation_is_not_repeated(workspace: JobWorkspace, session: Session) -> None:
    workspace.answer_once("jobs/create", 403, error_code="PERMISSION_DENIED", message="not you")
    with pytest.raises(PermissionDenied, match="not you"):
        jobs.create(session, SETTINGS)
    assert workspace.jobs == {}


def test_an_update_leaves_the_other_settings(workspace: JobWorkspace, session: Session) -> None:
    job = jobs.get(session, workspace.add_job("wine", schedule={"quartz": "daily"}))
    job = jobs.update(session, job, {"timeout_seconds": 60})
    assert job.settings["timeout_seconds"] == 60
    assert job.settings["schedule"] == {"quartz": "daily"}
    (body,) = workspace.asked("jobs/update")
    assert body == {"job_id": job.id, "new_settings": {"timeout_seconds": 60}}


@pytest.mark.parametrize(
    ("settings", "paths"),
    [
        ({"tasks": [{"notebook_task": {"notebook_path": "/a"}}]}, ("/a",)),
        ({"tasks": [{"notebook_task": {"notebook_path": "/a", "source": "GIT"}}]}, ()),
        ({"git_source": {}, "tasks": [{"notebook_task": {"notebook_path": "/a"}}]}, ("/a",)),
        (
            {"git_source": {"git_url": "x"}, "tasks": [{"notebook_task": {"notebook_path": "a"}}]},
            (),
        ),
        (
            {
                "git_source": {"git_url": "x"},
                "tasks": [{"notebook_task": {"notebook_path": "/a", "source": "WORKSPACE"}}],
            },
            ("/a",),
        ),
        ({"tasks": [{"notebook_task": {"notebook_path": "/{{job.parameters.x}}"}}]}, ()),
        ({"tasks": [{"spark_jar_task": {}}]}, ()),
        (
            {
                "tasks": [
                    {"notebook_task": {"notebook_path": "/a"}},
                    {"notebook_task": {"notebook_path": "/a"}},
                    {"notebook_task": {"notebook_path": "/b"}, "depends_on": [{"task_key": "x"}]},
                ]
            },
            ("/a",),
        ),
    ],
)
def test_the_notebooks_that_a_run_begins_with(
    settings: dict[str, Any], paths: tuple[str, ...]
) -> None:
    assert jobs.Job(11, settings).first_notebooks == paths
