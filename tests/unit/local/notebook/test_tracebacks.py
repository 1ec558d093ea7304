"""Failures in the notebook's terms."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from modelyard.local.notebook import python_cell
from modelyard.local.notebook.tracebacks import ERROR_LIMIT, LIMIT, Failure, Place, describe

PLACES = {
    "<a, cell 1>": Place("/Shared/a", 1, 2),
    "<a, cell 2>": Place("/Shared/a", 2, 10),
    "<b, cell 1>": Place("/Shared/b", 1, None),
    "/dbfs/train.py": Place("/dbfs/train.py"),
}


def fail(*cells: tuple[str, str]) -> Failure:
    namespace: dict[str, Any] = {}
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - any
        for source, filename in cells:
            python_cell.run(source, filename, namespace, lambda _: None, None)  # type: ignore[arg-type]
    return describe(caught.value, PLACES)


def test_position_and_text_of_an_exception() -> None:
    failure = fail(("x = 1\n\nfloat('n/a')", "<a, cell 2>"))
    assert failure.error == "ValueError: could not convert string to float: 'n/a'"
    assert (failure.notebook, failure.cell, failure.line) == ("/Shared/a", 2, 3)
    assert failure.file_line == 12
    assert failure.traceback == (
        "Traceback (most recent call last):\n"
        "  notebook /Shared/a, cell 2, line 3, in <module>\n"
        "    float('n/a')\n"
        "ValueError: could not convert string to float: 'n/a'"
    )


def test_innermost_notebook_frame_counts_and_library_frames_are_shown() -> None:
    failure = fail(
        ("import json\ndef read(text):\n    return json.loads(text)", "<a, cell 1>"),
        ("read('{')", "<a, cell 2>"),
    )
    assert (failure.cell, failure.line, failure.file_line) == (1, 3, 4)
    lines = failure.traceback.split("\n")
    assert lines[1] == "  notebook /Shared/a, cell 2, line 1, in <module>"
    assert lines[3] == "  notebook /Shared/a, cell 1, line 3, in read"
    assert "json/__init__.py" in failure.traceback
    assert "python_cell.py" not in failure.traceback


def test_unknown_line_of_the_file_stays_unknown() -> None:
    assert fail(("1 / 0", "<b, cell 1>")).file_line is None


def test_line_of_a_python_file() -> None:
    failure = fail(("1 / 0", "/dbfs/train.py"))
    assert (failure.notebook, failure.cell, failure.line) == ("/dbfs/train.py", None, 1)
    assert "  /dbfs/train.py, line 1, in <module>" in failure.traceback


def test_syntax_error_shows_the_line() -> None:
    failure = fail(("x = 1\ny = = 2", "<a, cell 1>"))
    assert failure.error == "SyntaxError: invalid syntax"
    assert (failure.cell, failure.line, failure.file_line) == (1, 2, 3)
    assert failure.traceback == (
        "  notebook /Shared/a, cell 1, line 2\n    y = = 2\n        ^\nSyntaxError: invalid syntax"
    )


def test_causes_and_contexts_are_told() -> None:
    failure = fail(
        ("try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError('k') from e",
         "<a, cell 1>"),
    )  # fmt: skip
    first, second = failure.traceback.split(
        "\nThe above exception was the direct cause of the following exception:\n"
    )
    assert "ZeroDivisionError: division by zero" in first
    assert failure.error == "KeyError: 'k'"
    assert failure.line == 4
    assert second.endswith("KeyError: 'k'")
    hidden = fail(
        ("try:\n    1 / 0\nexcept Exception:\n    raise KeyError from None", "<a, cell 1>")
    )
    assert "ZeroDivisionError" not in hidden.traceback
    assert hidden.error == "KeyError"


def test_error_is_one_line_and_bounded() -> None:
    assert fail(("raise ValueError('\\n\\nfirst\\nsecond')", "<a, cell 1>")).error == (
        "ValueError: first"
    )
    failure = fail((f"raise ValueError('x' * {LIMIT * 2})", "<a, cell 1>"))
    assert len(failure.error) == ERROR_LIMIT
    assert len(failure.traceback) < LIMIT + 100
    assert "characters left out" in failure.traceback


def test_an_exception_that_cannot_be_printed() -> None:
    failure = fail(
        ("class E(Exception):\n    def __str__(self):\n        raise OSError('no')\nraise E()",
         "<a, cell 1>"),
    )  # fmt: skip
    assert failure.error.startswith("E: ")
    assert failure.line == 4


def test_endless_recursion_is_bounded() -> None:
    limit = sys.getrecursionlimit()
    failure = fail(("def f(n):\n    return f(n + 1)\nf(0)", "<a, cell 1>"))
    assert failure.error.startswith("RecursionError: maximum recursion depth exceeded")
    assert len(failure.traceback) <= LIMIT + 100 or limit < 1000


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups came with Python 3.11")
def test_members_of_a_group_are_told() -> None:
    source = "raise ExceptionGroup('several', [ValueError('one'), KeyError('two')])"
    text = fail((source, "<a, cell 1>")).traceback
    assert "sub-exception 1:\n    ValueError: one" in text
    assert "sub-exception 2:\n    KeyError: 'two'" in text
