"""Containers: started with few rights, found again, always stopped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fake_engine import FakeEngine
from modelyard.errors import DeploymentFailed, ImageFailed, InputError
from modelyard.images import reference
from modelyard.images.run_container import RunningContainer, end_containers, run_container
from modelyard.images.running import Settings

IMAGE = reference.parse("127.0.0.1:5000/wine@sha256:" + "d" * 64)
CONFIG = {"User": "65534:65534", "ExposedPorts": {"8080/tcp": {}}}
CONTAINER = "c" * 64


@pytest.fixture(params=["docker", "podman"])
def engine(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> FakeEngine:
    fake = FakeEngine(tmp_path, request.param)
    fake.name = request.param  # type: ignore[attr-defined]
    monkeypatch.setenv("PATH", fake.path)
    return fake


def start(engine: FakeEngine, **settings: object) -> RunningContainer:
    name: str = engine.name  # type: ignore[attr-defined]
    return run_container(name, IMAGE, Settings("one", **settings))  # type: ignore[arg-type]


def has_image(engine: FakeEngine, config: dict[str, object] | None = None) -> None:
    engine.answer("^image inspect", json.dumps([{"Config": CONFIG if config is None else config}]))


def test_a_port_of_the_loopback_leads_to_the_exposed_one(engine: FakeEngine) -> None:
    has_image(engine)
    engine.answer("^run .*--publish 127.0.0.1::8080 ", CONTAINER + "\n")
    engine.answer(f"^port {CONTAINER} 8080/tcp", "127.0.0.1:32768\n")
    engine.answer("^inspect", "true\n")
    running = start(engine)
    assert running.url == "http://127.0.0.1:32768"
    assert running.alive()
    assert CONTAINER[:12] in running.identity


def test_it_runs_as_nobody_without_rights_and_within_limits(engine: FakeEngine) -> None:
    has_image(engine, {"ExposedPorts": {"8080/tcp": {}}})
    engine.answer("^run ", CONTAINER)
    engine.answer("^port", "127.0.0.1:1")
    start(engine, memory_mb=512, cpus=0.5, labels={"a": "b"})
    [call] = engine.called("run ")
    for word in ("--user=65534:65534", "--cap-drop=ALL", "--security-opt=no-new-privileges",
                 "--memory=512m", "--cpus=0.5", "--label=a=b", "--name=one"):  # fmt: skip
        assert word in call.words
    assert not any("privileged" in word and "no-new" not in word for word in call.words)


def test_variables_are_in_a_file_for_its_owner_only(engine: FakeEngine) -> None:
    has_image(engine)
    engine.answer("^run ", CONTAINER)
    engine.answer("^port", "127.0.0.1:1")
    start(engine, environment={"PASSWORD": "hidden word"})
    [call] = engine.called("run ")
    assert "hidden" not in call.line
    assert call.files["--env-file"] == "PASSWORD=hidden word\n"
    assert call.mode == "0o600"


@pytest.mark.parametrize("environment", [{"A": "1\nB=2"}, {"A B": "1"}, {"": "x"}])
def test_a_variable_cannot_bring_another(engine: FakeEngine, environment: dict[str, str]) -> None:
    has_image(engine)
    with pytest.raises(InputError, match="one line only"):
        start(engine, environment=environment)
    assert engine.called("run ") == []


@pytest.mark.parametrize("published_container_runs", [False, True])
def test_without_a_network_for_containers_it_listens_on_the_loopback_itself(
    engine: FakeEngine, published_container_runs: bool
) -> None:
    has_image(engine)
    if published_container_runs:  # docker without a bridge: it starts, and has no port
        engine.answer("^run .*--publish", CONTAINER)
        engine.answer("^port", err="no public port", codes=(1,))
        engine.answer("^inspect", "true")
    else:
        engine.answer("^run .*--publish", err="could not find netavark", codes=(126,))
    engine.answer("^rm --force", "")
    engine.answer("^run .*--network host", CONTAINER)
    running = start(engine)
    call = engine.called("run ")[-1]
    port = running.url.rpartition(":")[2]
    assert running.url == f"http://127.0.0.1:{port}"
    assert f"HOST=127.0.0.1\nPORT={port}\n" in call.files["--env-file"]
    assert len(engine.called("rm --force")) == 1


def test_one_that_ends_at_once_can_still_be_asked_why(engine: FakeEngine) -> None:
    has_image(engine)
    engine.answer("^run ", CONTAINER)
    engine.answer("^port", codes=(1,))
    engine.answer("^inspect", "false")
    engine.answer("^logs", "first\n", err="no such model\n")
    running = start(engine)
    assert not running.alive()
    assert "no such model" in running.logs()


def test_an_image_the_engine_lacks_is_pulled(engine: FakeEngine) -> None:
    inspected = json.dumps([{"Config": CONFIG}])
    engine.answer("^image inspect", inspected, codes=(1, 0))
    engine.answer("^pull", "")
    engine.answer("^run ", CONTAINER)
    engine.answer("^port", "127.0.0.1:1")
    start(engine)
    [pulled] = engine.called("pull")
    assert pulled.words[-1] == str(IMAGE)
    assert ("--tls-verify=false" in pulled.words) == (engine.name == "podman")  # type: ignore[attr-defined]


def test_an_image_that_cannot_be_had_is_named(engine: FakeEngine) -> None:
    engine.answer("^image inspect", codes=(1,))
    engine.answer("^pull", err="manifest unknown\n", codes=(1,))
    with pytest.raises(ImageFailed, match="manifest unknown"):
        start(engine)


@pytest.mark.parametrize("ports", [{}, {"1/tcp": {}, "2/tcp": {}}])
def test_the_port_has_to_be_the_only_one(engine: FakeEngine, ports: dict[str, object]) -> None:
    has_image(engine, {"ExposedPorts": ports})
    with pytest.raises(DeploymentFailed, match=f"exposes {len(ports)} ports"):
        start(engine)


def test_what_the_engine_refuses_is_removed_and_told(engine: FakeEngine) -> None:
    has_image(engine)
    engine.answer("^run ", err="no space left on device\n", codes=(125,))
    engine.answer("^rm --force", "")
    with pytest.raises(DeploymentFailed, match="no space left"):
        start(engine)
    assert engine.called("rm --force")[0].words[-1] == "one"
    assert len(engine.called("run ")) == 1


def test_stopping_removes_the_container_once(engine: FakeEngine) -> None:
    engine.answer("^inspect", "[]", codes=(0, 1))
    engine.answer("^stop", "")
    engine.answer("^rm --force", "")
    running = RunningContainer(engine.name, CONTAINER, "http://127.0.0.1:1")  # type: ignore[attr-defined]
    running.stop()
    running.stop()
    assert len(engine.called("stop")) == len(engine.called("rm")) == 1


def test_leftovers_are_found_by_their_label(engine: FakeEngine) -> None:
    engine.answer("^ps .*--filter label=a=b", "one\ntwo\n")
    engine.answer("^rm --force", "")
    assert end_containers(engine.name, "a=b") == 2  # type: ignore[attr-defined]
    assert [call.words[-1] for call in engine.called("rm")] == ["one", "two"]


def test_the_end_of_a_long_log_is_read(engine: FakeEngine) -> None:
    engine.answer("^logs", "x" * 5000 + "end")
    running = RunningContainer(engine.name, CONTAINER, "")  # type: ignore[attr-defined]
    assert running.logs(10) == "x" * 7 + "end"
