from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from modelyard.local.runner.builtin.step import StepFailed
from modelyard.local.runner.service_endpoints import Endpoint

if TYPE_CHECKING:
    from .conftest import Bench

REGISTRY = Endpoint(
    "images",
    "https://registry.example",
    "UsernamePassword",
    {"registry": "https://registry.example", "username": "me", "password": "hidden-word"},
    id="11111111-1111-4111-8111-111111111111",
)


@pytest.fixture
def docker(bench: Bench, tmp_path: Path) -> Path:
    """A docker that writes down how it was called, and what its configuration says."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$@"\n'
        '[ -z "$DOCKER_CONFIG" ] || cat "$DOCKER_CONFIG/config.json"\n[ "$1" != fail ]\n'
    )
    program.chmod(0o755)
    bench.environment["PATH"] = f"{program.parent}:/usr/bin:/bin"
    bench.endpoints = (REGISTRY,)
    (bench.sources / "app").mkdir()
    (bench.sources / "app" / "Dockerfile").write_text("FROM python:3.11 AS a\nFROM a\n")
    return program


def test_build_and_push_to_a_registry(bench: Bench, docker: Path) -> None:
    bench.set("Build.BuildNumber", "7")
    bench.run(
        "Docker@2",
        {"containerRegistry": "images", "repository": "Team/App", "tags": "one\ntwo"},
    )
    build, push_one, push_two = (one.arguments for one in bench.started)
    assert build[:4] == (str(docker), "build", "-f", str(bench.sources / "app" / "Dockerfile"))
    assert "com.azure.dev.image.build.buildnumber=7" in build
    assert "image.base.ref.name=a" in build
    assert build[-5:] == (
        "-t", "registry.example/team/app:one", "-t", "registry.example/team/app:two",
        str(bench.sources / "app"),
    )  # fmt: skip
    assert push_one[1:] == ("push", "registry.example/team/app:one")
    assert push_two[1:] == ("push", "registry.example/team/app:two")
    token = base64.b64encode(b"me:hidden-word").decode()
    assert f'"auth": "{token}"' in bench.log
    assert not any("hidden-word" in part for one in bench.started for part in one.arguments)
    assert token in [one.data for one in bench.commands if one.name == "task.setsecret"]
    outputs = [Path(one) for one in bench.variable("DockerOutput").splitlines()]
    assert [one.read_text().splitlines()[0] for one in outputs] == ["build", "push"]
    assert not list(bench.folders.temporary.glob("docker-*/config.json"))


def test_login_is_for_the_steps_that_follow(bench: Bench, docker: Path) -> None:
    assert docker.exists()
    bench.run("Docker@2", {"command": "login", "containerRegistry": REGISTRY.id})
    folder = Path(bench.variable("DOCKER_CONFIG"))
    file = folder / "config.json"
    assert folder.parent == bench.folders.temporary
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(json.loads(file.read_text())["auths"]) == ["https://registry.example"]
    bench.set("DOCKER_CONFIG", str(folder))
    bench.run("Docker@2", {"command": "push", "repository": "app", "tags": "a,b"})
    assert [one.arguments[1:] for one in bench.started] == [
        ("push", "registry.example/app:a"),
        ("push", "registry.example/app:b"),
    ]
    bench.run("Docker@2", {"command": "logout", "containerRegistry": "images"})
    assert not file.exists()
    assert bench.variable("DOCKER_CONFIG") == ""


def test_the_users_own_configuration_is_left_alone(bench: Bench, docker: Path) -> None:
    own = docker.parent / "config.json"
    own.write_text('{"auths": {"https://mine.example": {}}}')
    bench.set("DOCKER_CONFIG", str(docker.parent))
    bench.run("Docker@2", {"command": "logout"})
    assert own.exists()
    bench.run("Docker@2", {"command": "push", "repository": "app", "tags": ""})
    assert bench.started[0].arguments[1:] == ("push", "app")


def test_without_a_registry_images_have_plain_names(bench: Bench, docker: Path) -> None:
    assert docker.exists()
    inputs = {"command": "build", "repository": "app", "arguments": '--build-arg "A=b c"'}
    bench.run("Docker@2", inputs | {"tags": "x", "buildContext": ".", "addPipelineData": "false"})
    assert bench.started[0].arguments[-6:] == (
        "image.base.ref.name=a", "-t", "app:x", "--build-arg", "A=b c", str(bench.sources),
    )  # fmt: skip


def test_any_other_command_and_its_failure(bench: Bench, docker: Path) -> None:
    assert docker.exists()
    bench.run("Docker@2", {"command": "stop", "container": "web"})
    bench.run("Docker@2", {"command": "images", "arguments": "-a"})
    assert [one.arguments[1:] for one in bench.started] == [("stop", "web"), ("images", "-a")]
    with pytest.raises(StepFailed, match="docker fail ended with exit code 1"):
        bench.run("Docker@2", {"command": "fail"})


def test_failures(bench: Bench, docker: Path) -> None:
    with pytest.raises(StepFailed, match=r"no service connection 'x' \(known: images\)"):
        bench.run("Docker@2", {"containerRegistry": "x"})
    with pytest.raises(StepFailed, match="no Dockerfile is"):
        bench.run("Docker@2", {"command": "build", "Dockerfile": "none"})
    with pytest.raises(StepFailed, match="login needs the input containerRegistry"):
        bench.run("Docker@2", {"command": "login"})
    bench.endpoints = (Endpoint("a", "https://a.example", "ManagedServiceIdentity", id="2"),)
    with pytest.raises(StepFailed, match="signs in by ManagedServiceIdentity can't be used"):
        bench.run("Docker@2", {"command": "login", "containerRegistry": "a"})
    docker.unlink()
    with pytest.raises(StepFailed, match="docker isn't on PATH; install the docker command line"):
        bench.run("Docker@2", {"command": "build"})
