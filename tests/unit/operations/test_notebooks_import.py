from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests_mock

from fake_content import BASE, FakeContent, Notebook
from modelyard.clock import FakeClock
from modelyard.execution import execute
from modelyard.operations.notebooks_import import OPERATION

HEADER = "# Databricks notebook source\n"
Run = Callable[..., int]


@pytest.fixture
def fake() -> Iterator[FakeContent]:
    with requests_mock.Mocker() as mocker:
        yield FakeContent(mocker)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").mkdir()
    return tmp_path / "notebooks"


@pytest.fixture
def run(recording_ci: object, clock: FakeClock, fake: FakeContent) -> Run:
    def call(**inputs: str) -> int:
        given = {"workspace-url": BASE, "token": "dapi-throw-away", "source": "notebooks"}
        given |= {"target": "/Shared/etl"}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        return execute(OPERATION, given, recording_ci, environment={}, clock=clock)

    return call


def write(folder: Path, **files: str | bytes) -> None:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def notebooks(fake: FakeContent) -> dict[str, tuple[str, str]]:
    return {
        path: (found.language, found.format)
        for path, found in fake.objects.items()
        if isinstance(found, Notebook)
    }


CELL = '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "1"}]}'


def test_a_tree_with_every_format(fake, source, run, recording_ci):  # type: ignore[no-untyped-def]
    write(
        source, train_py="x", load_ipynb=CELL, etl__a_scala="x", etl__b_SQL="x", etl__deep__c_R="x",
        page_html="<html>", notes_md="no notebook",
    )  # fmt: skip
    assert run() == 0
    assert notebooks(fake) == {
        "/Shared/etl/train": ("PYTHON", "SOURCE"),
        "/Shared/etl/load": ("PYTHON", "JUPYTER"),
        "/Shared/etl/etl/a": ("SCALA", "SOURCE"),
        "/Shared/etl/etl/b": ("SQL", "SOURCE"),
        "/Shared/etl/etl/deep/c": ("R", "SOURCE"),
        "/Shared/etl/page": ("PYTHON", "HTML"),
    }
    assert fake.writes().count("POST /workspace/mkdirs /Shared/etl/etl/deep") == 1
    assert len([call for call in fake.calls if "mkdirs" in call]) == 1
    assert recording_ci.outputs["imported"] == "6"
    assert recording_ci.outputs["target"] == "/Shared/etl"
    assert json.loads(recording_ci.outputs["paths"])["etl/b.SQL"] == "/Shared/etl/etl/b"
    assert "/Shared/etl: 6 imported" in recording_ci.lines
    assert "  imported /Shared/etl/etl/deep/c" in recording_ci.lines


def test_what_is_unchanged_is_left_alone(fake, source, run, recording_ci):  # type: ignore[no-untyped-def]
    write(source, a_py=HEADER + "a\n", b_py="b\r\n", c_ipynb=CELL, d_sql="SELECT 1")
    assert run() == 0
    fake.calls.clear()
    assert run() == 0
    assert fake.writes() == []
    assert "/Shared/etl: 4 unchanged" in recording_ci.lines
    write(source, b_py="b2")
    assert run() == 0
    assert fake.writes() == ["POST /workspace/import /Shared/etl/b"]
    assert "/Shared/etl: 1 imported, 3 unchanged" in recording_ci.lines
    assert recording_ci.outputs["imported"] == "1"
    assert recording_ci.outputs["unchanged"] == "3"


def test_another_language_is_a_change(fake, source, run):  # type: ignore[no-untyped-def]
    write(source, a_r="x <- 1")
    run()
    (source / "a.r").rename(source / "a.py")
    assert run() == 0
    assert fake.objects["/Shared/etl/a"].language == "PYTHON"


def test_bytes_are_sent_as_they_are(fake, source, run):  # type: ignore[no-untyped-def]
    content = b"\xef\xbb\xbf# caf\xe9\r\nx = '\x00'\r\n"
    write(source, a_py=content, empty_py=b"")
    assert run() == 0
    assert fake.objects["/Shared/etl/a"].content == content
    assert fake.objects["/Shared/etl/empty"].content == b""


