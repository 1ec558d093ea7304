from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from modelyard.errors import FileError, InputError
from modelyard.parameters import as_text, read_parameters


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, {}),
        ("  \n", {}),
        ("alpha=0.50\nurl=https://h/?a=b", {"alpha": "0.50", "url": "https://h/?a=b"}),
        ("  alpha = 0.5 \n\nempty=", {"alpha": "0.5", "empty": ""}),
        ("alpha: 0.5\nflag: true\nname: a=b", {"alpha": "0.5", "flag": "true", "name": "a=b"}),
        ('{"alpha": 0.5, "n": 10, "off": false}', {"alpha": "0.5", "n": "10", "off": "false"}),
        ("{alpha: 1.0e-5, s: '007'}", {"alpha": "1e-05", "s": "007"}),
        ("day: 2024-03-01", {"day": "2024-03-01"}),
        ('list: [1, "x"]', {"list": '[1, "x"]'}),
    ],
)
def test_parameters(text: str | None, expected: dict[str, str]) -> None:
    assert read_parameters("parameters", text) == expected


def test_parameters_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "parameters.yml"
    file.write_text("alpha: 0.5\n")
    assert read_parameters("parameters", str(file)) == {"alpha": "0.5"}
    with pytest.raises(FileError, match="can't be read"):
        read_parameters("parameters", str(tmp_path / "none.yml"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("alpha=1\nbeta", "without '=': 'beta'"),
        ("alpha=1\nalpha=2", "has alpha twice"),
        ("just words", "neither lines of key=value nor a mapping"),
        ("- 1", "neither lines of key=value nor a mapping"),
        ("alpha:", "parameters: alpha has no value"),
    ],
)
def test_bad_parameters(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_parameters("parameters", text)


@given(some.floats(allow_nan=False, allow_infinity=False))
def test_a_number_keeps_its_value_as_text(value: float) -> None:
    assert float(as_text("x", value)) == value
