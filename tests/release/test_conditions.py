"""Each condition of a release, spoilt in a clone that is otherwise ready."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from release.conditions import Release

from release import conditions
from release_clone import NOW, Clone
from tfx_stand_in import packer

TASK = "tasks/ModelyardClusterStartV1/task.json"


def with_task(**changes: object) -> Callable[[Clone], None]:
    """Change the definition of one task."""

    def spoil(clone: Clone) -> None:
        path = clone.path / TASK
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return spoil


def with_text(path: str, old: str, new: str) -> Callable[[Clone], None]:
    return lambda clone: clone.edit(path, old, new)


def with_git(*arguments: str) -> Callable[[Clone], None]:
    def spoil(clone: Clone) -> None:
        clone.git(*arguments)

    return spoil


def other_guid(clone: Clone) -> str:
    (path,) = clone.path.glob("tasks/ModelyardClusterStopV1/task.json")
    return str(json.loads(path.read_text())["id"])


def same_guid(clone: Clone) -> None:
    with_task(id=other_guid(clone))(clone)


def gone(clone: Clone) -> None:
    (clone.path / TASK).unlink()


def no_hashes(clone: Clone) -> None:
    clone.edit("requirements/core.txt", r"^requests==(\S+) (\\\n +--hash=\S+ ?)+", r"requests==\1")


def cut_hash(clone: Clone) -> None:
    clone.edit("requirements/core.txt", r"--hash=sha256:[0-9a-f]{64}", "--hash=sha256:0123abcd")


def downgraded(clone: Clone) -> None:
    clone.edit("setup.cfg", r"requests>=2.31,<3", "requests>=99,<100")


def untracked(clone: Clone) -> None:
    (clone.path / "docs/new.md").write_text("new\n")


SPOILT = {
    "another version": (
        with_text("shared/modelyard/__init__.py", r'"1\.1\.0"', '"1.1.1"'),
        conditions.version,
        "shared/modelyard/__init__.py says 1.1.1, not 1.1.0",
    ),
    "released already": (
        with_git("tag", "v1.1.0"),
        conditions.version,
        "the tag v1.1.0 exists: a release is never made again",
    ),
    "no section": (
        with_text("CHANGELOG.md", "## 1.1.0 .*", ""),
        conditions.log,
        "CHANGELOG.md has no section 1.1.0",
    ),
    "an edited page": (
        with_text("docs/reference/cluster-start.md", "^# .*", "# start"),
        conditions.generated,
        "docs/reference/cluster-start.md: differs from what would be written",
    ),
    "a task of another version": (
        with_task(version={"Major": 1, "Minor": 7, "Patch": 0}),
        conditions.task_versions,
        f"{TASK} has version 1.7.0, not 1.1.0",
    ),
    "a task of another major version": (
        with_task(version={"Major": 2, "Minor": 1, "Patch": 0}),
        conditions.task_versions,
        f"{TASK} has major version 2, which its folder hasn't",
    ),
    "a version that isn't higher": (
        with_git("tag", "v1.0.9"),
        conditions.task_versions,
        "ModelyardClusterStart: 1.1.0 isn't above 1.1.0 of v1.0.9",
    ),
    "another GUID": (
        with_task(id="00000000-0000-4000-8000-000000000000"),
        conditions.task_identifiers,
        "ModelyardClusterStart has GUID 00000000-0000-4000-8000-000000000000, not ",
    ),
    "one GUID twice": (
        same_guid,
        conditions.task_identifiers,
        "ModelyardClusterStop and ModelyardClusterStart have the same GUID",
    ),
    "a task that is gone": (
        gone,
        conditions.task_identifiers,
        "ModelyardClusterStart of v1.0.0 is gone",
    ),
    "an example of a tag that isn't there": (
        with_text("README.md", r"\A", "- uses: OWNER/modelyard/actions/job-run@v7\n"),
        conditions.examples,
        "there will be no tag v7, which `uses:` names in README.md",
    ),
    "a package without hashes": (no_hashes, conditions.lock, "has no SHA-256 hash"),
    "a hash that is none": (cut_hash, conditions.lock, "has no SHA-256 hash"),
    "a package that setup.cfg doesn't allow": (
        downgraded,
        conditions.lock,
        "requirements/core.txt has no requests<100,>=99 (setup.cfg)",
    ),
    "no lock file": (
        lambda clone: (clone.path / "requirements/local.txt").unlink(),
        conditions.lock,
        "requirements/local.txt is missing",
    ),
    "a changed file": (
        with_text("README.md", r"\A", "\n"),
        conditions.clean,
        "not committed:  M README.md",
    ),
    "a new file": (untracked, conditions.clean, "not committed: ?? docs/new.md"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_what_is_spoilt_is_found(case: str, clone: Clone, release: Release) -> None:
    spoil, condition, wanted = SPOILT[case]
    assert list(condition(release)) == []
    spoil(clone)
    problems = list(condition(release))
    assert any(wanted in one for one in problems), problems


def test_packages_that_cant_be_built(clone: Clone, tfx_command: Path) -> None:
    """The others of one check are looked at all the same."""
    (clone.path / "shared/launcher/main.js").unlink()
    clone.commit("without the launcher")
    done = clone.python("-m", "release.check", "--tfx", str(tfx_command), check=False)
    assert done.returncode == 1
    assert "NO  packages\n      shared/launcher/main.js is missing: no task" in done.stdout
    assert "ok  working tree" in done.stdout


def test_packages_that_differ_each_time(release: Release, restless_tfx: Path) -> None:
    problems = list(conditions.packages(replace(release, tfx=restless_tfx)))
    assert problems == [
        f"{name} has other bytes when it is built from a fresh clone"
        for name in (f"modelyard-{NOW}.vsix", "SHA256SUMS")
    ]


@pytest.fixture
def restless_tfx(tmp_path: Path) -> Path:
    """Packs what it is given, and something that is never the same."""
    return packer(tmp_path / "restless", "files['new'] = os.urandom(8)")
