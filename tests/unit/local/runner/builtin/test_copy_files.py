from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from modelyard.local.runner.builtin.step import StepFailed

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Bench


def _files(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


@pytest.fixture
def target(bench: Bench) -> Path:
    source = bench.sources
    for name in ("a.py", "b.txt", "sub/c.py", "sub/.hidden.py"):
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_text(name)
    return bench.folders.build / "a"


def test_contents_choose_what_is_copied(bench: Bench, target: Path) -> None:
    bench.run("CopyFiles@2", {"Contents": "**/*.py\n!a.py", "TargetFolder": str(target)})
    assert _files(target) == ["sub/.hidden.py", "sub/c.py"]
    assert "found 2 files" in bench.lines


def test_everything_by_default_and_folders_kept(bench: Bench, target: Path) -> None:
    bench.run("CopyFiles@2", {"TargetFolder": str(target)})
    assert _files(target) == ["a.py", "b.txt", "sub/.hidden.py", "sub/c.py"]


def test_a_source_folder_is_the_root_of_the_patterns(bench: Bench, target: Path) -> None:
    bench.run("CopyFiles@2", {"SourceFolder": "sub", "TargetFolder": str(target)})
    assert _files(target) == [".hidden.py", "c.py"]


def test_flattened(bench: Bench, target: Path) -> None:
    inputs = {"Contents": "sub/*", "flattenFolders": "true", "TargetFolder": str(target)}
    bench.run("CopyFiles@2", inputs)
    assert _files(target) == [".hidden.py", "c.py"]


def test_existing_files_stay_unless_told(bench: Bench, target: Path) -> None:
    (target / "a.py").write_text("old")
    bench.run("CopyFiles@2", {"Contents": "a.py", "TargetFolder": str(target)})
    assert (target / "a.py").read_text() == "old"
    assert "already exist" in bench.log
    (target / "a.py").chmod(0o444)
    inputs = {"Contents": "a.py", "TargetFolder": str(target), "OverWrite": "true"}
    bench.run("CopyFiles@2", inputs)
    assert (target / "a.py").read_text() == "a.py"


def test_the_target_is_cleaned_only_where_something_was_found(bench: Bench, target: Path) -> None:
    # Tasks/CopyFilesV2: matched files are counted first
    (target / "old" / "deep").mkdir(parents=True)
    (target / "old.txt").touch()
    inputs = {"CleanTargetFolder": "true", "TargetFolder": str(target)}
    bench.run("CopyFiles@2", inputs | {"Contents": "*.none"})
    assert (target / "old" / "deep").is_dir()
    bench.run("CopyFiles@2", inputs | {"Contents": "a.py"})
    assert [one.name for one in target.iterdir()] == ["a.py"]


def test_timestamps(bench: Bench, target: Path) -> None:
    os.utime(bench.sources / "a.py", (1_000_000, 1_000_000))
    inputs = {"Contents": "a.py", "TargetFolder": str(target)}
    bench.run("CopyFiles@2", inputs | {"preserveTimestamp": "true"})
    assert (target / "a.py").stat().st_mtime == 1_000_000


def test_a_target_within_the_source(bench: Bench, target: Path) -> None:
    assert target.is_dir()
    bench.run("CopyFiles@2", {"TargetFolder": "out"})
    bench.run("CopyFiles@2", {"Contents": "**\n!out/**", "TargetFolder": "out"})
    assert _files(bench.sources / "out") == ["a.py", "b.txt", "sub/.hidden.py", "sub/c.py"]


def test_failures(bench: Bench, target: Path) -> None:
    (target / "a.py").mkdir()
    with pytest.raises(StepFailed, match="there is a folder"):
        bench.run("CopyFiles@2", {"Contents": "a.py", "TargetFolder": str(target)})
    with pytest.raises(StepFailed, match="SourceFolder doesn't exist"):
        bench.run("CopyFiles@2", {"SourceFolder": "gone", "TargetFolder": str(target)})
    with pytest.raises(StepFailed, match="would be copied to itself"):
        inputs = {"Contents": "b.txt", "TargetFolder": str(bench.sources), "OverWrite": "true"}
        bench.run("CopyFiles@2", inputs)
    assert (bench.sources / "b.txt").read_text() == "b.txt"
    (bench.sources / "link").symlink_to("nowhere")
    with pytest.raises(StepFailed, match="link to nothing"):
        bench.run("CopyFiles@2", {"Contents": "link", "TargetFolder": str(target)})
