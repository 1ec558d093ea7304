"""How the docker command line is called. The real engine is in tests/local."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from fake_engine import FakeEngine
from modelyard.clock import FakeClock
from modelyard.errors import ImageFailed
from modelyard.images import reference
from modelyard.images.docker import Docker
from modelyard.images.engine import BuiltImage, Order
from modelyard.images.registry_login import Login
from tiny_image import contents

ID = "sha256:" + "a" * 64
DIGEST = "sha256:" + "d" * 64
TAG = reference.parse("r.example/wine:1")


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine(tmp_path, "docker")
    monkeypatch.setenv("PATH", fake.path)
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    return fake


def built(clock: FakeClock, folder: Path, **more: bool) -> BuiltImage:
    order = Order(contents(folder, "a"), "python:3.11-slim", [TAG], **more)  # type: ignore[arg-type]
    return Docker(clock).build(order)


def image() -> BuiltImage:
    return BuiltImage(TAG, ID, 1, "docker", (TAG,))


def test_the_built_image_has_its_id_and_size(
    docker: FakeEngine, clock: FakeClock, tmp_path: Path
) -> None:
    docker.answer("^buildx", codes=(1,))
    docker.answer("^build ", "Step 1/9\n", writes={"--iidfile": ID})
    docker.answer("^image inspect", json.dumps([{"Id": ID, "Size": 123}]))
    found = built(clock, tmp_path / "app")
    assert (found.digest, found.size, found.engine) == (ID, 123, "docker")
    [call] = docker.called("build ")
    assert "--tag r.example/wine:1" in call.line
    assert "--no-cache" not in call.line
    assert call.environment["DOCKER_BUILDKIT"] == "0"


def test_with_buildx_the_image_is_loaded_and_has_no_attestation(
    docker: FakeEngine, clock: FakeClock, tmp_path: Path
) -> None:
    docker.answer("^buildx", "v0.12")
    docker.answer("^build ", writes={"--iidfile": ID})
    docker.answer("^image inspect", json.dumps([{"Id": ID, "Size": 123}]))
    built(clock, tmp_path / "app", clean=True)
    [call] = docker.called("build ")
    assert "--load" in call.words
    assert "--no-cache" in call.words
    assert call.environment["DOCKER_BUILDKIT"] == "1"
    assert call.environment["BUILDX_NO_DEFAULT_ATTESTATIONS"] == "1"


def test_a_failed_build_shows_what_docker_said(
    docker: FakeEngine, clock: FakeClock, tmp_path: Path
) -> None:
    docker.answer("^buildx", codes=(1,))
    docker.answer("^build ", "Step 2/9\n", err="no space left on device\n", codes=(1,))
    with pytest.raises(ImageFailed, match="no space left on device"):
        built(clock, tmp_path / "app")


def test_push_gives_the_digest_of_the_manifest(docker: FakeEngine, clock: FakeClock) -> None:
    docker.answer("^buildx", codes=(1,))
    docker.answer("^push", f"Pushed\n1: digest: {DIGEST} size: 1158\n")
    assert Docker(clock).push(image(), TAG, None) == DIGEST
    [call] = docker.called("push")
    assert call.config == {}


def test_another_name_is_given_before_it_is_pushed(docker: FakeEngine, clock: FakeClock) -> None:
    docker.answer("^buildx", codes=(1,))
    docker.answer("^tag", "")
    docker.answer("^push", f"prod: digest: {DIGEST} size: 1\n")
    Docker(clock).push(image(), reference.parse("r.example/wine:prod"), None)
    assert [call.line for call in docker.called("tag")] == [f"tag {ID} r.example/wine:prod"]


def test_the_password_is_in_a_file_of_its_own_and_on_no_command_line(
    docker: FakeEngine, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    (own / "contexts").mkdir(parents=True)
    (own / "config.json").write_text('{"proxies": {"a": 1}, "credsStore": "desktop"}')
    monkeypatch.setenv("DOCKER_CONFIG", str(own))
    docker.answer("^buildx", codes=(1,))
    docker.answer("^push", f"1: digest: {DIGEST} size: 1\n")
    Docker(clock).push(image(), TAG, Login("user", "hidden-word"))
    [call] = docker.called("push")
    pair = base64.b64encode(b"user:hidden-word").decode()
    assert call.config == {"proxies": {"a": 1}, "auths": {"r.example": {"auth": pair}}}
    assert "hidden-word" not in call.line
    assert call.environment["DOCKER_CONFIG"] != str(own)
    assert not Path(call.environment["DOCKER_CONFIG"]).exists()
    assert json.loads((own / "config.json").read_text())["credsStore"] == "desktop"


def test_a_push_that_names_no_digest_is_an_error(docker: FakeEngine, clock: FakeClock) -> None:
    docker.answer("^buildx", codes=(1,))
    docker.answer("^push", "done\n")
    with pytest.raises(ImageFailed, match="named no digest"):
        Docker(clock).push(image(), TAG, None)