def test_everything_can_be_sent_anyhow(fake, source, run):  # type: ignore[no-untyped-def]
    write(source, a_py="a")
    run()
    fake.calls.clear()
    assert run(skip_unchanged="false") == 0
    assert fake.writes() == ["POST /workspace/import /Shared/etl/a"]


def test_a_single_notebook(fake, source, run):  # type: ignore[no-untyped-def]
    write(source, deep__train_py="x", other_py="y")
    assert run(source="notebooks/deep/train.py") == 0
    assert list(notebooks(fake)) == ["/Shared/etl/train"]


def test_plain_python_as_files(fake, source, run):  # type: ignore[no-untyped-def]
    write(source, train_py=HEADER + "import lib.core", lib__core_py="x = 1\n", lib__a_sql="x")
    (source / "lib/__init__.py").write_bytes(b"")
    assert run(plain_python="file") == 0
    assert sorted(notebooks(fake)) == ["/Shared/etl/lib/a", "/Shared/etl/train"]
    assert fake.objects["/Shared/etl/lib/core.py"] == b"x = 1\n"
    assert fake.objects["/Shared/etl/lib/__init__.py"] == b""
    fake.calls.clear()
    assert run(plain_python="file") == 0
    assert fake.writes() == []


def test_the_content_hash_path_of_one_notebook(fake, source, run, recording_ci):  # type: ignore[no-untyped-def]
    write(source, prepare_py="x = 1\n")
    digest = hashlib.sha1(b"x = 1\n").hexdigest()  # noqa: S324 - a name, not a safeguard
    assert run(source="notebooks/prepare.py", content_hash_path="true") == 0
    assert list(notebooks(fake)) == [f"/Shared/etl/{digest}/prepare"]
    assert recording_ci.outputs["target"] == f"/Shared/etl/{digest}"
    fake.calls.clear()
    assert run(source="notebooks/prepare.py", content_hash_path="true") == 0
    assert fake.writes() == []


def test_the_content_hash_of_a_folder_keeps_neighbours_together(fake, source, run):  # type: ignore[no-untyped-def]
    write(source, a_py="%run ./b", b_py="1")
    run(content_hash_path="true")
    first = {path.split("/")[3] for path in notebooks(fake)}
    assert len(first) == 1
    write(source, b_py="2")
    run(content_hash_path="true")
    assert len({path.split("/")[3] for path in notebooks(fake)}) == 2
    assert len(notebooks(fake)) == 4


def test_a_folder_for_each_branch(fake, source, run, recording_ci):  # type: ignore[no-untyped-def]
    write(source, a_py="x")
    recording_ci.run_identity = replace(
        recording_ci.run_identity, branch="refs/heads/feature/new/model"
    )
    assert run(target="/Shared/{repository}/{branch}") == 0
    assert list(notebooks(fake)) == ["/Shared/project/feature-new-model/a"]


def test_include_and_exclude(fake, source, run):  # type: ignore[no-untyped-def]
    write(source, a_py="x", b_sql="x", old__c_py="x")
    assert run(include="*.py", exclude="old") == 0
    assert list(notebooks(fake)) == ["/Shared/etl/a"]


def test_prune_removes_what_the_source_no_longer_has(fake, source, run, recording_ci):  # type: ignore[no-untyped-def]
    write(source, a_py="x", old__b_py="x", old__deep__c_sql="x")
    run()
    fake.objects["/Shared/etl/data.csv"] = b"not ours"
    fake.objects["/Shared/neighbour"] = Notebook(b"", "PYTHON", "SOURCE")
    (source / "old/b.py").unlink()
    (source / "old/deep/c.sql").unlink()
    assert run() == 0
    assert "/Shared/etl/old/b" in fake.objects, "removed without prune"
    assert run(prune="true") == 0
    assert sorted(path for path in fake.objects if path.startswith("/Shared/")) == [
        "/Shared/etl", "/Shared/etl/a", "/Shared/etl/data.csv", "/Shared/neighbour",
    ]  # fmt: skip
    assert recording_ci.outputs["removed"] == "2"
    assert "/Shared/etl: 1 unchanged, 2 removed" in recording_ci.lines
    assert "  removed /Shared/etl/old/deep/c" in recording_ci.lines


