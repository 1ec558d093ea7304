from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelyard.databricks.files.local_files import find
from modelyard.databricks.notebooks.notebook_formats import (
    BOM,
    FORMATS,
    PLAIN_FILE,
    check_content,
    extension,
    has_header,
    same,
)
from modelyard.errors import FileError

PYTHON, SQL, JUPYTER = FORMATS[".py"], FORMATS[".sql"], FORMATS[".ipynb"]
HEADER = b"# Databricks notebook source\n"


def ipynb(*cells: str, **more: object) -> bytes:
    listed = [
        {"cell_type": "code", "source": text, "outputs": [], "metadata": {}} for text in cells
    ]
    return json.dumps({"nbformat": 4, "cells": listed, **more}).encode()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a/Plot.R", ".r"), ("train.ipynb", ".ipynb"), ("a.b/README", ""), (".py", ""), ("x.", ".")],
)
def test_extension(name: str, expected: str) -> None:
    assert extension(name) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (HEADER + b"1", True),
        (BOM + b"# Databricks notebook source\r\n1", True),
        (b"# Databricks notebook source", True),
        (b"# Databricks notebook sources\n", False),
        (b"\n" + HEADER, False),
        (b"", False),
    ],
)
def test_has_header(content: bytes, expected: bool) -> None:
    assert has_header(content) is expected


@pytest.mark.parametrize(
    ("content", "exported"),
    [
        (b"x = 1\n", HEADER + b"x = 1"),
        (HEADER + b"x = 1\n\n", HEADER + b"x = 1"),
        (BOM + HEADER + b"x = 1\r\ny = 2\r\n", HEADER + b"x = 1\ny = 2"),
        (b"", HEADER),
        (b"caf\xe9 = 1\n", HEADER + b"caf\xe9 = 1"),
    ],
)
def test_the_same_source(content: bytes, exported: bytes) -> None:
    assert same(content, exported, PYTHON)


@pytest.mark.parametrize(
    ("content", "exported"),
    [
        (b"x = 1\n", HEADER + b"x = 2"),
        (b"  x = 1\n", HEADER + b"x = 1"),
        (b"-- Databricks notebook source\nx", b"# Databricks notebook source\nx"),
    ],
)
def test_another_source(content: bytes, exported: bytes) -> None:
    assert not same(content, exported, PYTHON)


def test_sql_has_its_own_first_line() -> None:
    assert same(b"SELECT 1", b"-- Databricks notebook source\nSELECT 1\n", SQL)


def test_jupyter_compares_cells_not_outputs_or_metadata() -> None:
    mine = ipynb("x = 1\n", "y", metadata={"kernelspec": {"name": "python3"}})
    theirs = json.loads(ipynb("x = 1\n", "y"))
    theirs["cells"][0]["source"] = ["x = ", "1\n"]
    theirs["cells"][1]["outputs"] = [{"output_type": "stream"}]
    assert same(mine, json.dumps(theirs).encode(), JUPYTER)
    assert not same(mine, ipynb("x = 1\n", "z"), JUPYTER)
    assert not same(mine, ipynb("x = 1\n"), JUPYTER)
    assert not same(mine, b"not json", JUPYTER)


def test_html_is_never_the_same_and_a_plain_file_only_byte_for_byte() -> None:
    assert not same(b"<html>", b"<html>", FORMATS[".html"])
    assert same(b"import x\n", b"import x\n", PLAIN_FILE)
    assert not same(b"import x\n", b"import x", PLAIN_FILE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"cells": [\n}', r"bad\.ipynb:2:1: this isn't a Jupyter notebook"),
        (b"[]", "no list of cells"),
        (b'{"worksheets": []}', "no list of cells"),
        (b'{"cells": [1]}', "a cell isn't an object"),
        (b'{"cells": ["\xff"]}', "it isn't UTF-8"),
    ],
)
def test_a_broken_jupyter_notebook(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "bad.ipynb").write_bytes(content)
    (file,) = find(str(tmp_path))
    with pytest.raises(FileError, match=message):
        check_content(file, content)
