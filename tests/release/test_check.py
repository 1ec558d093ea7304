"""What a maintainer sees of `make release-check`."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from release.conditions import CONDITIONS

from release_clone import NOW, Clone


def test_all_is_ready(released) -> None:
    said = released.done.stdout
    assert released.done.returncode == 0, said + released.done.stderr
    for name in CONDITIONS:
        assert f"ok  {name}\n" in said
    commit = released.clone.git("rev-parse", "HEAD").strip()
    assert f"Modelyard {NOW} from commit {commit}" in said
    assert "the release before it: v1.0.0" in said
    assert f"git tag --annotate v{NOW} --message 'Modelyard {NOW}' {commit}" in said
    assert re.search(r"^  v1 +moves from [0-9a-f]{12}$", said, re.M)
    assert re.search(r"^  v1\.1 +new, moves$", said, re.M)
    assert "placeholder OWNER" in said


def test_it_says_what_it_is_doing(released) -> None:
    said = released.done.stderr.splitlines()
    assert said[0].startswith("... this takes a minute or more")
    assert said[1:] == [
        *(f"... {name}" for name in CONDITIONS),
        "... building them",
        "... building them again, from a fresh clone",
    ]


def test_it_tags_and_changes_nothing(released) -> None:
    assert released.clone.git("tag").split() == ["v1", "v1.0", "v1.0.0"]
    assert released.clone.git("status", "--short") == ""


def test_the_checksums_are_those_of_the_packages(released) -> None:
    listed = dict(
        reversed(line.split("  "))
        for line in (released.dist / "SHA256SUMS").read_text().splitlines()
    )
    assert sorted([*listed, "SHA256SUMS"]) == sorted(one.name for one in released.dist.iterdir())
    for name, digest in listed.items():
        assert hashlib.sha256((released.dist / name).read_bytes()).hexdigest() == digest


def test_every_condition_is_looked_at_and_nothing_to_type_is_shown(
    clone: Clone, tfx_command: Path
) -> None:
    (clone.path / "CHANGELOG.md").write_text("# Changelog\n")
    done = clone.python("-m", "release.check", "--tfx", str(tfx_command), check=False)
    assert done.returncode == 1
    assert "NO  changelog\n      CHANGELOG.md has no section 1.1.0" in done.stdout
    assert "NO  working tree\n      not committed:  M CHANGELOG.md" in done.stdout
    assert "ok  lock files" in done.stdout
    assert "NOT READY" in done.stdout
    assert "git tag" not in done.stdout


def test_a_version_that_is_none(clone: Clone, tfx_command: Path) -> None:
    done = clone.python("-m", "release.check", "1.0", "--tfx", str(tfx_command), check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "error: '1.0' isn't a version of three numbers\n  to do: write it as 1.2.3\n"
    )
