from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.databricks import connection
from modelyard.databricks.notebooks.failing_line import SourceFolder, locate
from modelyard.http import Session
from unit.job_workspace import HOST, JobWorkspace

TRAIN = """\
# Databricks notebook source
import os

# COMMAND ----------

# MAGIC %run ./lib/table

# COMMAND ----------

frame = read_table()
model = fit(frame)
"""
TABLE = """\
# Databricks notebook source
def read_table():
    return float("n/a")
"""
TRACE = "File <command-7>, line 2\n----> 2 model = fit(frame)\nValueError: x"
IN_TABLE = (
    "File <command-7>, line 1\n----> 1 frame = read_table()\n"
    'File <command-8>, line 2, in read_table()\n----> 2     return float("n/a")\nValueError: x'
)


@pytest.fixture
def workspace(clock: FakeClock) -> Iterator[JobWorkspace]:
    with mocking.Mocker() as mocker:
        yield JobWorkspace(mocker, clock)


@pytest.fixture
def session(clock: FakeClock) -> Session:
    return connection.connect(HOST, StaticToken("made-up"), clock=clock)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "notebooks" / "lib").mkdir(parents=True)
    (tmp_path / "notebooks" / "train.py").write_text(TRAIN)
    (tmp_path / "notebooks" / "lib" / "table.py").write_text(TABLE)
    (tmp_path / "secret.py").write_text(TRAIN)
    monkeypatch.chdir(tmp_path)
    return "notebooks"


def test_the_cell_is_found_in_the_workspace(workspace: JobWorkspace, session: Session) -> None:
    workspace.notebooks["/Shared/wine/train"] = TRAIN
    found = locate(session, "/Shared/wine/train", TRACE)
    assert found.shown == "notebook /Shared/wine/train, cell 3, line 2"
    assert (found.code, found.file, found.file_line) == ("model = fit(frame)", "", 0)


def test_the_file_is_found_in_the_repository(
    workspace: JobWorkspace, session: Session, folder: str
) -> None:
    found = locate(session, "/Shared/wine/train", TRACE, SourceFolder(folder))
    assert (found.file, found.file_line) == ("notebooks/train.py", 11)
    assert found.shown.endswith("cell 3, line 2")
    assert workspace.log == []


def test_the_line_may_be_in_a_notebook_that_was_included(
    workspace: JobWorkspace, session: Session, folder: str
) -> None:
    source = SourceFolder(folder, "/Shared/wine")
    found = locate(session, "/Shared/wine/train", IN_TABLE, source)
    assert found.shown == "notebook /Shared/wine/lib/table, cell 1, line 2"
    assert (found.file, found.file_line) == ("notebooks/lib/table.py", 3)


def test_a_traceback_that_numbers_cells_is_believed(
    workspace: JobWorkspace, session: Session, folder: str
) -> None:
    trace = (
        "  notebook /Shared/wine/train, cell 2, line 2, in <module>\n    model = fit(frame)\nE: x"
    )
    found = locate(session, "/Shared/wine/train", trace, SourceFolder(folder))
    assert (found.cell, found.line, found.file, found.file_line) == (2, 2, "notebooks/train.py", 11)


def test_what_is_not_found_stays_empty(workspace: JobWorkspace, session: Session) -> None:
    assert locate(session, "/gone", TRACE).shown == "notebook /gone"
    assert locate(session, "/gone", "no traceback").shown == "notebook /gone"
    assert locate(session, "/gone", "").code == ""


def test_a_workspace_that_refuses_is_no_second_error(
    workspace: JobWorkspace, session: Session
) -> None:
    workspace.answer_once("workspace/export", 403, message="not you")
    assert locate(session, "/Shared/wine/train", TRACE).cell == 0


@pytest.mark.parametrize(
    "notebook", ["/Shared/../secret", "/../secret", "../secret", "/Shared/wine/..", "/"]
)
def test_no_path_leads_out_of_the_folder(notebook: str, folder: str) -> None:
    assert SourceFolder(folder).file_of(notebook) is None
    assert SourceFolder(folder, "/Shared").file_of(notebook) is None


def test_a_link_out_of_the_folder_is_not_followed(folder: str) -> None:
    Path(folder, "linked.py").symlink_to(Path("secret.py").resolve())
    assert SourceFolder(folder).file_of("/Shared/linked") is None


@pytest.mark.parametrize(
    ("imported_to", "notebook", "file"),
    [
        ("/Shared/wine", "/Shared/wine/train", "notebooks/train.py"),
        ("/Shared/wine/", "/Shared/wine/lib/table", "notebooks/lib/table.py"),
        ("/Shared/wine", "/Shared/wine2/train", None),
        ("/Shared/other", "/Shared/wine/train", None),
        ("", "/Users/a@b/deep/lib/table", "notebooks/lib/table.py"),
        ("", "/Shared/wine/none", None),
    ],
)
def test_which_file_a_notebook_came_from(
    imported_to: str, notebook: str, file: str | None, folder: str
) -> None:
    found = SourceFolder(folder, imported_to).file_of(notebook)
    assert (found.as_posix() if found else None) == file
