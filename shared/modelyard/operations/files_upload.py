"""files-upload: files of the agent to a volume, to DBFS or into the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from modelyard.context import Context
from modelyard.databricks.files import places, transfer
from modelyard.databricks.files.file_comparison import COMPARE_LIMIT
from modelyard.databricks.files.local_files import LEFT_OUT, find
from modelyard.databricks.files.places import Place
from modelyard.databricks.files.remote_tree import below
from modelyard.databricks.files.transfer import Choice
from modelyard.errors import FileError, InputError
from modelyard.names import counted, listed, shown, size_text
from modelyard.operation import Operation, given, result
from modelyard.operations.inputs import destinations
from modelyard.operations.inputs.workspace_inputs import WorkspaceInputs, connect
from modelyard.parallel import MOST


@dataclass(frozen=True, kw_only=True)
class Inputs(WorkspaceInputs):
    source: str = given(
        "Folder with the files, or one file. A folder is sent with all its folders.", file=True
    )
    target: str = given(
        "Folder that they go into: of a volume, /Volumes/CATALOG/SCHEMA/VOLUME/... "
        "(recommended; files up to 5 GiB), of DBFS, dbfs:/... (any size), or of the workspace, "
        "/Workspace/... (up to 500 MB). It is made when it doesn't exist. " + destinations.HELP
    )
    include: tuple[str, ...] = given(
        "Patterns of the files to send, one a line, as in a .gitignore: *.csv, model/**. Upper "
        "and lower case don't matter. Default: every file.",
        default=(),
    )
    exclude: tuple[str, ...] = given(
        "Patterns of files and folders to leave out; prune leaves such ones alone too.",
        default=LEFT_OUT,
    )
    compare: str = given(
        "How to find what is there already and isn't sent again. content: of the same size, and "
        f"the same when read back; above {COMPARE_LIMIT // 1024**2} MiB, of the same size and "
        "not changed here since. size: of the same size. never: everything is sent.",
        default="content",
        choices=("content", "size", "never"),
    )
    overwrite: bool = given(
        "Replace files that are there and differ. When false, one such file is an error, and "
        "nothing is sent.",
        default=True,
    )
    prune: bool = given(
        "Afterwards remove the files below target that the source no longer has. The target must "
        "be a folder of its own.",
        default=False,
    )
    allow_empty: bool = given(
        "A source without any file isn't an error: the target folder is made, and with prune "
        "emptied.",
        default=False,
    )
    parallel: int = given(f"How many to send at once, 1 to {MOST}.", default=5)


@dataclass(frozen=True)
class Outputs:
    target: str | None = result(
        "The folder, with everything filled in. Set before the first file is sent."
    )
    uploaded: int | None = result(
        "How many files were sent (in a dry run: would be). Set when all is done."
    )
    unchanged: int | None = result("How many were there already. Set when all is done.")
    removed: int | None = result(
        "How many were removed by prune (in a dry run: would be). Set when all is done."
    )
    bytes: int | None = result(
        "How many bytes were sent (in a dry run: would be). Set when all is done."
    )
    error: str | None = result("What went wrong; set when it failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    target = _target(inputs, context)
    files = find(inputs.source, inputs.include, inputs.exclude)
    if not files and not inputs.allow_empty:
        raise FileError(
            f"the source {inputs.source} holds no file to send",
            cause="the path is wrong, or include and exclude leave nothing",
            fix="correct them; or set allow-empty, if nothing is what you mean",
        )
    transfer.check_sizes(target, files)
    session = connect(inputs, context)
    context.publish(target=target.shown)
    plan = transfer.plan(
        session,
        target,
        files,
        parallel=inputs.parallel,
        compare=inputs.compare,
        overwrite=inputs.overwrite,
        prune=Choice(inputs.include, inputs.exclude) if inputs.prune else None,
    )
    if session.read_only:
        _report(plan, context, dry=True)
    else:
        transfer.carry_out(session, plan, parallel=inputs.parallel, overwrite=inputs.overwrite)
        _report(plan, context)
    return Outputs(
        uploaded=len(plan.changed),
        unchanged=len(plan.unchanged),
        removed=len(plan.superfluous),
        bytes=_size(plan),
    )


def _target(inputs: Inputs, context: Context) -> Place:
    """The target folder; everything about the inputs is checked on the way."""
    if not 1 <= inputs.parallel <= MOST:
        raise InputError(f"parallel is {inputs.parallel}, not 1 to {MOST}")
    target = places.parse("target", destinations.expand(inputs.target, context.ci.identity()))
    if target.is_untouchable:
        raise InputError(f"target is {target.shown}, where everybody's files are; name a folder")
    if inputs.prune and target.is_shared_root:
        raise InputError(
            f"prune would remove what others have in {target.shown}",
            fix=f"name a folder of its own, such as {target.shown}/{{repository}}",
        )
    if inputs.prune and Path(inputs.source).is_file():
        raise InputError(
            "prune needs a folder as source: a single file says nothing about the others"
        )
    return target


def _size(plan: transfer.Plan) -> int:
    return sum(file.size for file in plan.changed)


def _report(plan: transfer.Plan, context: Context, *, dry: bool = False) -> None:
    root, would = plan.target.shown, "would be " if dry else ""
    listed(f"{would}uploaded", (below(root, file.name) for file in plan.changed))
    listed(f"{would}removed", (below(root, name) for name in plan.superfluous))
    counts = counted(
        uploaded=len(plan.changed), unchanged=len(plan.unchanged), removed=len(plan.superfluous)
    )
    sent = f" ({size_text(_size(plan))})" if plan.changed else ""
    context.log.info("%s: %s%s%s", shown(root), "dry run, " if dry else "", counts, sent)


OPERATION = Operation(
    name="files-upload",
    title="Upload files to a volume, DBFS or the workspace",
    description="Sends a folder of files, or a single one, to a volume, to DBFS or into the "
    "workspace, streamed and in parallel. Each file arrives whole or not at all; what is there "
    "already isn't sent again, so that a run that was broken off goes on where it stopped.",
    group="Databricks",
    task_id="9287b384-28e4-4b88-9bd5-0a1fdafdfd2a",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    example="source: examples/wine-quality/data\ninclude: '*.csv'\n"
    "target: /Volumes/main/default/wine/{branch}",
)
