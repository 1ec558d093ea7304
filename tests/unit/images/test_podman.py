"""How the podman command line is called."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from fake_engine import FakeEngine
from modelyard.clock import FakeClock
from modelyard.errors import FileError, ImageFailed
from modelyard.images import reference
from modelyard.images.engine import BuiltImage, Order
from modelyard.images.podman import Podman
from modelyard.images.registry_login import Login
from tiny_image import contents

DIGEST = "sha256:" + "d" * 64


@pytest.fixture
def podman(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine(tmp_path, "podman")
    monkeypatch.setenv("PATH", fake.path)
    return fake


def image(name: str) -> BuiltImage:
    tag = reference.parse(name)
    return BuiltImage(tag, "sha256:" + "a" * 64, 1, "podman", (tag,))


def test_ids_get_their_algorithm(podman: FakeEngine, clock: FakeClock, tmp_path: Path) -> None:
    podman.answer("^build ", writes={"--iidfile": "a" * 64})
    podman.answer("^image inspect", json.dumps([{"Id": "a" * 64, "Size": 5}]))
    tag = reference.parse("wine:1")
    found = Podman(clock).build(Order(contents(tmp_path / "app", "a"), "base", [tag]))
    assert (found.digest, found.size) == ("sha256:" + "a" * 64, 5)
    assert "--format docker" in podman.called("build ")[0].line


def test_a_registry_on_the_loopback_is_spoken_to_without_tls(
    podman: FakeEngine, clock: FakeClock
) -> None:
    podman.answer("^push", writes={"--digestfile": DIGEST + "\n"})
    for name in ("127.0.0.1:5000/wine:1", "r.example/wine:1"):
        assert Podman(clock).push(image(name), reference.parse(name), None) == DIGEST
    loopback, outside = podman.called("push")
    assert "--tls-verify=false" in loopback.words
    assert "--tls-verify=false" not in outside.words


def test_the_password_is_in_a_file_for_its_owner_only(podman: FakeEngine, clock: FakeClock) -> None:
    podman.answer("^push", writes={"--digestfile": DIGEST})
    tag = reference.parse("r.example/wine:1")
    Podman(clock).push(image(str(tag)), tag, Login("user", "hidden-word"))
    [call] = podman.called("push")
    assert "hidden-word" not in call.line
    assert call.mode == "0o600"
    [text] = [text for name, text in call.files.items() if name.endswith("auth.json")]
    pair = base64.b64encode(b"user:hidden-word").decode()
    assert json.loads(text) == {"auths": {"r.example": {"auth": pair}}}


def test_a_failed_push_shows_what_podman_said(podman: FakeEngine, clock: FakeClock) -> None:
    podman.answer("^push", err="denied: no rights\n", codes=(125,))
    tag = reference.parse("r.example/wine:1")
    with pytest.raises(ImageFailed, match="denied: no rights") as failed:
        Podman(clock).push(image(str(tag)), tag, None)
    assert "login" in failed.value.fix


def test_a_wheels_folder_that_is_not_there_is_named(
    podman: FakeEngine, clock: FakeClock, tmp_path: Path
) -> None:
    tag = reference.parse("wine:1")
    order = Order(contents(tmp_path / "app", "a"), "base", [tag], wheels=tmp_path / "none")
    with pytest.raises(FileError, match="none doesn't exist"):
        Podman(clock).build(order)
    assert podman.calls == []
