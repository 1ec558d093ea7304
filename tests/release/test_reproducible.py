"""The same commit gives the same bytes: elsewhere, later, for another user."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

from release import archive
from release_clone import NOW

LATER = 2_000_000_000
COMMITTED = (2026, 2, 3, 4, 5, 6)


def test_elsewhere_later_and_with_other_settings(released, tfx_command: Path, tmp_path) -> None:
    """Another path, umask, time zone, home, order of hashing, file times, and no command `file`."""
    clone = released.clone.another(tmp_path / "quite" / "another place" / "clone")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("node", "git"):
        found = shutil.which(name)
        assert found
        (programs / name).symlink_to(found)
    for path in clone.path.rglob("*"):
        if path.is_file() and ".git" not in path.parts:
            path.chmod(path.stat().st_mode & 0o700)
            os.utime(path, (LATER, LATER))
    done = subprocess.run(
        [sys.executable, "-m", "release.package", "--tfx", str(tfx_command)],
        check=False,
        capture_output=True,
        text=True,
        cwd=clone.path,
        env={
            "PATH": str(programs),
            "HOME": str(tmp_path),
            "TZ": "Asia/Tokyo",
            "LC_ALL": "C",
            "PYTHONHASHSEED": "7",
        },
        umask=0o077,
    )
    assert done.returncode == 0, done.stderr
    names = sorted(one.name for one in released.dist.iterdir())
    assert sorted(one.name for one in (clone.path / "dist").iterdir()) == names
    for name in names:
        same = (clone.path / "dist" / name).read_bytes() == (released.dist / name).read_bytes()
        assert same, f"{name} differs"


def test_entries_have_one_time_one_mode_and_an_order(released) -> None:
    for path in released.dist.glob("modelyard-*.[wv]*"):
        with zipfile.ZipFile(path) as held:
            entries = held.infolist()
            assert held.testzip() is None
        assert [one.filename for one in entries] == sorted(one.filename for one in entries)
        assert {one.date_time for one in entries} == {COMMITTED}
        assert {one.external_attr >> 16 for one in entries} == {stat.S_IFREG | 0o644}


def test_a_given_time_is_taken(tmp_path: Path) -> None:
    archive.write(tmp_path / "a.zip", {"b": b"1", "a": b"2"}, 0)
    with zipfile.ZipFile(tmp_path / "a.zip") as held:
        assert [(one.filename, one.date_time) for one in held.infolist()] == [
            ("a", (1980, 1, 1, 0, 0, 0)),
            ("b", (1980, 1, 1, 0, 0, 0)),
        ]


def test_another_commit_gives_another_package(released, clone) -> None:
    """So that the comparison above can fail."""
    clone.edit("shared/modelyard/__init__.py", r"\A", "# changed\n")
    clone.commit("changed", "2026-03-04T05:06:07+00:00")
    clone.python("-c", "from pathlib import Path; from release import ROOT, repository, wheel;"
                 "wheel.build(ROOT, Path('dist'), repository.seconds(ROOT))")  # fmt: skip
    name = f"modelyard-{NOW}-py3-none-any.whl"
    assert (clone.path / "dist" / name).read_bytes() != (released.dist / name).read_bytes()
