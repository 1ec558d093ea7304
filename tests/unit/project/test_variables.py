"""Names of variables, which Azure Pipelines compares without case."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.errors import FileError
from modelyard.project import document
from modelyard.project.devops import variables
from modelyard.project.fields import Mistakes, Section


def test_names_that_are_there_keep_their_spelling() -> None:
    assert variables.as_spelt({"DB_HOST": "1", "New": "2"}, ["db_host", "other"]) == {
        "db_host": "1",
        "New": "2",
    }


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("variables: {A: 1, a: 2}", "p.variables.a is variables.A too: case doesn't count"),
        (
            "variables: {A: 1}\nsecrets: {a: env:A}",
            "p.secrets.a is variables.A too: case doesn't count",
        ),
        ("variables: {' ': 1}", "p.variables has a variable without a name"),
    ],
)
def test_one_name_is_one_variable(tmp_path: Path, given: str, told: str) -> None:
    path = tmp_path / "modelyard.yml"
    path.write_text(given, encoding="utf-8")
    mistakes = Mistakes()
    variables.read(Section(document.read(path), "p", ("variables", "secrets"), mistakes))
    with pytest.raises(FileError, match=told):
        mistakes.check()


def test_values_are_texts_as_they_are_written(tmp_path: Path) -> None:
    """Of YAML 3.10 is 3.1, on is true, and 0123 is 83."""
    path = tmp_path / "modelyard.yml"
    values = {"A": "3.10", "B": "on", "C": "0123", "D": "1_000", "E": "1e3", "F": "true", "G": "x"}
    lines = "".join(f"  {name}: {value}\n" for name, value in values.items())
    path.write_text(f"variables:\n{lines}", encoding="utf-8")
    section = Section(document.read(path), "p", ("variables", "secrets"), Mistakes())
    assert variables.read(section)[0] == values
