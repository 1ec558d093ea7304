from __future__ import annotations

import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from modelyard.local.runner.builtin.artifacts import ArtifactError, ArtifactStore
from modelyard.local.runner.builtin.step import StepFailed

if TYPE_CHECKING:
    from .conftest import Bench


def _files(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


@pytest.fixture
def model(bench: Bench) -> Path:
    folder = bench.sources / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / "MLmodel").write_text("flavors: {}")
    (folder / "sub" / "data.csv").write_text("1")
    return folder


def test_a_named_pipeline_artifact_lies_in_the_target_itself(bench: Bench, model: Path) -> None:
    # learn.microsoft.com, artifacts/pipeline-artifacts
    bench.run("PublishPipelineArtifact@1", {"targetPath": str(model), "artifact": "model"})
    bench.run("DownloadPipelineArtifact@2", {"artifactName": "Model", "targetPath": "got"})
    assert _files(bench.sources / "got") == ["MLmodel", "sub/data.csv"]
    assert bench.variable("BuildNumber") == "1"


def test_all_artifacts_lie_in_folders_of_their_names(bench: Bench, model: Path) -> None:
    bench.run("PublishPipelineArtifact@1", {"path": str(model), "artifactName": "model"})
    bench.run("PublishBuildArtifacts@1", {"PathtoPublish": str(model / "MLmodel")})
    bench.run("DownloadPipelineArtifact@2", {"path": "got"})
    assert _files(bench.sources / "got") == ["drop/MLmodel", "model/MLmodel", "model/sub/data.csv"]


def test_patterns_of_pipeline_artifacts(bench: Bench, model: Path) -> None:
    bench.run("PublishPipelineArtifact@1", {"path": str(model), "artifactName": "model"})
    bench.run(
        "DownloadPipelineArtifact@2", {"artifact": "model", "patterns": "sub/**", "path": "one"}
    )
    assert _files(bench.sources / "one") == ["sub/data.csv"]
    bench.run("DownloadPipelineArtifact@2", {"patterns": "model/*\nother/**", "path": "all"})
    assert _files(bench.sources / "all") == ["model/MLmodel"]


def test_build_artifacts_always_keep_their_name(bench: Bench, model: Path) -> None:
    # Tasks/DownloadBuildArtifactsV0: downloadPath/artifactName/...
    bench.run("PublishBuildArtifacts@1", {"PathtoPublish": str(model), "ArtifactName": "model"})
    inputs = {"artifactName": "model", "itemPattern": "**/*.csv", "downloadPath": "got"}
    bench.run("DownloadBuildArtifacts@0", inputs)
    assert _files(bench.sources / "got") == ["model/sub/data.csv"]


def test_version_0_leaves_pipeline_artifacts_out_and_version_1_takes_them(
    bench: Bench, model: Path
) -> None:
    bench.run("PublishPipelineArtifact@1", {"path": str(model), "artifactName": "model"})
    inputs = {"downloadType": "specific", "downloadPath": "got"}
    bench.run("DownloadBuildArtifacts@0", inputs)
    assert _files(bench.sources / "got") == []
    assert "model is a pipeline artifact" in bench.log
    bench.run("DownloadBuildArtifacts@1", inputs)
    assert _files(bench.sources / "got") == ["model/MLmodel", "model/sub/data.csv"]


def test_the_destination_is_cleaned_where_asked(bench: Bench, model: Path) -> None:
    bench.run("PublishBuildArtifacts@1", {"PathtoPublish": str(model)})
    (bench.sources / "got" / "old").mkdir(parents=True)
    inputs = {"artifactName": "drop", "downloadPath": "got", "cleanDestinationFolder": "true"}
    bench.run("DownloadBuildArtifacts@1", inputs)
    assert _files(bench.sources / "got") == ["drop/MLmodel", "drop/sub/data.csv"]
    assert not (bench.sources / "got" / "old").exists()


