"""PublishPipelineArtifact and PublishBuildArtifacts.

Source: ``Tasks/PublishBuildArtifactsV1``, ``PublishPipelineArtifactV0`` and ``V1``; the agent's
``PipelineArtifactPlugin.cs`` and ``PipelineArtifactPluginV1.cs``. Publishing to a file share needs
Windows, as there.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path

from modelyard.local.runner.builtin.artifacts import PIPELINE, ArtifactError
from modelyard.local.runner.builtin.step import StepContext, StepFailed
from modelyard.local.runner.builtin.task import (
    BuiltinTask,
    Input,
    boolean,
    flag,
    path,
    picklist,
    text,
)

_FILE_SHARE = "publishing to a file share needs a Windows agent; publish to Azure Pipelines instead"
_SHARED, _PARALLEL = "artifactType = filepath", "artifactType = filepath && parallel = true"


def _publish_pipeline_artifact(inputs: Mapping[str, str], step: StepContext) -> None:
    if inputs.get("artifactType", PIPELINE).lower() == "filepath":
        raise StepFailed(_FILE_SHARE)
    _check_properties(inputs.get("properties", ""))
    given = inputs.get("path", inputs.get("targetPath", ""))
    source = step.folder / given
    name = inputs.get("artifactName", "").strip() or _name_of_job(step)
    step.log(f"Uploading pipeline artifact {name} from {source}")
    try:
        artifact = step.artifacts.publish(name, source)
    except ArtifactError as error:
        raise StepFailed(str(error)) from None
    step.log(f"The artifact {artifact.name} has {len(list(artifact.files()))} files.")


def _publish_build_artifacts(inputs: Mapping[str, str], step: StepContext) -> None:
    if inputs.get("ArtifactType", "").lower() == "filepath":
        raise StepFailed(_FILE_SHARE)
    source = step.folder / inputs.get("PathtoPublish", "")
    name = inputs.get("ArtifactName", "").strip()
    if not source.exists():
        raise StepFailed(f"the path {source} of the input PathtoPublish doesn't exist")
    if flag(inputs, "StoreAsTar"):
        source = _tar(source, name, step)
    limit = inputs.get("MaxArtifactSize", "0").strip()
    if limit.isdigit() and 0 < int(limit) < (size := _size(source)):
        step.warn(f"the artifact has {size} bytes, more than the {limit} of MaxArtifactSize")
    step.log(f"Uploading build artifact {name} from {source}")
    try:
        step.artifacts.add(name, source)
    except ArtifactError as error:
        raise StepFailed(str(error)) from None


def _name_of_job(step: StepContext) -> str:
    """The name where none is given: the job's identifier, as the agent shortens it."""
    variables = step.variables
    parts = ("System.StageName", "System.JobName")
    whole = variables.value("System.JobIdentifier") or ".".join(
        one for one in map(variables.value, parts) if one and one != "__default"
    )
    return re.sub(r"[^a-zA-Z0-9 \-.]", "", whole).replace(".default", "")


def _check_properties(given: str) -> None:
    if not given.strip():
        return
    try:
        found = json.loads(given)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise StepFailed("the input properties isn't a JSON object")
    for name in found:
        if not name.startswith("user-"):
            raise StepFailed(f"the property {name} has to begin with user-")


def _tar(source: Path, name: str, step: StepContext) -> Path:
    file = step.temporary / f"{name}.tar"
    with tarfile.open(file, "w") as archive:
        archive.add(source, "." if source.is_dir() else source.name)
    return file


def _size(source: Path) -> int:
    files = source.rglob("*") if source.is_dir() else [source]
    return sum(one.stat().st_size for one in files if one.is_file())


_PIPELINE_ID = "ecdc45f6-832d-4ad9-b52b-ee49e94659be"
_PROPERTIES: tuple[Input, ...] = (text("properties"),)

TASKS = (
    BuiltinTask(
        "PublishPipelineArtifact",
        "0",
        _PIPELINE_ID,
        (
            text("artifactName", "drop", required=True),
            path("targetPath", required=True),
            *_PROPERTIES,
        ),
        run=_publish_pipeline_artifact,
    ),
    BuiltinTask(
        "PublishPipelineArtifact",
        "1",
        _PIPELINE_ID,
        (
            path("path", "$(Pipeline.Workspace)", required=True, alias="targetPath"),
            text("artifactName", alias="artifact"),
            picklist("artifactType", (PIPELINE, "filepath"), PIPELINE, alias="publishLocation"),
            text("fileSharePath", required=True, visible=_SHARED),
            boolean("parallel", visible=_SHARED),
            Input("parallelCount", "int", "8", visible=_PARALLEL),
            *_PROPERTIES,
        ),
        run=_publish_pipeline_artifact,
    ),
    BuiltinTask(
        "PublishBuildArtifacts",
        "1",
        "2ff763a7-ce83-4e1f-bc89-0ae63477cebe",
        (
            path("PathtoPublish", "$(Build.ArtifactStagingDirectory)", required=True),
            text("ArtifactName", "drop", required=True),
            picklist(
                "ArtifactType", ("Container", "FilePath"), "Container", alias="publishLocation"
            ),
            Input("MaxArtifactSize", "int", "0"),
            text("TargetPath", required=True, visible="ArtifactType = FilePath"),
            boolean("Parallel", visible="ArtifactType = FilePath"),
            Input(
                "ParallelCount", "int", "8", visible="ArtifactType = FilePath && Parallel = true"
            ),
            boolean("StoreAsTar"),
        ),
        run=_publish_build_artifacts,
    ),
)
