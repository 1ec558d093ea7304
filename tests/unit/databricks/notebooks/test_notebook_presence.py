from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.databricks import connection
from modelyard.databricks.notebooks.notebook_presence import check_present
from modelyard.errors import NotFound, PermissionDenied
from modelyard.http import Session
from unit.job_workspace import HOST, JobWorkspace

PATH = "/Shared/wine/train"


@pytest.fixture
def workspace(clock: FakeClock) -> Iterator[JobWorkspace]:
    with mocking.Mocker() as mocker:
        yield JobWorkspace(mocker, clock)


@pytest.fixture
def session(clock: FakeClock) -> Session:
    return connection.connect(HOST, StaticToken("made-up"), clock=clock, read_only=True)


def test_a_notebook_that_is_there(workspace: JobWorkspace, session: Session) -> None:
    check_present(session, f"/Workspace{PATH}")
    assert workspace.log == ["GET workspace/get-status"]


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("/Shared/wine/trian", r" \(did you mean train\?\)$"),
        ("/Shared/wine/train.py", r" \(did you mean train\?\)$"),
        ("/Shared/wine/prepare", "$"),
        ("/Shared/whine/train", ": there is no folder /Shared/whine$"),
    ],
)
def test_one_that_is_not_there(
    asked: str, near: str, workspace: JobWorkspace, session: Session
) -> None:
    workspace.absent = {asked}
    workspace.notebooks = {PATH: "", "/Shared/wine/score": "", "/Shared/other/prepare": ""}
    with pytest.raises(NotFound, match=f"there is no notebook {asked} in {HOST}{near}") as caught:
        check_present(session, asked)
    assert "notebooks-import" in caught.value.fix


def test_a_folder_that_may_not_be_listed_does_not_hide_it(
    workspace: JobWorkspace, session: Session
) -> None:
    workspace.absent = {PATH}
    workspace.answer_once("workspace/list", 403, message="not you")
    with pytest.raises(NotFound, match=f"no notebook {PATH}"):
        check_present(session, PATH)


def test_something_else_of_this_name(workspace: JobWorkspace, session: Session) -> None:
    workspace.answer_once("workspace/get-status", 200, object_type="DIRECTORY")
    with pytest.raises(NotFound, match="is a folder, not a notebook"):
        check_present(session, PATH)


def test_another_identity_may_see_more(workspace: JobWorkspace, session: Session) -> None:
    workspace.absent = {PATH}
    check_present(session, PATH, run_as="owner@example.com")
    workspace.answer_once("workspace/get-status", 403, message="not you")
    check_present(session, PATH, run_as="owner@example.com")
    with pytest.raises(NotFound):
        check_present(session, PATH, run_as=workspace.user)
    workspace.answer_once("workspace/get-status", 403, message="not you")
    with pytest.raises(PermissionDenied, match="not you"):
        check_present(session, PATH, run_as=workspace.user)
