"""Importing notebooks: compared with the workspace, sent, the superfluous ones removed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.databricks.files import workspace_tree
from modelyard.databricks.files.entries import Entry
from modelyard.databricks.files.remote_tree import (
    below,
    check_ways,
    folders_of,
    leaves,
    superfluous,
    walk,
)
from modelyard.databricks.files.workspace_import import import_file
from modelyard.databricks.notebooks.notebook_choice import Choice, Notebook
from modelyard.databricks.notebooks.notebook_formats import same
from modelyard.entries import FOLDER
from modelyard.errors import AlreadyExists, NotFound, ServiceError
from modelyard.http import Session
from modelyard.parallel import Stop, each

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What an import will do. Names are from the target folder."""

    target: str
    changed: tuple[Notebook, ...]
    unchanged: tuple[Notebook, ...]
    new_folders: tuple[str, ...]
    superfluous: tuple[str, ...]
    superfluous_folders: tuple[str, ...]
    """Innermost first."""


def plan(
    session: Session,
    target: str,
    notebooks: Sequence[Notebook],
    *,
    parallel: int,
    compare: bool = True,
    prune: Choice | None = None,
) -> Plan:
    """Compare with what is in the workspace. Reads only.

    :param compare: find out which notebooks are the same; else all of them are sent.
    :param prune: look for what the target holds beside them, as far as this choice would have
        put it there.
    :raises AlreadyExists: when something of another kind is in the way.
    """
    at_target = workspace_tree.status(session, target)
    if at_target is not None and at_target.kind not in (FOLDER, "repo"):
        raise AlreadyExists(
            f"the target {target} is a {at_target.kind}, not a folder",
            fix="name the folder that the notebooks go into",
        )
    by_name = {notebook.name: notebook for notebook in notebooks}
    folders = folders_of(by_name)
    found: dict[str, Entry] = {}
    if at_target is not None:
        only = folders if prune is None else None
        found = walk(session, workspace_tree.children, target, parallel=parallel, only=only)
    check_ways(found, {name: one.kind for name, one in by_name.items()}, folders, target)
    unchanged = _unchanged(session, target, notebooks, found, parallel) if compare else set()
    things: list[str] = []
    empty: list[str] = []
    if prune is not None:
        things, empty = superfluous(found, by_name, folders, prune.could_have_been)
    new = leaves({folder for folder in folders if folder not in found})
    return Plan(
        target=target,
        changed=tuple(one for one in notebooks if one.name not in unchanged),
        unchanged=tuple(one for one in notebooks if one.name in unchanged),
        new_folders=tuple(new or ([""] if at_target is None else [])),
        superfluous=tuple(things),
        superfluous_folders=tuple(empty),
    )


def carry_out(session: Session, plan: Plan, *, parallel: int) -> None:
    """Make the folders, send what changed, then remove what is there too much."""
    for folder in plan.new_folders:
        workspace_tree.make_folder(session, below(plan.target, folder))
    sent: list[Notebook] = []

    def send(notebook: Notebook, stop: Stop) -> None:
        import_file(
            session,
            below(plan.target, notebook.name),
            notebook.file,
            format=notebook.format.format,
            language=notebook.format.language,
            stop=stop,
        )

    try:
        each(
            session,
            send,
            plan.changed,
            parallel=parallel,
            name=lambda notebook: notebook.file.name,
            done=lambda notebook, _: sent.append(notebook),
        )
    finally:
        if len(sent) < len(plan.changed):
            log.warning(
                "%d of %d notebooks were imported, each of them whole; a new run sends the rest",
                len(sent),
                len(plan.changed),
            )
    each(
        session,
        lambda name, _: workspace_tree.remove(session, below(plan.target, name)),
        plan.superfluous,
        parallel=parallel,
        name=lambda name: below(plan.target, name),
    )
    for folder in plan.superfluous_folders:
        workspace_tree.remove(session, below(plan.target, folder))


def _unchanged(
    session: Session,
    target: str,
    notebooks: Sequence[Notebook],
    found: dict[str, Entry],
    parallel: int,
) -> set[str]:
    candidates = [
        one
        for one in notebooks
        if one.name in found
        and one.format.comparable
        and one.format.language in ("", found[one.name].language)
    ]

    def look(notebook: Notebook, _: Stop) -> bool:
        try:
            exported = workspace_tree.export_content(
                session, below(target, notebook.name), format=notebook.format.format
            )
        except NotFound:
            return False  # it was removed meanwhile
        except ServiceError as error:
            if error.code != "MAX_NOTEBOOK_SIZE_EXCEEDED":
                raise
            return False  # just small enough to be imported, too large with what an export adds
        return same(notebook.file.read(), exported, notebook.format)

    answers = each(
        session, look, candidates, parallel=parallel, name=lambda one: below(target, one.name)
    )
    return {one.name for one, equal in zip(candidates, answers, strict=True) if equal}