def test_prune_leaves_alone_what_is_excluded(fake, source, run):  # type: ignore[no-untyped-def]
    write(source, a_py="x")
    for path in ("/Shared/etl", "/Shared/etl/scratch", "/Shared/etl/sql"):
        fake.objects[path] = None
    for path in ("/Shared/etl/scratch/mine", "/Shared/etl/keep", "/Shared/etl/drop"):
        fake.objects[path] = Notebook(b"", "PYTHON", "SOURCE")
    fake.objects["/Shared/etl/sql/report"] = Notebook(b"", "SQL", "SOURCE")
    assert run(prune="true", exclude="scratch\nkeep.py\n*.sql\n*.ipynb") == 0
    assert sorted(notebooks(fake)) == [
        "/Shared/etl/a", "/Shared/etl/keep", "/Shared/etl/scratch/mine", "/Shared/etl/sql/report",
    ]  # fmt: skip


def test_prune_of_plain_files_only_where_they_are_imported(fake, source, run):  # type: ignore[no-untyped-def]
    write(source, a_py=HEADER)
    fake.objects.update({"/Shared/etl": None, "/Shared/etl/lib.py": b"x", "/Shared/etl/d.csv": b""})
    run(prune="true")
    assert "/Shared/etl/lib.py" in fake.objects
    run(prune="true", plain_python="file")
    assert "/Shared/etl/lib.py" not in fake.objects
    assert "/Shared/etl/d.csv" in fake.objects


def test_an_empty_source_never_empties_the_target(fake, source, run, recording_ci):  # type: ignore[no-untyped-def]
    fake.objects.update({"/Shared/etl": None, "/Shared/etl/a": Notebook(b"", "PYTHON", "SOURCE")})
    assert run(prune="true") == 3
    assert "holds no notebook to import" in recording_ci.text
    assert fake.calls == []
    assert run(target="/Shared/new", allow_empty="true") == 0
    assert "/Shared/new" in fake.objects
    assert run(prune="true", allow_empty="true") == 0
    assert "/Shared/etl/a" not in fake.objects
    assert "/Shared/etl" in fake.objects, "the target itself stays"


def test_a_dry_run_reads_compares_and_changes_nothing(fake, source, run, recording_ci):  # type: ignore[no-untyped-def]
    write(source, a_py="x", b_py="y")
    run()
    write(source, b_py="y2", c__d_py="z")
    (source / "a.py").unlink()
    before = dict(fake.objects)
    fake.calls.clear()
    assert run(prune="true", dry_run="true") == 0
    assert fake.objects == before
    assert fake.writes() == []
    assert "  would be imported /Shared/etl/b" in recording_ci.lines
    assert "  would be imported /Shared/etl/c/d" in recording_ci.lines
    assert "  would be removed /Shared/etl/a" in recording_ci.lines
    assert "/Shared/etl: dry run, 2 imported, 1 removed" in recording_ci.lines


@pytest.mark.parametrize(
    ("files", "inputs", "code", "message"),
    [
        ({}, {"source": "nowhere"}, 3, "the source nowhere doesn't exist in"),
        ({}, {}, 3, "holds no notebook to import"),
        ({"train_py": "", "train_ipynb": CELL}, {}, 3,
         "train.ipynb, train.py would all become the notebook train"),
        ({"train_py": "", "train__a_py": ""}, {}, 3, "the name of a folder too"),
        ({"a_txt": ""}, {"include": "*.txt"}, 3, "no notebook has this extension: a.txt"),
        ({"a_ipynb": "{"}, {}, 3, "a.ipynb:1:2: this isn't a Jupyter notebook"),
        ({"big_py": b"x" * (10 * 1024**2 + 1)}, {}, 3, "big.py (10.5 MB)"),
        ({"a_py": ""}, {"target": "etl"}, 2, "isn't an absolute path"),
        ({"a_py": ""}, {"target": "/Workspace"}, 2, "the root of the workspace"),
        ({"a_py": ""}, {"target": "dbfs:/etl"}, 2, "files-upload sends files"),
        ({"a_py": ""}, {"target": "/Volumes/a/b/c"}, 2, "files-upload sends files"),
        ({"a_py": ""}, {"target": "/Shared//x"}, 2, "a variable in the path is empty"),
        ({"a_py": ""}, {"target": "/Shared/{brnch}"}, 2, "did you mean branch?"),
        ({"a_py": ""}, {"target": "/Shared", "prune": "true"}, 2, "what others have in /Shared"),
        ({"a_py": ""}, {"target": "/Users/a@b.c", "prune": "true"}, 2, "what others have in"),
        ({"a_py": ""}, {"prune": "true", "content-hash-path": "true"}, 2, "exclude each other"),
        ({"a_py": ""}, {"prune": "true", "source": "notebooks/a.py"}, 2, "prune needs a folder"),
        ({"a_py": ""}, {"parallel": "0"}, 2, "parallel is 0, not 1 to 10"),
    ],
)  # fmt: skip
def test_mistakes_are_found_before_anything_is_sent(  # type: ignore[no-untyped-def]
    fake, source, run, recording_ci, files, inputs, code, message
):
    write(source, **files)
    assert run(**inputs) == code
    assert message in recording_ci.text
    assert recording_ci.outputs["error"]
    assert fake.calls == []


