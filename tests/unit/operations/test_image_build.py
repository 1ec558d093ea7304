from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelyard import images
from modelyard.context import Context
from modelyard.errors import FileError, InputError
from modelyard.images import BuiltImage, reference
from modelyard.operations import image_build
from modelyard.operations.image_build import OPERATION, Inputs

Make = Callable[..., Context]
DIGEST = "sha256:" + "3" * 64


class Builder:
    """Stands in for the engines: remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self.pushed: dict[str, Any] = {}

    def build(self, folder: Path, **asked: Any) -> BuiltImage:
        self.asked = {"folder": folder, **asked}
        names = tuple(reference.parse(tag) for tag in asked["tags"])
        return BuiltImage(names[0], DIGEST, 5_000_000, "oci", names)

    def push(self, image: BuiltImage, **asked: Any) -> reference.ImageReference:
        self.pushed = asked
        return image.reference.at(DIGEST)


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> Builder:
    stand_in = Builder()
    monkeypatch.setattr(images, "build", stand_in.build)
    monkeypatch.setattr(images, "push", stand_in.push)
    return stand_in


def inputs(model: Path, **changes: Any) -> Inputs:
    values: dict[str, Any] = {"model": str(model), "name": "wine", "registry": "reg.example"}
    return Inputs(**{**values, **changes})


def test_outputs_and_artifact_name_the_pushed_digest(
    builder: Builder, make_context: Make, recording_ci: Any, tmp_path: Path
) -> None:
    image_build.run(inputs(tmp_path, push=True), make_context(OPERATION))
    assert recording_ci.outputs["image"] == f"reg.example/wine@{DIGEST}"
    assert recording_ci.outputs["digest"] == DIGEST
    assert "image" in recording_ci.uploads


def test_the_tag_is_the_run_unless_tags_are_given(
    builder: Builder, make_context: Make, tmp_path: Path
) -> None:
    image_build.run(inputs(tmp_path), make_context(OPERATION))
    assert builder.asked["tags"] == ["reg.example/wine:42"]
    image_build.run(inputs(tmp_path, tags=("a", "b")), make_context(OPERATION))
    assert builder.asked["tags"] == ["reg.example/wine:a", "reg.example/wine:b"]


def test_the_commit_is_a_label_and_nothing_that_changes_by_itself(
    builder: Builder, make_context: Make, tmp_path: Path
) -> None:
    image_build.run(inputs(tmp_path), make_context(OPERATION))
    assert builder.asked["labels"] == {
        "org.opencontainers.image.revision": "0123456789abcdef0123456789abcdef01234567"
    }


def test_the_login_goes_to_the_engine_alone(
    builder: Builder, make_context: Make, recording_ci: Any, tmp_path: Path
) -> None:
    login = {"registry_username": "robot", "registry_password": "p4ss-of-this-test"}
    image_build.run(inputs(tmp_path, push=True, **login), make_context(OPERATION))
    assert builder.pushed["login"] == images.Login("robot", "p4ss-of-this-test")
    assert "p4ss-of-this-test" not in recording_ci.text + str(recording_ci.outputs)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"push": True, "registry": None}, InputError),
        ({"registry_username": "robot"}, InputError),
        ({"wheels": "no-such-folder"}, FileError),
    ],
)
def test_what_can_not_work_is_refused_before_anything_is_built(
    builder: Builder,
    make_context: Make,
    tmp_path: Path,
    changes: dict[str, Any],
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        image_build.run(inputs(tmp_path, **changes), make_context(OPERATION))
    assert not builder.asked


def test_a_missing_model_folder_is_named(make_context: Make, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="nowhere"):
        image_build.run(inputs(tmp_path / "nowhere"), make_context(OPERATION))


def test_a_dry_run_says_what_it_would_build_and_builds_nothing(
    builder: Builder,
    make_context: Make,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    caplog.set_level("INFO", logger="modelyard")
    (tmp_path / "MLmodel").write_text(
        "mlflow_version: 3.17.2\n"
        "flavors:\n  python_function: {loader_module: mlflow.sklearn, python_version: 3.11.7}\n"
    )
    (tmp_path / "requirements.txt").write_text("mlflow==3.17.2\nscikit-learn==1.9.1\n")
    image_build.run(inputs(tmp_path, push=True, dry_run=True), make_context(OPERATION))
    assert "would build reg.example/wine:42 for Python 3.11" in caplog.text
    assert not builder.asked
    assert not builder.pushed


def test_an_artifact_that_can_not_be_kept_does_not_fail_what_was_pushed(
    builder: Builder,
    make_context: Make,
    recording_ci: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(name: str, path: Path) -> None:
        raise FileError("the variable RUNNER_TEMP isn't set")

    monkeypatch.setattr(recording_ci, "upload", refuse)
    image_build.run(inputs(tmp_path, push=True), make_context(OPERATION))
    assert recording_ci.outputs["image"] == f"reg.example/wine@{DIGEST}"
    assert "RUNNER_TEMP" in recording_ci.warnings()[0]
    [told] = recording_ci.summaries
    assert f"| `reg.example/wine@{DIGEST}` |" in told
    assert told.count(DIGEST) == 1
