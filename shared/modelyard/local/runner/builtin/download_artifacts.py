"""DownloadPipelineArtifact and DownloadBuildArtifacts, from the run itself.

Source: ``Tasks/DownloadPipelineArtifactV2``, ``DownloadBuildArtifactsV0`` and ``V1``; the agent's
``PipelineArtifactPluginV2.cs``, ``BuildArtifactPluginV1.cs`` and ``FileContainerProvider.cs``.
A pipeline artifact that is named lies in the target itself, all others in folders of their names.
Patterns begin with the artifact's name, but not where one pipeline artifact is named.
"""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from modelyard.local.runner.builtin import glob
from modelyard.local.runner.builtin.artifacts import BUILD, PIPELINE, Artifact
from modelyard.local.runner.builtin.step import StepContext, StepFailed
from modelyard.local.runner.builtin.task import (
    BuiltinTask,
    Input,
    boolean,
    flag,
    picklist,
    several,
    text,
)


def _download_pipeline_artifact(inputs: Mapping[str, str], step: StepContext) -> None:
    _only_this_run(inputs.get("source", ""), step)
    target = step.folder / inputs.get("path", "")
    patterns = _patterns(inputs.get("patterns", ""))
    name = inputs.get("artifact", "").strip()
    target.mkdir(parents=True, exist_ok=True)
    step.log(f"Downloading to {target}")
    if name:
        artifact = _named(name, step)
        _copy(_chosen(artifact, patterns, named=artifact.kind == BUILD), target, step)
        return
    for artifact in _all(step):
        _copy(_chosen(artifact, patterns, named=True), target / artifact.name, step)


def _download_build_artifacts(
    inputs: Mapping[str, str], step: StepContext, *, kinds: tuple[str, ...]
) -> None:
    _only_this_run(inputs.get("buildType", ""), step)
    target = Path(os.path.normpath(step.folder / inputs.get("downloadPath", "")))
    if flag(inputs, "cleanDestinationFolder"):
        _clean(target, step)
    if inputs.get("downloadType", "").lower() == "single":
        artifacts = [_named(inputs.get("artifactName", "").strip(), step)]
    else:
        artifacts = _all(step)
    patterns = _patterns(inputs.get("itemPattern", ""))
    for artifact in artifacts:
        if artifact.kind not in kinds:
            step.log(f"{artifact.name} is a pipeline artifact, which this task doesn't download.")
            continue
        files = _chosen(artifact, patterns, named=True)
        _copy(files, target / artifact.name, step)
        if flag(inputs, "extractTars"):
            _extract((target / artifact.name / path for _, path in files), target / artifact.name)
    step.log(f"Artifacts are in {target}")


def _download_build_artifacts_v0(inputs: Mapping[str, str], step: StepContext) -> None:
    _download_build_artifacts(inputs, step, kinds=(BUILD,))


def _download_build_artifacts_v1(inputs: Mapping[str, str], step: StepContext) -> None:
    _download_build_artifacts(inputs, step, kinds=(BUILD, PIPELINE))


def _only_this_run(source: str, step: StepContext) -> None:
    if source.lower() != "current":
        raise StepFailed(
            "artifacts of other runs don't exist on this machine: only those of the current run "
            "can be downloaded"
        )
    step.set_variable("BuildNumber", step.variables.value("Build.BuildId"))


def _named(name: str, step: StepContext) -> Artifact:
    found = step.artifacts.find(name)
    if found is None:
        known = ", ".join(one.name for one in step.artifacts) or "none"
        raise StepFailed(f"the run has no artifact {name!r} (it has: {known})")
    return found


def _all(step: StepContext) -> list[Artifact]:
    found = list(step.artifacts)
    if not found:
        step.warn("the run has no artifacts")
    return found


def _patterns(given: str) -> list[str]:
    return (given or "**").splitlines()


def _chosen(artifact: Artifact, patterns: Iterable[str], *, named: bool) -> list[tuple[Path, Path]]:
    """The files that the patterns choose: where each is, and its path in the artifact."""
    start = f"{artifact.name}/" if named else ""
    files = {f"{start}{path.as_posix()}": path for path in artifact.files()}
    return [(artifact.folder / files[one], files[one]) for one in glob.select(files, patterns)]


def _copy(files: Iterable[tuple[Path, Path]], target: Path, step: StepContext) -> None:
    count = 0
    for source, path in files:
        to = target / path
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, to)
        count += 1
    step.log(f"{count} files are in {target}")


