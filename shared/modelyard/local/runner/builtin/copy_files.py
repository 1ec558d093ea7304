"""CopyFiles.

Source: ``Tasks/CopyFilesV2``. Nothing found is no failure, and leaves the target as it is.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from modelyard.local.runner.builtin import glob
from modelyard.local.runner.builtin.step import StepContext, StepFailed
from modelyard.local.runner.builtin.task import BuiltinTask, boolean, flag, path, several, text


def _run(inputs: Mapping[str, str], step: StepContext) -> None:
    source = Path(os.path.normpath(step.folder / inputs.get("SourceFolder", "")))
    if not source.is_dir():
        raise StepFailed(f"the folder {source} of the input SourceFolder doesn't exist")
    if not inputs.get("TargetFolder", "").strip():
        raise StepFailed("CopyFiles@2 needs the input TargetFolder")
    target = Path(os.path.normpath(step.folder / inputs["TargetFolder"]))
    # Looked for before anything is written: the target may lie in the source.
    patterns = inputs.get("Contents", "").splitlines()
    chosen = [Path(one) for one in glob.select(glob.find(source), patterns, str(source))]
    files = [one for one in chosen if not one.is_dir()]
    for file in files:
        if not file.exists():
            raise StepFailed(f"{file} is a link to nothing")
    step.log(f"found {len(files)} files")
    if not files:
        return
    if flag(inputs, "CleanTargetFolder"):
        step.log(f"Cleaning target folder: {target}")
        _clean(target)
    for file in files:
        name = Path(file.name) if flag(inputs, "flattenFolders") else file.relative_to(source)
        _copy(file, target / name, inputs, step)


def _copy(file: Path, to: Path, inputs: Mapping[str, str], step: StepContext) -> None:
    if to.is_dir():
        raise StepFailed(f"{file} can't be copied to {to}: there is a folder")
    if to.exists() and not flag(inputs, "OverWrite"):
        step.log(f"File {file} already exist at {to}")
        return
    step.log(f"Copying {file} to {to}")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        if to.exists():
            if to.samefile(file):
                raise StepFailed(f"{file} would be copied to itself")
            to.unlink()  # so that a file that can't be written is replaced all the same
        shutil.copyfile(file, to)
        shutil.copymode(file, to)
        if flag(inputs, "preserveTimestamp"):
            shutil.copystat(file, to)
    except OSError as error:
        raise StepFailed(f"{file} can't be copied to {to}: {error.strerror}") from None


def _clean(target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        for one in target.iterdir():
            if one.is_dir() and not one.is_symlink():
                shutil.rmtree(one)
            else:
                one.unlink()
    elif os.path.lexists(target):
        target.unlink()


TASKS = (
    BuiltinTask(
        "CopyFiles",
        "2",
        "5bfb729a-a7c8-4a78-a7c3-8d717bb7c13c",
        (
            path("SourceFolder"),
            several("Contents", "**", required=True),
            text("TargetFolder", required=True),
            boolean("CleanTargetFolder"),
            boolean("OverWrite"),
            boolean("flattenFolders"),
            boolean("preserveTimestamp"),
            text("retryCount", "0"),
            text("delayBetweenRetries", "1000"),
            boolean("ignoreMakeDirErrors"),
        ),
        run=_run,
    ),
)