def test_a_build_artifact_may_be_added_to_and_a_pipeline_artifact_may_not(
    bench: Bench, model: Path
) -> None:
    bench.run("PublishBuildArtifacts@1", {"PathtoPublish": str(model / "MLmodel")})
    bench.run("PublishBuildArtifacts@1", {"PathtoPublish": str(model / "sub")})
    found = bench.artifacts.find("drop")
    assert found is not None
    assert [str(one) for one in found.files()] == ["MLmodel", "data.csv"]
    bench.run("PublishPipelineArtifact@0", {"artifactName": "m", "targetPath": str(model)})
    with pytest.raises(StepFailed, match="has an artifact m already"):
        bench.run("PublishPipelineArtifact@0", {"artifactName": "m", "targetPath": str(model)})


def test_an_artifact_without_a_name_has_that_of_the_job(bench: Bench, model: Path) -> None:
    bench.run("PublishPipelineArtifact@1", {"path": str(model)})
    assert [one.name for one in bench.artifacts] == ["train.fit"]


def test_a_tar_goes_in_and_comes_out(bench: Bench, model: Path) -> None:
    bench.run("PublishBuildArtifacts@1", {"PathtoPublish": str(model), "StoreAsTar": "true"})
    assert _files(bench.artifacts.folder) == ["drop/drop.tar"]
    inputs = {"artifactName": "drop", "downloadPath": "got", "extractTars": "true"}
    bench.run("DownloadBuildArtifacts@0", inputs)
    assert _files(bench.sources / "got") == ["drop/MLmodel", "drop/sub/data.csv"]


def test_a_tar_that_leads_out_of_its_folder_is_refused(bench: Bench) -> None:
    file = bench.sources / "bad.tar"
    with tarfile.open(file, "w") as archive:
        archive.addfile(tarfile.TarInfo("../out"))
    bench.run("PublishBuildArtifacts@1", {"PathtoPublish": str(file)})
    inputs = {"artifactName": "drop", "downloadPath": "got", "extractTars": "true"}
    with pytest.raises(StepFailed, match="can't be unpacked"):
        bench.run("DownloadBuildArtifacts@0", inputs)
    assert not (bench.sources / "got" / "out").exists()


def test_too_large_is_a_warning(bench: Bench, model: Path) -> None:
    bench.run("PublishBuildArtifacts@1", {"PathtoPublish": str(model), "MaxArtifactSize": "3"})
    assert bench.issues("warning") == [
        "the artifact has 12 bytes, more than the 3 of MaxArtifactSize"
    ]


def test_failures(bench: Bench, model: Path) -> None:
    assert model.is_dir()
    with pytest.raises(StepFailed, match=r"has no artifact 'none' \(it has: none\)"):
        bench.run("DownloadPipelineArtifact@2", {"artifact": "none"})
    with pytest.raises(StepFailed, match="doesn't exist"):
        bench.run("PublishPipelineArtifact@1", {"path": "gone", "artifact": "x"})
    with pytest.raises(StepFailed, match="'a/b' can't be the name of an artifact"):
        bench.run("PublishPipelineArtifact@1", {"path": "model", "artifact": "a/b"})
    with pytest.raises(StepFailed, match="needs a Windows agent"):
        bench.run(
            "PublishPipelineArtifact@1",
            {"path": "model", "artifactType": "filepath", "fileSharePath": "x"},
        )
    with pytest.raises(StepFailed, match="only those of the current run"):
        inputs = {"source": "specific", "project": "p", "pipeline": "1", "runVersion": "latest"}
        bench.run("DownloadPipelineArtifact@2", inputs)
    with pytest.raises(StepFailed, match="has to begin with user-"):
        inputs = {"path": "model", "artifact": "x", "properties": '{"a": "b"}'}
        bench.run("PublishPipelineArtifact@1", inputs)


def test_nothing_published_is_a_warning(bench: Bench) -> None:
    bench.run("DownloadPipelineArtifact@2", {"path": "got"})
    assert bench.issues("warning") == ["the run has no artifacts"]


def test_nothing_can_be_added_outside_of_an_artifact(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path / "artifacts")
    (tmp_path / "file").touch()
    store.add("logs", tmp_path / "file", "deep/er")
    assert (tmp_path / "artifacts" / "logs" / "deep" / "er" / "file").is_file()
    with pytest.raises(ArtifactError, match="leads out of the artifact"):
        store.add("logs", tmp_path / "file", "../..")
    for name in ("..", ".", "", "a\nb", "a:b"):
        with pytest.raises(ArtifactError, match="can't be the name"):
            store.publish(name, tmp_path / "file")
