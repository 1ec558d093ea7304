from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.local.runner.builtin import glob

# Source: minimatch 3 with the options dot and nobrace, and task-lib's findMatch (each line was
# put to minimatch 3.1.5 itself).
MATCHES = [
    ("/a/b.txt", "/a/*.txt", True),
    ("/a/.b.txt", "/a/*.txt", True),
    ("/a/b/c.txt", "/a/*.txt", False),
    ("/a/b/c.txt", "/a/**/*.txt", True),
    ("/a/c.txt", "/a/**/*.txt", True),
    ("/a/b", "/a/**", True),
    ("/a/b/c", "/a/**", True),
    ("/a", "/a/**", False),
    ("/a/bc", "/a/b?", True),
    ("/a/b", "/a/b?", False),
    ("/a/b.c", "/a/b[.]c", True),
    ("/a/bxc", "/a/b[!.]c", True),
    ("/a/b.c", "/a/b[^.]c", False),
    ("/a/x3", "/a/x[0-9]", True),
    ("/a/x[", "/a/x[", True),
    ("/a/x", "/a/x[", False),
    ("/a/b.json", "/a/*.{json,yml}", False),
    ("/a/b.{json,yml}", "/a/*.{json,yml}", True),
    ("/a/b.json", "/a/*.@(json|yml)", True),
    ("/a/b.toml", "/a/*.@(json|yml)", False),
    ("/a/b.toml", "/a/*.!(json|yml)", True),
    ("/a/b.json", "/a/*.!(json|yml)", False),
    ("/a/aab", "/a/+(a)b", True),
    ("/a/b", "/a/*(a)b", True),
    ("/a/b", "/a/?(a)b", True),
    ("/a/aab", "/a/?(a)b", False),
    ("/a/*", "/a/\\*", True),
    ("/a/b", "/a/\\*", False),
    ("/a/B", "/a/b", False),
    ("/a/x**y", "/a/x**y", True),
    ("/a/x/y", "/a/x**y", False),
    ("/a//b", "/a/b", True),
    ("/a/b/c/d", "/a/**/**/d", True),
    ("/a/b+c", "/a/b+c", True),
    ("/a/b(c", "/a/+(b(c", False),
]


@pytest.mark.parametrize(("path", "pattern", "expected"), MATCHES)
def test_matches(path: str, pattern: str, expected: bool) -> None:
    assert glob.matches(path, pattern) is expected


def test_a_list_of_patterns_adds_and_takes_away_in_order() -> None:
    paths = ["/r/a.py", "/r/b.py", "/r/t/c.py"]
    assert glob.select(paths, ["**/*.py", "!t/**"], "/r") == ["/r/a.py", "/r/b.py"]
    assert glob.select(paths, ["!t/**", "**/*.py"], "/r") == paths
    assert glob.select(paths, ["# all", "", "  b.py  ", "!!a.py"], "/r") == ["/r/a.py", "/r/b.py"]
    assert glob.select(paths, ["/r/t/*"], "/r") == ["/r/t/c.py"]


def test_a_root_with_marks_of_patterns_is_only_text(tmp_path: Path) -> None:
    root = tmp_path / "a [1] *? +(x)"
    (root / "b").mkdir(parents=True)
    (root / "b" / "c.txt").touch()
    assert glob.find_match(root, ["**/*.txt"]) == [root / "b" / "c.txt"]
    assert glob.find_match(root, ["**/*.txt", "!b/**"]) == []


def test_find_match_of_a_plain_path(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert glob.find_match(tmp_path, ["a"]) == [tmp_path / "a"]
    assert glob.find_match(tmp_path, ["b"]) == []
    assert glob.find_match(Path("/nowhere"), [str(tmp_path / "a")]) == [tmp_path / "a"]


def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "deep").mkdir(parents=True)
    (outside / "deep" / "x").touch()
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(outside)
    (root / "loop").symlink_to(root)
    (root / "broken").symlink_to(tmp_path / "gone")
    found = [str(Path(one).relative_to(root)) for one in glob.find(root)[1:]]
    assert found == ["broken", "link", "link/deep", "link/deep/x", "loop"]


NAMES = st.text("ab.", min_size=1, max_size=3).filter(lambda one: one not in (".", ".."))
PARTS = st.text("ab.*?", min_size=1, max_size=4).filter(lambda one: one not in (".", ".."))


@given(st.lists(NAMES, min_size=1, max_size=4), st.lists(PARTS, min_size=1, max_size=4))
def test_equals_a_naive_reference(names: list[str], parts: list[str]) -> None:
    """Without extended patterns a pattern is a regular expression over the whole path."""
    path, pattern = "/" + "/".join(names), "/" + "/".join(parts)
    expression = ""
    for place, part in enumerate(parts):
        if part == "**":
            last = place == len(parts) - 1
            expression += r"(/[^/]+)+" if last else r"(/[^/]+)*"
        else:
            name = "".join({"*": "[^/]*", "?": "[^/]"}.get(one, re.escape(one)) for one in part)
            expression += f"/(?=[^/]){name}"
    assert glob.matches(path, pattern) is (re.fullmatch(expression, path) is not None)


def test_a_hostile_pattern_takes_no_long_time() -> None:
    names = "/".join("a" * 12 for _ in range(60))
    pattern = "/".join(["**", "a*"] * 30) + "/b"
    assert not glob.matches(f"/{names}", f"/{pattern}")


@given(st.text(max_size=30), st.randoms(use_true_random=False))
def test_no_text_breaks_it(pattern: str, chance: random.Random) -> None:
    shuffled = "".join(chance.sample("*?+@!()[]|\\/ab", 14)) + pattern
    assert glob.matches("/a/b", shuffled) in (True, False)
