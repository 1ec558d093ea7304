"""The workspace over its REST API."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import requests
import requests_mock

from modelyard.local.notebook.workspace import (
    NotebookNotFound,
    RestWorkspace,
    WorkspaceError,
    absolute,
)

HOST = "https://workspace.example"
EXPORT = f"{HOST}/api/2.0/workspace/export"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def mock() -> Any:
    with requests_mock.Mocker() as mocker:
        yield mocker


@pytest.fixture
def workspace() -> RestWorkspace:
    return RestWorkspace("workspace.example", "token-of-the-run")


def test_notebook_as_source(mock: Any, workspace: RestWorkspace) -> None:
    mock.get(
        EXPORT, json={"content": encoded("# Databricks notebook source\n1"), "file_type": "py"}
    )
    notebook = workspace.notebook("/Workspace/Shared/train")
    assert [cell.source for cell in notebook.cells] == ["1"]
    request = mock.last_request
    assert request.qs == {"path": ["/shared/train"], "format": ["source"]}
    assert request.headers["Authorization"] == "Bearer token-of-the-run"


def test_ipynb_where_source_is_refused(mock: Any, workspace: RestWorkspace) -> None:
    refused = {"error_code": "BAD_REQUEST", "message": "not as source"}
    mock.get(f"{EXPORT}?format=SOURCE", status_code=400, json=refused)
    content = '{"cells": [{"cell_type": "code", "source": "1 + 1"}]}'
    mock.get(f"{EXPORT}?format=JUPYTER", json={"content": encoded(content), "file_type": "ipynb"})
    mock.get(f"{HOST}/api/2.0/workspace/get-status", json={"language": "PYTHON"})
    assert workspace.notebook("/x").cells[0].source == "1 + 1"


def test_language_is_asked_for_where_the_export_does_not_tell(
    mock: Any, workspace: RestWorkspace
) -> None:
    mock.get(EXPORT, json={"content": encoded("# Databricks notebook source\n1")})
    mock.get(f"{HOST}/api/2.0/workspace/get-status", json={"language": "R"})
    assert workspace.notebook("/x").cells[0].language == "r"


@pytest.mark.parametrize("status", [403, 404])
def test_missing_notebook_is_named(mock: Any, workspace: RestWorkspace, status: int) -> None:
    mock.get(EXPORT, status_code=status, json={"error_code": "X", "message": "m"})
    with pytest.raises(NotebookNotFound, match="Unable to access the notebook /Shared/no"):
        workspace.notebook("/Shared/no")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"status_code": 500, "json": {"message": "broken"}}, "broken"),
        ({"status_code": 200, "text": "<html>"}, "answered HTTP 200, not JSON"),
        ({"exc": requests.ConnectTimeout}, "can't be reached: ConnectTimeout"),
        ({"status_code": 200, "json": {"content": "%%%"}}, "isn't base64"),
    ],
)
def test_what_goes_wrong_is_told(
    mock: Any, workspace: RestWorkspace, answer: dict[str, Any], says: str
) -> None:
    mock.get(EXPORT, **answer)
    with pytest.raises(WorkspaceError, match=says):
        workspace.notebook("/x")


def test_host_is_needed() -> None:
    with pytest.raises(WorkspaceError, match="DATABRICKS_HOST isn't set"):
        RestWorkspace("", "token")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("./helpers", "/Shared/a/helpers"),
        ("../lib/x", "/Shared/lib/x"),
        ("helpers", "/Shared/a/helpers"),
        ('"/Users/me/x y"', "/Users/me/x y"),
        ("/Shared/./b", "/Shared/b"),
    ],
)
def test_relative_paths(path: str, expected: str) -> None:
    assert absolute(path, "/Shared/a/train") == expected
