"""Which engine builds, and why not another."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from fake_engine import FakeEngine
from modelyard.clock import FakeClock
from modelyard.errors import InputError, MissingTool
from modelyard.images import engine


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine(tmp_path, "docker")
    monkeypatch.setenv("PATH", fake.path)
    monkeypatch.setattr("platform.system", lambda: "Linux")
    return fake


def test_docker_is_taken_where_its_engine_answers(docker: FakeEngine, clock: FakeClock) -> None:
    docker.answer("^version", "linux\n")
    assert engine.choose("auto", clock).name == "docker"


def test_without_containers_the_layout_is_written_and_the_log_says_why(
    docker: FakeEngine, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    docker.answer("^version", err="Cannot connect to the Docker daemon\n", codes=(1,))
    with caplog.at_level(logging.INFO, "modelyard"):
        assert engine.choose("auto", clock).name == "oci"
    assert "not with docker: docker version reaches no engine: Cannot connect" in caplog.text
    assert "not with podman: podman isn't on PATH" in caplog.text


def test_windows_containers_are_of_no_use(docker: FakeEngine, clock: FakeClock) -> None:
    docker.answer("^version", "windows\n")
    with pytest.raises(MissingTool) as missing:
        engine.choose("docker", clock)
    assert "windows containers" in missing.value.cause


def test_the_engine_that_was_asked_for_is_not_replaced(
    docker: FakeEngine, clock: FakeClock
) -> None:
    docker.answer("^version", "linux\n")
    with pytest.raises(MissingTool, match="podman") as missing:
        engine.choose("podman", clock)
    assert "isn't on PATH" in missing.value.cause


def test_podman_comes_after_docker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    podman = FakeEngine(tmp_path, "podman")
    podman.answer("^info", "host: {}\n")
    monkeypatch.setenv("PATH", podman.path)
    assert engine.choose("auto", clock).name == "podman"


def test_an_unknown_name_lists_the_known_ones(clock: FakeClock) -> None:
    with pytest.raises(InputError, match="kaniko") as refused:
        engine.choose("kaniko", clock)
    assert "auto, docker, podman, oci" in refused.value.fix


def test_elsewhere_than_on_linux_no_layout_can_be_written(
    docker: FakeEngine, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker.answer("^version", codes=(1,))
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    with pytest.raises(MissingTool, match="no engine") as missing:
        engine.choose("auto", clock)
    assert "install docker" in missing.value.fix
