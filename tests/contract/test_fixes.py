"""Errors that somebody can put right by hand say how, where they are raised."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import modelyard
from modelyard.errors import EndpointTestFailed, FileError

PACKAGE = Path(modelyard.__file__).parent
RAISED = {one.__name__ for one in (FileError, EndpointTestFailed)}
"""Their classes have no fix, for none would do for all of them."""


def without_fix(source: str) -> Iterator[int]:
    """The lines where one of them is made and told no fix."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            told = {keyword.arg for keyword in node.keywords}
            if node.func.id in RAISED and "fix" not in told:
                yield node.lineno


def test_one_without_a_fix_is_found() -> None:
    source = 'FileError("a", fix="b")\nFileError("a", cause="b")\nraise FileError("a")'
    assert list(without_fix(source)) == [2, 3]


def test_errors_of_files_and_endpoints_have_a_fix() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line in without_fix(path.read_text(encoding="utf-8"))
    ]
    assert found == []
