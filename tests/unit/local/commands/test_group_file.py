"""The files of variable groups: values as they are written, and no secret in a message."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from modelyard.errors import FileError
from modelyard.local.commands.group_file import group


def written(tmp_path: Path, text: str, name: str = "group.yml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("1.10", "1.10"),
        ("0123", "0123"),
        ("1e3", "1e3"),
        ("no", "no"),
        ("True", "True"),
        ("2024-01-31", "2024-01-31"),
        ("2024-13-41", "2024-13-41"),
        ("0x1F", "0x1F"),
        ("12:30:45", "12:30:45"),
        ("!!float abc", "abc"),
        ("=", "="),
        ("'null'", "null"),
        ("null", ""),
        ("~", ""),
        ("", ""),
        ('"a\\nb"', "a\nb"),
    ],
)
def test_a_value_is_the_text_that_is_written(tmp_path: Path, scalar: str, value: str) -> None:
    path = written(tmp_path, f"plain: {scalar}\nlong: {{value: {scalar}}}\n")

    found = group(path)

    assert (found["plain"].value, found["long"].value) == (value, value)


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("1.10", "1.10"),
        ("true", "true"),
        ("1E400", "1E400"),
        ('"a\\/b\\ud83d\\ude00"', "a/b\N{GRINNING FACE}"),
    ],
)
def test_json_too(tmp_path: Path, scalar: str, value: str) -> None:
    text = (
        f'{{\n\t"name": "mine", "variables": {{"v": {{"isSecret": null, "value": {scalar}}}}}\n}}'
    )

    (found,) = group(written(tmp_path, text, "group.json")).items()

    assert (found[0], found[1].value, found[1].secret) == ("v", value, False)


@pytest.mark.parametrize("secret", ["true", "True", "'true'"])
def test_secrets_are_known(tmp_path: Path, secret: str) -> None:
    path = written(tmp_path, f"variables: {{k: {{value: v, isSecret: {secret}}}, p: {{value: 1}}}}")

    assert {name: one.secret for name, one in group(path).items()} == {"k": True, "p": False}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nkey: 'hunter2\n", ":3:1: this isn't YAML or JSON"),
        ("key: *hunter2\n", ":1:6: this isn't YAML or JSON"),
        ("a: 1\n@hunter2\n", ":2:1: this isn't YAML or JSON"),
        ("a: 1\nkey: hunter2: hunter2\n", ":2:13: this isn't YAML or JSON"),
        ("a: 1\nkey: \x01hunter2\n", ":2:6: this isn't YAML or JSON"),
        ('{"key": "hunter2}', ":1:18: this isn't YAML or JSON"),
        ("a: &hunter2 {b: *hunter2}\n", "nested too deep, or refers to itself"),
        ("[" * 5000, "nested too deep, or refers to itself"),
        ("- hunter2\n", "it needs names and values"),
        ("hunter2", "it needs names and values"),
        ("", "it needs names and values"),
        ("a: [hunter2]\n", ": a is a list, and a variable is a text"),
        ("a: {value: {b: hunter2}}\n", ": a is a mapping, and a variable is a text"),
        ("a: {b: hunter2}\n", ": a has no value"),
        ("a: {isSecret: true, value: }\n", ": a has no value"),
        ("? [hunter2]\n: x\n", ":1:3: a variable's name is a text"),
        ("a: 1\n---\nkey: hunter2\n", ":2:1: this isn't YAML or JSON"),
    ],
)
def test_what_is_wrong_is_told_without_the_text(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)

    with pytest.raises(FileError) as caught:
        group(path)

    assert said in caught.value.what
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__cause__ is None


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    latin = tmp_path / "latin.yml"
    latin.write_bytes("a: é\n".encode("latin-1"))

    with pytest.raises(FileError, match="isn't UTF-8 text"):
        group(latin)
    with pytest.raises(FileError, match="can't be read: No such file"):
        group(tmp_path / "nowhere.yml")