def _clean(target: Path, step: StepContext) -> None:
    step.log(f"Cleaning {target}")
    if target.is_dir():
        for one in target.iterdir():
            shutil.rmtree(one) if one.is_dir() and not one.is_symlink() else one.unlink()


def _extract(files: Iterable[Path], folder: Path) -> None:
    for file in files:
        if file.suffix == ".tar" and tarfile.is_tarfile(file):
            try:
                with tarfile.open(file) as archive:
                    archive.extractall(folder, filter="data")
            except tarfile.TarError as error:
                raise StepFailed(f"{file} can't be unpacked: {error}") from None
            file.unlink()


_SPECIFIC = "source == specific"
_BUILD_SPECIFIC = "buildType == specific"
_NOT_ONE = "source == specific && runVersion != specific"
_BUILD_NOT_ONE = "buildType == specific && buildVersionToDownload != specific"
_VERSIONS = ("latest", "latestFromBranch", "specific")
_BUILD_ID = "a433f589-fce1-4460-9ee6-44a624aeb1fb"
_BUILD_INPUTS: tuple[Input, ...] = (
    picklist("buildType", ("current", "specific"), "current", type="radio"),
    picklist("project", (), visible=_BUILD_SPECIFIC),
    picklist("definition", (), visible=_BUILD_SPECIFIC, alias="pipeline"),
    boolean("specificBuildWithTriggering", visible=_BUILD_SPECIFIC),
    picklist("buildVersionToDownload", _VERSIONS, "latest", visible=_BUILD_SPECIFIC),
    boolean("allowPartiallySucceededBuilds", visible=_BUILD_NOT_ONE),
    text(
        "branchName",
        "refs/heads/master",
        required=True,
        visible=f"{_BUILD_SPECIFIC} && buildVersionToDownload == latestFromBranch",
    ),
    picklist("buildId", (), visible=f"{_BUILD_SPECIFIC} && buildVersionToDownload == specific"),
    text("tags", visible=_BUILD_NOT_ONE),
    picklist("downloadType", ("single", "specific"), "single", type="radio"),
    picklist("artifactName", (), visible="downloadType == single"),
    several("itemPattern", "**"),
    text("downloadPath", "$(System.ArtifactsDirectory)", required=True),
    boolean("cleanDestinationFolder"),
    text("parallelizationLimit", "8"),
    boolean("checkDownloadedFiles"),
    text("retryDownloadCount", "4"),
    boolean("extractTars"),
)

TASKS = (
    BuiltinTask(
        "DownloadPipelineArtifact",
        "2",
        "61f2a582-95ae-4948-b34d-a1b3c4f6a737",
        (
            picklist("source", ("current", "specific"), "current", alias="buildType", type="radio"),
            picklist("project", (), visible=_SPECIFIC),
            picklist("pipeline", (), visible=_SPECIFIC, alias="definition"),
            boolean(
                "preferTriggeringPipeline", visible=_SPECIFIC, alias="specificBuildWithTriggering"
            ),
            picklist(
                "runVersion", _VERSIONS, "latest", visible=_SPECIFIC, alias="buildVersionToDownload"
            ),
            text(
                "runBranch",
                "refs/heads/master",
                required=True,
                visible=f"{_SPECIFIC} && runVersion == latestFromBranch",
                alias="branchName",
            ),
            picklist(
                "runId",
                (),
                visible=f"{_SPECIFIC} && runVersion == specific",
                alias="pipelineId buildId",
            ),
            text("tags", visible=_NOT_ONE),
            boolean("allowPartiallySucceededBuilds", visible=_NOT_ONE),
            boolean("allowFailedBuilds", visible=_NOT_ONE),
            picklist("artifact", (), required=False, alias="artifactName"),
            several("patterns", "**", alias="itemPattern"),
            text("path", "$(Pipeline.Workspace)", required=True, alias="targetPath downloadPath"),
        ),
        run=_download_pipeline_artifact,
        outputs=frozenset({"buildnumber"}),
    ),
    BuiltinTask(
        "DownloadBuildArtifacts",
        "0",
        _BUILD_ID,
        (*_BUILD_INPUTS, text("retryRedirectDownloadCount", "0")),
        run=_download_build_artifacts_v0,
        outputs=frozenset({"buildnumber"}),
    ),
    BuiltinTask(
        "DownloadBuildArtifacts",
        "1",
        _BUILD_ID,
        _BUILD_INPUTS,
        run=_download_build_artifacts_v1,
        outputs=frozenset({"buildnumber"}),
    ),
)
