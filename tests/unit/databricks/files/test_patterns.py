from __future__ import annotations

import pytest

from modelyard.databricks.files.patterns import fits, selected


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*.py", "train.py", True),
        ("*.py", "etl/deep/load.PY", True),
        ("*.py", "train.pyc", False),
        ("etl/*.sql", "etl/load.sql", True),
        ("etl/*.sql", "etl/deep/load.sql", False),
        ("etl/*.sql", "other/etl/load.sql", False),
        ("etl/**/*.sql", "etl/deep/er/load.sql", True),
        ("etl/**/*.sql", "etl/load.sql", True),
        ("/train.py", "train.py", True),
        ("/train.py", "etl/train.py", False),
        ("__pycache__", "a/__pycache__/x.pyc", True),
        ("old/", "old/train.py", True),
        ("etl/**", "etl/a/b.py", True),
        ("run?.py", "run1.py", True),
        ("run?.py", "run/1.py", False),
        ("run[12].py", "run2.py", True),
        ("run[!12].py", "run2.py", False),
        ("a.b", "axb", False),
        ("(a|b)+.py", "(a|b)+.py", True),
        ("run[.py", "run[.py", True),
        ("[]a].py", "].py", True),
        ("[^a].py", "^.py", True),
    ],
)
def test_fits(pattern: str, path: str, expected: bool) -> None:
    assert fits(path, [pattern]) is expected


def test_exclude_wins_over_include() -> None:
    assert selected("a/train.py", ["*.py"], [])
    assert not selected("a/train.py", ["*.py"], ["a"])
    assert not selected("a/train.sql", ["*.py"], [])
    assert selected("a/train.sql", [], ["*.py"])
