"""Addresses and branches of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.errors import FileError
from modelyard.project import document, shapes
from modelyard.project.fields import Mistakes, Section


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://github.example.com/api/v3", True),
        ("http://127.0.0.1:8/api/v3", True),
        ("http://localhost/api/v3", True),
        ("http://localhost", True),
        ("HTTPS://github.example.com", True),
        ("ftp://localhost/", False),
        ("http://127.0.0.1.example.com/api/v3", False),
        ("http://github.example.com", False),
        ("https://", False),
    ],
)
def test_a_token_is_sent_over_https_or_to_this_machine(url: str, safe: bool) -> None:
    assert shapes.is_safe(url) is safe


def branch_of(folder: Path, name: str) -> str:
    path = folder / "modelyard.yml"
    path.write_text(f"branch: '{name}'\n", encoding="utf-8")
    mistakes = Mistakes()
    section = Section(document.read(path), "policy", ("branch",), mistakes)
    found = shapes.branch(section, "branch", required=True)
    mistakes.check()
    return found


@pytest.mark.parametrize("name", ["main", "refs/heads/main", "release/1.0", "a@b", "ünder_score"])
def test_a_branch_goes_by_its_short_name(tmp_path: Path, name: str) -> None:
    assert branch_of(tmp_path, name) == name.removeprefix("refs/heads/")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("release/*", "a pattern: name one branch"),
        ("v[12]", "a pattern"),
        ("refs/heads/", "names no branch"),
        *((one, "no name of a branch") for one in ("a b", "a..b", "/a", "a/", "a.lock", "-a", "@")),
    ],
)
def test_what_is_no_branch(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(FileError, match=told):
        branch_of(tmp_path, name)