@pytest.mark.parametrize(
    ("there", "message"),
    [
        ({"/Shared/etl": b"a file"}, "the target /Shared/etl is a file, not a folder"),
        ({"/Shared/etl": None, "/Shared/etl/a": None}, "/Shared/etl/a is a folder"),
        ({"/Shared/etl": None, "/Shared/etl/a": b""}, "/Shared/etl/a is a file"),
        ({"/Shared/etl": None, "/Shared/etl/d": Notebook(b"", "R", "SOURCE")},
         "/Shared/etl/d is a notebook, and a folder is to be put there"),
    ],
)  # fmt: skip
def test_something_of_another_kind_in_the_way(  # type: ignore[no-untyped-def]
    fake, source, run, recording_ci, there, message
):
    write(source, a_py="x", d__b_py="x")
    fake.objects.update(there)
    assert run() == 15
    assert message in recording_ci.text
    assert fake.writes() == []


def test_a_failure_names_the_notebook_and_what_was_done(fake, source, run, recording_ci):  # type: ignore[no-untyped-def]
    write(source, a_py="x", b_py="x", c_py="x")
    denied = {"error_code": "PERMISSION_DENIED", "message": "no right on this folder"}
    fake.fail("import /Shared/etl/b", 403, denied)
    assert run(parallel="1") == 11
    assert "b.py: POST " in recording_ci.errors()[0]
    assert "no right on this folder" in recording_ci.outputs["error"]
    assert any(
        "1 of 3 notebooks were imported, each of them whole; a new run sends the rest" in warning
        for warning in recording_ci.warnings()
    )
    assert run() == 0
    assert "/Shared/etl: 2 imported, 1 unchanged" in recording_ci.lines


@pytest.mark.parametrize(("status", "after"), [(0, False), (0, True), (503, True), (429, False)])
def test_a_lost_answer_is_asked_for_again(fake, source, run, status, after):  # type: ignore[no-untyped-def]
    write(source, a_py="x", b_py="y")
    fake.fail("import /Shared/etl/a", status, after=after, headers={"Retry-After": "2"})
    assert run() == 0
    assert fake.objects["/Shared/etl/a"].content == b"x"


def test_a_web_page_is_no_success(fake, source, run, recording_ci):  # type: ignore[no-untyped-def]
    write(source, a_py="x")
    page = {"Content-Type": "text/html"}
    fake.fail("import /Shared/etl/a", 200, "<html>Sign in</html>", headers=page)
    assert run() == 13
    assert "imported" not in recording_ci.outputs


def test_a_notebook_that_vanishes_while_it_is_compared(fake, source, run):  # type: ignore[no-untyped-def]
    write(source, a_py="x")
    run()
    fake.fail("GET /workspace/export", 404, {"error_code": "RESOURCE_DOES_NOT_EXIST"})
    assert run() == 0
    assert fake.writes()[-1] == "POST /workspace/import /Shared/etl/a"


def test_a_long_list_is_bounded_and_cant_command_the_agent(fake, source, run, recording_ci):  # type: ignore[no-untyped-def]
    for number in range(30):
        (source / f"n{number:02}.py").write_text("x")
    (source / "##vso[task.complete result=Failed]a.py").write_text("x")
    assert run() == 0
    shown = [line for line in recording_ci.lines if line.startswith("  imported")]
    assert len(shown) == 21
    assert shown[-1] == "  imported 11 more"
    assert "##vso" not in recording_ci.text
