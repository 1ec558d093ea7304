from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.local.cloud.databricks.exceptions import ApiError
from modelyard.local.cloud.databricks.workspace import formats
from modelyard.local.notebook.source import parse

SOURCE = """# Databricks notebook source
x = 1

# COMMAND ----------

# MAGIC %md
# MAGIC # Title
# MAGIC
# MAGIC text

# COMMAND ----------

# DBTITLE 1,The end
# MAGIC %sql SELECT 1
"""


def cells(content: str) -> list[tuple[str, str, str]]:
    return [(c.language, c.body.strip(), c.title) for c in parse(content, "/x", "python").cells]


def test_source_becomes_jupyter_and_source_again() -> None:
    jupyter = formats.to_jupyter(SOURCE, "PYTHON", "/Shared/x")
    document = json.loads(jupyter)
    assert document["nbformat"] == 4
    kinds = [(c["cell_type"], "".join(c["source"])) for c in document["cells"]]
    assert kinds == [
        ("code", "x = 1"),
        ("markdown", "# Title\n\ntext"),
        ("code", "%sql SELECT 1"),
    ]
    again = formats.to_source(jupyter, "PYTHON", "/Shared/x")
    assert [c[:2] for c in cells(again)] == [c[:2] for c in cells(SOURCE)]


def test_what_is_in_the_wanted_format_already_is_left_as_it_is() -> None:
    assert formats.to_source(SOURCE, "PYTHON", "/x") == SOURCE
    jupyter = formats.to_jupyter(SOURCE, "PYTHON", "/x")
    assert formats.to_jupyter(jupyter, "PYTHON", "/x") == jupyter


def test_html_shows_the_notebook_escaped_and_can_be_imported_again() -> None:
    page = formats.to_html(SOURCE.replace("x = 1", "x = '<b>'"), "PYTHON", "/Shared/<x>")
    assert "x = &#x27;&lt;b&gt;&#x27;" in page
    assert "<title>&lt;x&gt;</title>" in page
    source, language = formats.from_html(page)
    assert language == "PYTHON"
    assert cells(source)[0][1] == "x = '<b>'"


@given(st.lists(st.text(alphabet="ab \n%#'\"<>é", min_size=1).filter(str.strip), min_size=1))
def test_any_cells_survive_html(texts: list[str]) -> None:
    model = {
        "language": "python",
        "commands": [{"position": n, "command": f"y = {text!r}"} for n, text in enumerate(texts)],
    }
    encoded = base64.b64encode(quote(json.dumps(model)).encode()).decode()
    source, language = formats.from_html(f"<script>__DATABRICKS_NOTEBOOK_MODEL = '{encoded}'")
    assert language == "PYTHON"
    assert [c[1] for c in cells(source)] == [f"y = {text!r}" for text in texts]


@pytest.mark.parametrize(
    "page", ["", "<html></html>", "__DATABRICKS_NOTEBOOK_MODEL = 'e30='", "x = '%%%'"]
)
def test_html_without_a_notebook_is_refused(page: str) -> None:
    with pytest.raises(ApiError, match="could not be imported as a notebook"):
        formats.from_html(page)


def test_the_first_line_tells_the_language() -> None:
    assert formats.header_language("# Databricks notebook source\n") == "PYTHON"
    assert formats.header_language("# Databricks notebook source\n", "r") == "R"
    assert formats.header_language("-- Databricks notebook source\n") == "SQL"
    assert formats.header_language("// Databricks notebook source\n") == "SCALA"
    assert formats.header_language("import os\n") is None


def test_ipynb_tells_its_language() -> None:
    document = {"cells": [], "metadata": {"language_info": {"name": "r"}}, "nbformat": 4}
    assert formats.jupyter_language(json.dumps(document), "/x") == "R"
    with pytest.raises(ApiError, match="could not be imported"):
        formats.jupyter_language("{", "/x")
