from __future__ import annotations

import json

from modelyard.databricks.notebooks import notebook_cells
from modelyard.databricks.notebooks.notebook_cells import Place

SOURCE = """\
# Databricks notebook source
# MAGIC %md
# MAGIC # Train

# COMMAND ----------

# DBTITLE 1,Read
import pandas
frame = pandas.read_csv(path)

# COMMAND ----------

# MAGIC %run ./table

# COMMAND ----------


x = 1
frame = frame.dropna()
x = 1
"""


def test_source_format() -> None:
    cells = notebook_cells.parse(SOURCE)
    assert [cell.number for cell in cells] == [1, 2, 3, 4]
    assert cells[0].lines == ("%md", "# Train")
    assert cells[1].lines == ("import pandas", "frame = pandas.read_csv(path)")
    assert cells[1].file_lines == (8, 9)
    assert cells[3].file_lines == (18, 19, 20)


def test_a_line_is_found_by_its_number_and_text() -> None:
    cells = notebook_cells.parse(SOURCE)
    assert notebook_cells.find(cells, 2, "  frame = frame.dropna()") == Place(4, 2, 19)
    assert notebook_cells.find(cells, 3, "x = 1") == Place(4, 3, 20)


def test_the_only_such_text_is_found_whatever_its_number() -> None:
    cells = notebook_cells.parse(SOURCE)
    assert notebook_cells.find(cells, 7, "frame = frame.dropna()") == Place(4, 2, 19)


def test_in_doubt_nothing_is_found() -> None:
    cells = notebook_cells.parse(SOURCE)
    assert (
        notebook_cells.find(cells, 9, "x = 1") is None
    )  # two such lines, neither with that number
    assert notebook_cells.find(cells, 1, "y = 1") is None
    assert notebook_cells.find(cells, 1, "") is None


def test_what_a_notebook_includes() -> None:
    assert list(notebook_cells.included(notebook_cells.parse(SOURCE))) == ["./table"]
    text = '# COMMAND ----------\n# MAGIC %run "./my notes" $x="1"'
    assert list(notebook_cells.included(notebook_cells.parse(text))) == ["./my notes"]


def test_jupyter() -> None:
    document = {
        "cells": [
            {"cell_type": "markdown", "source": ["# Train"]},
            {"cell_type": "code", "source": ["import pandas\n", 'x = "ä"\n', "y = 2"]},
            {"cell_type": "code", "source": "a = 1\nb = 2"},
        ],
        "nbformat": 4,
    }
    text = json.dumps(document, indent=1)
    cells = notebook_cells.parse(text)
    assert cells[1].lines == ("import pandas", 'x = "ä"', "y = 2")
    place = notebook_cells.find(cells, 2, 'x = "ä"')
    assert place is not None
    assert place.cell == 2
    assert 'x = \\"\\u00e4\\"' in text.splitlines()[place.file_line - 1]
    one_text = notebook_cells.find(cells, 2, "b = 2")
    assert one_text == Place(3, 2, 0)  # its source is one text: it has no line of its own


def test_other_text_is_one_cell() -> None:
    (cell,) = notebook_cells.parse("import os\nprint(1)\n")
    assert (cell.number, cell.lines, cell.file_lines) == (1, ("import os", "print(1)"), (1, 2))
    assert notebook_cells.parse("{not json")[0].lines == ("{not json",)
