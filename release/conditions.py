"""What has to hold before a release. Each condition yields what is wrong, nothing when it holds."""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.manifest import task
from release import changelog, lock_files, package, repository, tags
from release.refusal import Refused

EXAMPLE = re.compile(r"\buses: *OWNER/modelyard/\S+?@(v[\w.]+)")
"""Where a page shows how an action is used."""


@dataclass(frozen=True)
class Release:
    """What is to be released."""

    root: Path
    version: str
    output: Path
    publisher: str
    tfx: Path
    tell: Callable[[str], None] = lambda _: None
    """Takes what is being done, where that takes long."""

    @property
    def numbers(self) -> repository.Version:
        return repository.version(self.version)

    @property
    def last(self) -> str:
        """The tag of the highest release below this one; nothing if there is none."""
        below = [one for one in repository.releases(self.root) if one < self.numbers]
        return tags.new(below[-1]) if below else ""


def version(release: Release) -> Iterator[str]:
    """The library has the version, and no release has it yet."""
    found = package.version(release.root)
    if found != release.version:
        yield f"shared/modelyard/__init__.py says {found}, not {release.version}"
    if tags.new(release.numbers) in repository.tags(release.root):
        yield f"the tag {tags.new(release.numbers)} exists: a release is never made again"


def log(release: Release) -> Iterator[str]:
    """The changelog tells what is new."""
    text = (release.root / "CHANGELOG.md").read_text(encoding="utf-8")
    today = datetime.datetime.now(datetime.timezone.utc).date()
    yield from changelog.problems(text, release.version, today)


def generated(release: Release) -> Iterator[str]:
    """What is made from the declarations is as it would be made now."""
    done = subprocess.run(
        [sys.executable, "-m", "modelyard", "generate", "--check", "--root", str(release.root)],
        check=False, capture_output=True, text=True, cwd=release.root,
        env={**os.environ, "PYTHONPATH": str(release.root / "shared")},
    )  # fmt: skip
    if done.returncode:
        yield from (done.stdout.splitlines() or ["modelyard generate failed"])
        yield from done.stderr.splitlines()


def task_versions(release: Release) -> Iterator[str]:
    """Every task has the version that follows from the package's, and it is a higher one."""
    wanted = task.version(release.version)
    found = dict(_tasks(release))
    if not found:
        yield "there is no tasks/*/task.json"
    for path, one in found.items():
        if one["version"] != wanted:
            yield f"{path} has version {_dotted(one['version'])}, not {_dotted(wanted)}"
        if not path.split("/")[1].endswith(f"V{one['version']['Major']}"):
            yield f"{path} has major version {one['version']['Major']}, which its folder hasn't"
    for name, before in _before(release).items():
        if _dotted(wanted, 4) <= _dotted(before["version"], 4):
            old = _dotted(before["version"])
            yield f"{name}: {_dotted(wanted)} isn't above {old} of {release.last}"


def task_identifiers(release: Release) -> Iterator[str]:
    """No task of the last release has another GUID or is gone, and none shares one."""
    names: dict[str, str] = {}
    now = {one["name"]: one["id"].lower() for _, one in _tasks(release)}
    for name, identifier in now.items():
        if identifier in names:
            yield f"{name} and {names[identifier]} have the same GUID {identifier}"
        names[identifier] = name
    for name, before in _before(release).items():
        if name not in now:
            yield f"{name} of {release.last} is gone: pipelines that use it would fail"
        elif now[name] != before["id"].lower():
            yield f"{name} has GUID {now[name]}, not {before['id']} as in {release.last}"


def examples(release: Release) -> Iterator[str]:
    """The tags that pages name for ``uses:`` are there after the release."""
    known = {*repository.tags(release.root), tags.new(release.numbers)}
    known.update(tags.moving(release.numbers, repository.releases(release.root)))
    missing: dict[str, list[str]] = {}
    for path in repository.sources(release.root, "README.md", "docs", "templates", "examples"):
        if path.endswith((".md", ".yml", ".yaml")):
            named = set(EXAMPLE.findall((release.root / path).read_text(encoding="utf-8")))
            for one in sorted(named - known):
                missing.setdefault(one, []).append(path)
    for one, paths in missing.items():
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        yield f"there will be no tag {one}, which `uses:` names in {paths[0]}{more}"


def lock(release: Release) -> Iterator[str]:
    """The lock files pin what the package asks for, with hashes."""
    yield from lock_files.problems(release.root)


def clean(release: Release) -> Iterator[str]:
    """What is released is what is committed."""
    changed = repository.changes(release.root)
    yield from (f"not committed: {one}" for one in changed[:10])
    if len(changed) > 10:
        yield f"and {len(changed) - 10} more"


def packages(release: Release) -> Iterator[str]:
    """The packages can be built, and a fresh clone of the commit gives the same bytes."""
    release.tell("building them")
    built = package.build(
        release.root, release.output, publisher=release.publisher, command=release.tfx
    )
    if repository.changes(release.root):
        yield "whether they can be built again isn't known before everything is committed"
        return
    release.tell("building them again, from a fresh clone")
    with tempfile.TemporaryDirectory() as scratch:
        clone, dist = Path(scratch, "clone"), Path(scratch, "dist")
        repository.git(release.root, "clone", "--quiet", "--no-hardlinks", ".", str(clone))
        options = ["--publisher", release.publisher, "--tfx", str(release.tfx)]
        done = subprocess.run(
            [sys.executable, "-m", "release.package", "--output", str(dist), *options],
            check=False, capture_output=True, text=True, cwd=clone,
        )  # fmt: skip
        if done.returncode:
            raise Refused(f"a fresh clone can't be packed:\n{done.stderr.strip()}")
        for one in (*built.packages, built.checksums):
            if (dist / one.name).read_bytes() != one.read_bytes():
                yield f"{one.name} has other bytes when it is built from a fresh clone"


Condition = Callable[[Release], Iterator[str]]
CONDITIONS: dict[str, Condition] = {
    "version": version,
    "changelog": log,
    "generated files": generated,
    "task versions": task_versions,
    "task GUIDs": task_identifiers,
    "tags in examples": examples,
    "lock files": lock,
    "working tree": clean,
    "packages": packages,
}


def _tasks(release: Release) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((release.root / "tasks").glob("*/task.json")):
        yield (
            path.relative_to(release.root).as_posix(),
            json.loads(path.read_text(encoding="utf-8")),
        )


def _before(release: Release) -> dict[str, dict[str, Any]]:
    """The tasks of the last release by name."""
    if not release.last:
        return {}
    texts = repository.at(release.root, release.last, "tasks", "task.json")
    return {one["name"]: one for one in map(json.loads, texts)}


def _dotted(version: dict[str, int], width: int = 0) -> str:
    """``1.2.3``; with a width, so that texts sort as the versions do."""
    return ".".join(str(version[part]).zfill(width) for part in ("Major", "Minor", "Patch"))
