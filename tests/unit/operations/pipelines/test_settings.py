"""A config file with overrides in one input: both spellings, types of the file, clear refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.errors import InputError
from modelyard.operations.pipelines.settings import read_settings


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "config.json"
    path.write_text('{"location": "West US", "nodes": 2, "ratio": 0.5, "on": true, "a": {"b": 1}}')
    return str(path)


def test_both_spellings_override_the_file(file: str) -> None:
    found = read_settings(f"{file} --location='North Europe' --nodes 4\n--on=false --ratio 1")
    assert found == {
        "location": "North Europe",
        "nodes": 4,
        "ratio": 1.0,
        "on": False,
        "a": {"b": 1},
    }


def test_a_dot_leads_into_a_mapping(file: str) -> None:
    assert read_settings(f"{file} --a.b=7 --c.d x")["a"] == {"b": 7}
    assert read_settings("--c.d x") == {"c": {"d": "x"}}


def test_nothing_is_an_empty_mapping() -> None:
    assert read_settings(None) == {}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--location West US", "'US' where --key value"),
        ("--location --nodes 3", "--location has no value"),
        ("--nodes", "--nodes has no value"),
        ("--nodes many", "--nodes is 'many', and a whole number in the file"),
        ("--nodes 1.5", "--nodes is '1.5', and a whole number in the file"),
        ("--ratio much", "--ratio is 'much', and a finite number in the file"),
        ("--ratio nan", "--ratio is 'nan', and a finite number in the file"),
        ("--ratio=1e400", "--ratio is '1e400', and a finite number in the file"),
        ("--on perhaps", "and true or false in the file"),
        ("--nodes=1 --nodes=2", "--nodes twice"),
        ("--location.x=1", "--location.x leads into location"),
        ("--location 'open", "can't be read as a command line"),
        ("--a=[1]", "and a mapping in the file"),
    ],
)
def test_what_is_wrong_is_said(file: str, words: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        read_settings(f"{file} {words}")
    assert told in caught.value.what


def test_what_begins_with_no_file_is_refused() -> None:
    with pytest.raises(InputError, match=r"begins with 'location=1'"):
        read_settings("location=1")
