"""The functions that operations call."""

from __future__ import annotations

from pathlib import Path

import pytest

from fake_engine import FakeEngine
from modelyard import images
from modelyard.clock import FakeClock
from modelyard.errors import FileError, InputError
from modelyard.images import reference
from modelyard.images.engine import BuiltImage
from tiny_image import model_folder

ID = "sha256:" + "a" * 64
DIGEST = "sha256:" + "d" * 64


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine(tmp_path, "docker")
    fake.answer("^version", "linux")
    fake.answer("^buildx", codes=(1,))
    fake.answer("^build ", writes={"--iidfile": ID})
    fake.answer("^image inspect", '[{"Size": 1}]')
    fake.answer("^tag", "")
    fake.answer("^push", f"1: digest: {DIGEST} size: 1")
    monkeypatch.setenv("PATH", fake.path)
    return fake


def test_a_model_is_built_on_the_official_image_of_its_python(
    docker: FakeEngine, tmp_path: Path, clock: FakeClock
) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    found = images.build(
        model_folder(tmp_path / "model"),
        tags=["r.example/wine:7", "r.example/wine:latest"],
        wheels=wheels,
        clock=clock,
    )
    assert str(found.reference) == "r.example/wine:7"
    assert found.engine == "docker"
    [call] = docker.called("build ")
    assert "--tag r.example/wine:7 --tag r.example/wine:latest" in call.line


def test_the_model_is_judged_before_anything_is_built(
    docker: FakeEngine, tmp_path: Path, clock: FakeClock
) -> None:
    with pytest.raises(FileError, match="pandas"):
        images.build(model_folder(tmp_path / "m", "pandas>=2"), tags=["wine:1"], clock=clock)
    assert docker.calls == []


@pytest.mark.parametrize("tags", [[], [f"wine@{DIGEST}"], ["Wine"]])
def test_names_that_cannot_be_built_are_refused(
    tmp_path: Path, clock: FakeClock, tags: list[str]
) -> None:
    with pytest.raises(InputError):
        images.build(model_folder(tmp_path), tags=tags, clock=clock)


def test_push_gives_the_first_name_pinned(docker: FakeEngine, clock: FakeClock) -> None:
    tags = tuple(reference.parse(name) for name in ("r.example/wine:7", "r.example/wine:latest"))
    built = BuiltImage(tags[0], ID, 1, "docker", tags)
    assert str(images.push(built, clock=clock)) == f"r.example/wine@{DIGEST}"
    assert [call.words[-1] for call in docker.called("push")] == [str(tag) for tag in tags]


def test_push_takes_other_names(docker: FakeEngine, clock: FakeClock) -> None:
    tag = reference.parse("wine:7")
    built = BuiltImage(tag, ID, 1, "docker", (tag,))
    pinned = images.push(built, tags=["prod.example/wine:prod-7"], clock=clock)
    assert str(pinned) == f"prod.example/wine@{DIGEST}"


def test_the_layout_engine_says_which_input_it_lacks(tmp_path: Path, clock: FakeClock) -> None:
    with pytest.raises(InputError, match="needs a folder"):
        images.build(
            model_folder(tmp_path), engine="oci", base="host", tags=["wine:1"], clock=clock
        )
