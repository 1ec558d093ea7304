"""Jupyter notebooks as cells."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelyard.local.notebook.source import NotebookFormatError, parse


def document(*cells: dict[str, Any], **metadata: Any) -> str:
    return json.dumps(
        {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1
    )


def code(*lines: str, **more: Any) -> dict[str, Any]:
    source = [line + "\n" for line in lines[:-1]] + list(lines[-1:])
    return {"cell_type": "code", "metadata": {}, "outputs": [], "source": source, **more}


def test_cells_and_their_lines_in_the_file() -> None:
    content = document(
        {"cell_type": "markdown", "source": "# Title"},
        code("import os", "print('ä', \"q\")"),
        code("%pip install x"),
        code(),
        code("%sql", "SELECT 1"),
        code("import os"),
    )
    notebook = parse(content, "/x")
    assert [c.language for c in notebook.cells] == ["md", "python", "python", "sql", "python"]
    assert [c.index for c in notebook.cells] == [1, 2, 3, 4, 5]
    lines = content.split("\n")
    for cell in notebook.cells:
        assert cell.first_line is not None
        for number, text in enumerate(cell.source.split("\n") if cell.index != 1 else []):
            assert json.dumps(text)[1:-1] in lines[cell.first_line - 1 + number]
    # Two cells begin with the same text; each has its own place.
    assert notebook.cells[1].first_line != notebook.cells[4].first_line


def test_text_in_outputs_is_not_taken_for_source() -> None:
    output = {"output_type": "stream", "name": "stdout", "text": ["second\n"]}
    content = document(code("first", outputs=[output]), code("second"))
    cell = parse(content, "/x").cells[1]
    assert cell.first_line is not None
    assert content.split("\n")[cell.first_line - 2].strip() == '"source": ['


def test_title_and_language_of_databricks() -> None:
    titled = code("1", metadata={"application/vnd.databricks.v1+cell": {"title": "One"}})
    databricks = {"application/vnd.databricks.v1+notebook": {"language": "sql"}}
    assert parse(document(titled), "/x").cells[0].title == "One"
    assert parse(document(titled, **databricks), "/x").cells[0].language == "sql"


def test_format_3_has_worksheets() -> None:
    content = json.dumps({"worksheets": [{"cells": [{"cell_type": "code", "input": "1 + 1"}]}]})
    assert parse(content, "/x").cells[0].source == "1 + 1"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"cells": [', "isn't a valid Jupyter notebook"),
        ('{"name": 1}', 'has no list "cells"'),
        ('{"cells": [1]}', 'has no list "cells"'),
        ('{"cells": [{"cell_type": "code", "source": 5}]}', '"source" of cell 1'),
    ],
)
def test_what_is_no_notebook_is_explained(content: str, says: str) -> None:
    with pytest.raises(NotebookFormatError, match=says) as caught:
        parse(content, "/Shared/broken")
    assert "/Shared/broken" in str(caught.value)
