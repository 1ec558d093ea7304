"""Databricks source format as cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.local.notebook.source import parse

TRAIN = """\
# Databricks notebook source
# MAGIC %md
# MAGIC # Training
# MAGIC
# MAGIC Some *text*.

# COMMAND ----------

# DBTITLE 1,Read the data
import pandas as pd

frame = pd.read_csv("/dbfs/x.csv")

# COMMAND ----------

# MAGIC %sh -e
# MAGIC ls

# COMMAND ----------

# MAGIC %sql SELECT 1

# COMMAND ----------

# MAGIC %run ./helpers $x="1"

# COMMAND ----------


# COMMAND ----------

dbutils.notebook.exit("done")
"""


def test_cells_have_language_title_text_and_line() -> None:
    notebook = parse(TRAIN, "/Shared/train")
    assert notebook.language == "python"
    seen = [(c.index, c.language, c.title, c.first_line) for c in notebook.cells]
    assert seen == [
        (1, "md", "", 2),
        (2, "python", "Read the data", 10),
        (3, "sh", "", 16),
        (4, "sql", "", 21),
        (5, "python", "", 25),
        (6, "python", "", 32),
    ]
    assert notebook.cells[0].source == "%md\n# Training\n\nSome *text*."
    assert notebook.cells[1].source.startswith("import pandas as pd\n\nframe")
    assert notebook.cells[2].body == "-e\nls"
    assert notebook.cells[3].body == "SELECT 1"
    assert notebook.cells[4].body == '%run ./helpers $x="1"'


def test_first_line_is_the_line_of_the_file() -> None:
    lines = TRAIN.split("\n")
    for cell in parse(TRAIN, "/x").cells:
        assert cell.first_line is not None
        in_file = lines[cell.first_line - 1].removeprefix("# MAGIC ")
        assert in_file == cell.source.split("\n")[0]


@pytest.mark.parametrize(
    ("header", "hint", "language"),
    [
        ("# Databricks notebook source", "", "python"),
        ("# Databricks notebook source", "r", "r"),
        ("# Databricks notebook source", "sql", "python"),
        ("-- Databricks notebook source", "", "sql"),
        ("// Databricks notebook source", "", "scala"),
    ],
)
def test_language_of_the_notebook(header: str, hint: str, language: str) -> None:
    comment = header.split()[0]
    content = f"{header}\nfirst\n\n{comment} COMMAND ----------\n\n{comment} MAGIC %python\n"
    content += f"{comment} MAGIC 1 + 1\n"
    notebook = parse(content, "/x", hint)
    assert notebook.language == language
    assert [c.language for c in notebook.cells] == [language, "python"]
    assert notebook.cells[1].body == "\n1 + 1"  # line 2 stays line 2


def test_pip_in_a_sql_notebook_is_a_python_cell() -> None:
    content = "-- Databricks notebook source\n-- MAGIC %pip install x\n"
    assert parse(content, "/x").cells[0].language == "python"


def test_plain_file_is_one_cell() -> None:
    notebook = parse("\ufeffx = 1\r\ny = 2\r\n", "/x.py")
    assert [(c.language, c.source) for c in notebook.cells] == [("python", "x = 1\ny = 2\n")]
    assert parse("", "/x").cells == ()


def test_double_percent_and_aliases() -> None:
    content = "# Databricks notebook source\n# MAGIC %%bash\n# MAGIC echo\n"
    assert parse(content, "/x").cells[0].language == "sh"


@given(st.lists(st.text(alphabet="ab \n#%=-", max_size=30), max_size=5))
def test_every_code_line_is_in_exactly_one_cell(cells: list[str]) -> None:
    content = "# Databricks notebook source\n" + "\n\n# COMMAND ----------\n\n".join(cells)
    parsed = parse(content, "/x")
    shown = [line for cell in parsed.cells for line in cell.source.split("\n") if line.strip()]
    assert shown == [line for cell in cells for line in cell.split("\n") if line.strip()]
