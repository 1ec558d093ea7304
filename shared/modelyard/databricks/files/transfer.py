"""Sending files: compared first, then in parallel, each of them whole; a new run goes on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.databricks.files import dbfs
from modelyard.databricks.files.entries import Entry
from modelyard.databricks.files.file_comparison import same_content, unchanged
from modelyard.databricks.files.local_files import LocalFile
from modelyard.databricks.files.patterns import selected
from modelyard.databricks.files.places import Place
from modelyard.databricks.files.remote_tree import (
    below,
    check_ways,
    folders_of,
    leaves,
    superfluous,
    walk,
)
from modelyard.entries import FILE, FOLDER
from modelyard.errors import AlreadyExists, FileError
from modelyard.http import Session
from modelyard.names import joined, size_text
from modelyard.parallel import Stop, each

log = logging.getLogger(__name__)

REPORT = 10.0
"""Seconds between two lines that tell how far a long transfer is."""


@dataclass(frozen=True)
class Choice:
    """What the user asked for: patterns as in ``patterns``."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def could_have_been(self, name: str, entry: Entry) -> bool:
        """Whether some file of the source could have become this thing there."""
        if entry.kind == FOLDER:
            return selected(name, (), self.exclude)
        folder = name[: len(name) - len(entry.name)]
        name = folder + dbfs.finished_name(entry.name)
        return entry.kind == FILE and selected(name, self.include, self.exclude)


@dataclass(frozen=True)
class Plan:
    """What a transfer will do. Names are from the target folder."""

    target: Place
    changed: tuple[LocalFile, ...]
    unchanged: tuple[LocalFile, ...]
    new_folders: tuple[str, ...]
    superfluous: tuple[str, ...]
    superfluous_folders: tuple[str, ...]
    """Innermost first."""


def check_sizes(target: Place, files: Sequence[LocalFile]) -> None:
    """:raises FileError: naming the files that the service doesn't take."""
    limit = target.service.LIMIT
    large = [f"{one.name} ({size_text(one.size)})" for one in files if limit and one.size > limit]
    if limit and large:
        raise FileError(
            f"larger than the {size_text(limit)} that {target.shown} takes: {joined(large)}",
            fix="upload it to a volume or to DBFS"
            if target.service.KIND == "workspace"
            else "split it, or upload it to dbfs:/, which has no such limit",
        )


def plan(
    session: Session,
    target: Place,
    files: Sequence[LocalFile],
    *,
    parallel: int,
    compare: str = "content",
    overwrite: bool = True,
    prune: Choice | None = None,
) -> Plan:
    """Compare with what is there. Reads only.

    :param compare: as in ``file_comparison``.
    :param overwrite: else a file that is there and differs is an error.
    :param prune: look for what the target holds beside the files, as far as this choice would
        have put it there.
    :raises AlreadyExists: when something is in the way.
    """
    service = target.service
    at_target = service.status(session, target.path)
    if at_target is not None and at_target.kind not in (FOLDER, "repo"):
        raise AlreadyExists(
            f"the target {target.shown} is a {at_target.kind}, not a folder",
            fix="name the folder that the files go into",
        )
    names = [file.name for file in files]
    folders = folders_of(names)
    found: dict[str, Entry] = {}
    if at_target is not None:
        only = folders if prune is None else None
        found = walk(session, service.children, target.path, parallel=parallel, only=only)
    check_ways(found, dict.fromkeys(names, FILE), folders, target.shown)
    same = unchanged(session, target, files, found, how=compare, parallel=parallel)
    changed = tuple(file for file in files if file.name not in same)
    if not overwrite:
        _check_new(target, changed, found)
    things: list[str] = []
    empty: list[str] = []
    if prune is not None:
        things, empty = superfluous(found, names, folders, prune.could_have_been)
    new = leaves({folder for folder in folders if folder not in found})
    return Plan(
        target=target,
        changed=changed,
        unchanged=tuple(file for file in files if file.name in same),
        new_folders=tuple(new or ([""] if at_target is None else [])),
        superfluous=tuple(things),
        superfluous_folders=tuple(empty),
    )


def carry_out(session: Session, plan: Plan, *, parallel: int, overwrite: bool = True) -> None:
    """Make the folders, send what changed, then remove what is there too much."""
    service, root = plan.target.service, plan.target.path
    for folder in plan.new_folders:
        service.make_folder(session, below(root, folder))
    progress = _Progress(session, len(plan.changed), sum(file.size for file in plan.changed))

    def send(file: LocalFile, stop: Stop) -> None:
        try:
            service.send(session, below(root, file.name), file, replace=overwrite, stop=stop)
        except AlreadyExists:
            # It wasn't there before: this may be our own, sent again after a lost answer.
            if overwrite or not same_content(session, plan.target, file, stop):
                raise

    try:
        each(
            session,
            send,
            plan.changed,
            parallel=parallel,
            name=lambda file: file.name,
            done=lambda file, _: progress.sent(file),
        )
    finally:
        progress.close()
    each(
        session,
        lambda name, _: service.remove(session, below(root, name)),
        plan.superfluous,
        parallel=parallel,
        name=lambda name: below(plan.target.shown, name),
    )
    for folder in plan.superfluous_folders:
        service.remove(session, below(root, folder))


class _Progress:
    """Tells now and then how far it is, and at the end what is missing."""

    def __init__(self, session: Session, files: int, size: int) -> None:
        self._clock = session.clock
        self._files, self._size = files, size
        self._sent = self._bytes = 0
        self._told = self._clock.monotonic()

    def sent(self, file: LocalFile) -> None:
        self._sent += 1
        self._bytes += file.size
        now = self._clock.monotonic()
        if now - self._told >= REPORT and self._sent < self._files:
            self._told = now
            done, whole = size_text(self._bytes), size_text(self._size)
            log.info("%d of %d files sent, %s of %s", self._sent, self._files, done, whole)

    def close(self) -> None:
        if self._sent < self._files:
            log.warning(
                "%d of %d files were sent, each of them whole; a new run sends the rest",
                self._sent,
                self._files,
            )


def _check_new(target: Place, changed: Sequence[LocalFile], found: dict[str, Entry]) -> None:
    there = [below(target.shown, file.name) for file in changed if file.name in found]
    if there:
        raise AlreadyExists(
            f"exists and differs, and overwrite is false: {joined(there)}",
            fix="set overwrite to true, or choose another target",
        )
