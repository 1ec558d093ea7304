"""files-remove: files and folders of volumes, DBFS and the workspace, now or when the job ends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.context import Context
from modelyard.databricks.files import places
from modelyard.databricks.files.places import Place
from modelyard.entries import FOLDER
from modelyard.errors import InputError, ModelyardError, NotFound, ServiceError
from modelyard.http import Session
from modelyard.names import counted, listed
from modelyard.operation import Operation, given, result
from modelyard.operations.inputs import destinations
from modelyard.operations.inputs.workspace_inputs import WorkspaceInputs, connect

KEPT = "paths"


@dataclass(frozen=True, kw_only=True)
class Inputs(WorkspaceInputs):
    paths: tuple[str, ...] = given(
        "What to remove, one a line: dbfs:/..., /Volumes/CATALOG/SCHEMA/VOLUME/... or "
        "/Workspace/... (or /Shared/..., /Users/...). A path may not end with a slash: that is "
        "what an empty variable leaves behind. " + destinations.HELP.replace("target", "paths"),
        multiline=True,
    )
    recursive: bool = given(
        "Remove folders with all they hold; else only files, notebooks and empty folders.",
        default=False,
    )
    missing: str = given(
        "What a path is at which nothing stands: ok, or a failure.",
        default="ok",
        choices=("ok", "fail"),
    )
    allow_root: bool = given(
        "Allow emptying a whole volume, a home folder or a mount point, each of which otherwise "
        "is refused. The roots of DBFS and of the workspace always are.",
        default=False,
    )
    when: str = given(
        "now, or at-end: when the job ends, whether it failed, was cancelled or not.",
        default="now",
        choices=("now", "at-end"),
    )


@dataclass(frozen=True)
class Outputs:
    removed: tuple[str, ...] | None = result(
        "JSON list of what was removed (in a dry run: would be). Set also on failure; not with "
        "at-end."
    )
    missing: tuple[str, ...] | None = result(
        "JSON list of the paths at which nothing stood. Set when they were looked at; not with "
        "at-end."
    )
    error: str | None = result("What went wrong; set when it failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    wanted = _places(inputs, context)
    if inputs.when == "now":
        return _remove_now(connect(inputs, context), wanted, inputs, context)
    if not getattr(context.ci, "releases_later", True):
        raise InputError(
            "when is at-end, and nothing comes after this command",
            cause="on a terminal, steps belong together only in a job folder",
            fix="set MODELYARD_JOB to a folder and end with modelyard release files-remove, or "
            "leave when at now",
        )
    names = [place.shown for place in wanted]
    if inputs.dry_run:
        listed("would be removed when the job ends:", names)
        return Outputs()
    context.keep(KEPT, json.dumps(names))
    listed("will be removed when the job ends:", names)
    return Outputs()


def release(state: dict[str, str], inputs: Inputs, context: Context) -> None:
    """Remove what ``run`` kept. Every path is tried; the first error is raised in the end."""
    kept = state.get(KEPT)
    if not kept:
        return
    session = connect(inputs, context)
    removed: list[str] = []
    missing: list[str] = []
    errors: list[ModelyardError] = []
    for text in json.loads(kept):
        place = places.parse("paths", text)
        try:
            _check_recursive(session, [place], inputs.recursive)
            gone = _remove(session, place, inputs)
        except ModelyardError as error:
            errors.append(error)
            context.log.error("%s isn't removed: %s", place.shown, error.what)
        else:
            (removed if gone else missing).append(place.shown)
    _report(context, removed, missing)
    if errors:
        raise errors[0]
    context.keep(KEPT, "")


def _remove_now(
    session: Session, wanted: Sequence[Place], inputs: Inputs, context: Context
) -> Outputs:
    found = _check_recursive(session, wanted, inputs.recursive)
    missing = [place.shown for place in wanted if place not in found]
    if missing and inputs.missing == "fail":
        raise NotFound(
            "nothing is there to remove: " + ", ".join(missing),
            fix="correct paths, or set missing to ok",
        )
    removed = [place.shown for place in found]
    if not session.read_only:
        removed = []
        try:
            for place in found:
                _remove(session, place, inputs)
                removed.append(place.shown)
        finally:
            context.publish(removed=tuple(removed), missing=tuple(missing))
    _report(context, removed, missing, dry=session.read_only)
    return Outputs(removed=tuple(removed), missing=tuple(missing))


def _places(inputs: Inputs, context: Context) -> list[Place]:
    """What to remove, without doubles; refused as a whole when one of them may not be."""
    identity = context.ci.identity()
    found: list[Place] = []
    for text in inputs.paths:
        expanded = destinations.expand(text, identity, name="paths")
        place = places.parse("paths", expanded)
        if place.is_untouchable:
            raise InputError(f"{place.shown} holds everybody's files and can't be removed")
        if expanded.endswith("/"):
            raise InputError(
                f"paths has {expanded!r}, which ends with a slash",
                cause="a variable at its end is empty",
                fix="set the variable; or leave the slash off, if you mean the whole folder",
            )
        if place.is_shared_root and not inputs.allow_root:
            raise InputError(
                f"{place.shown} isn't one job's own folder",
                fix="name a folder in it, or set allow-root, if you do mean all of it",
            )
        if place not in found:
            found.append(place)
    if not found:
        raise InputError("paths is empty")
    return found


def _check_recursive(session: Session, wanted: Sequence[Place], recursive: bool) -> list[Place]:
    """Those at which something stands; all looked at before the first is removed."""
    found = []
    for place in wanted:
        entry = place.service.status(session, place.path)
        if entry is None:
            continue
        if entry.kind == FOLDER and not recursive and place.service.children(session, place.path):
            raise ServiceError(
                f"{place.shown} is a folder and isn't empty",
                fix="set recursive, if all it holds shall go",
            )
        found.append(place)
    return found


def _remove(session: Session, place: Place, inputs: Inputs) -> bool:
    """Whether it was there. A root that was allowed is emptied and stays."""
    service = place.service
    entry = service.status(session, place.path)
    if entry is None:
        return False
    if place.is_shared_root:
        for child in service.children(session, place.path) or ():
            service.remove(session, child.path, recursive=inputs.recursive)
    else:
        service.remove(session, place.path, recursive=inputs.recursive)
    return True


def _report(
    context: Context, removed: Sequence[str], missing: Sequence[str], *, dry: bool = False
) -> None:
    listed("would be removed" if dry else "removed", removed)
    listed("not there", missing)
    counts = counted(removed=len(removed), not_there=len(missing))
    context.log.info("%s%s", "dry run: " if dry else "", counts)


OPERATION = Operation(
    name="files-remove",
    title="Remove files and folders of a volume, DBFS or the workspace",
    description="Removes files and folders at once, or keeps in mind to remove them when the job "
    "ends, whatever comes of it. Roots, homes and volumes as a whole are refused; all paths are "
    "checked before the first is removed.",
    group="Databricks",
    task_id="d28050ef-045f-4a86-923d-8f1b06a8c055",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    release=release,
    example="paths: dbfs:/models/{branch}\nrecursive: true\nwhen: at-end",
)
