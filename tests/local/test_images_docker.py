"""Images built, pushed and run with a real docker engine."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from docker_engine import docker
from modelyard import images
from modelyard.clock import SystemClock
from modelyard.errors import DeploymentFailed, ImageFailed
from modelyard.images import interpreters, registry, run, running
from modelyard.images.building import build_contents
from modelyard.images.contents import PACKAGES, Contents
from modelyard.images.engine import BuiltImage
from modelyard.images.layout import Layout
from modelyard.images.run import Place
from modelyard.images.running import Running, Settings
from modelyard.local.cloud.cloud import LocalCloud
from tiny_image import contents
from wheels import make_wheel

pytestmark = docker
CLOUD_SERVICES = ("registry",)
CLOCK = SystemClock()
NAME = "modelyard-test-docker"


def command(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def image(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltImage]:
    host = cloud.url.removeprefix("http://")
    what = contents(tmp_path_factory.mktemp("app"), "a")
    built = build_contents(what, engine="docker", base="host", tags=[f"{host}/tiny:1"])
    yield built
    command("image", "rm", "--force", built.digest)


@pytest.fixture
def started() -> Iterator[list[Running]]:
    """Starts are added; all are stopped at the end."""
    found: list[Running] = []
    yield found
    for one in found:
        one.stop()
    assert command("ps", "--all", "--quiet", "--filter", f"name={NAME}") == ""


def start(image: BuiltImage, tmp_path: Path, **environment: str) -> Running:
    settings = Settings(NAME, environment, memory_mb=256)
    place = Place(tmp_path, tmp_path / "layout")
    return run.start(image.reference, settings, place, runner="docker", clock=CLOCK)


def test_it_serves_as_nobody_within_its_limits(
    image: BuiltImage, tmp_path: Path, started: list[Running]
) -> None:
    started.append(start(image, tmp_path, EXTRA="two words"))
    running.wait_until_ready(started[0], clock=CLOCK, timeout=60)
    url = started[0].url
    answer = requests.post(f"{url}/invocations", json={"instances": [1, 2]}, timeout=10).json()
    assert answer["predictions"] == ["a", "a"]
    assert answer["user"] == 65534
    assert url.startswith("http://127.0.0.1:")
    assert command("exec", NAME, "env").count("EXTRA=two words") == 1
    assert command("inspect", NAME, "--format", "{{.HostConfig.Memory}}") == str(256 * 1024**2)
    assert command("inspect", NAME, "--format", "{{.HostConfig.Privileged}}") == "false"
    assert "scored 2" in started[0].logs()
    started[0].stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/ping", timeout=10)


def test_one_that_fails_says_why(image: BuiltImage, tmp_path: Path, started: list[Running]) -> None:
    started.append(start(image, tmp_path, FAIL="no such file"))
    with pytest.raises(DeploymentFailed, match="no such file"):
        running.wait_until_ready(started[0], clock=CLOCK, timeout=60)


def test_what_is_pushed_can_be_pulled_by_its_digest(image: BuiltImage, tmp_path: Path) -> None:
    pinned = images.push(image, clock=CLOCK)
    assert pinned.digest.startswith("sha256:")
    found = registry.connect(pinned, clock=CLOCK)
    layout = Layout(tmp_path / "pulled")
    manifest = registry.pull(found, pinned.digest, layout, interpreters.architecture())
    config = layout.read_json(manifest.config)["config"]
    assert (config["User"], config["Cmd"]) == ("65534:65534", ["python3", "/srv/app.py"])
    assert config["Labels"]["org.opencontainers.image.title"] == "a"


def test_packages_are_installed_without_a_network(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    make_wheel(wheels, "own", "1.0", "VALUE = 'from the wheel'")
    (tmp_path / "main.py").write_text("import own; print(own.__file__, own.VALUE)")
    what = Contents(
        command=("python3", "/srv/main.py"),
        files={"/srv/main.py": tmp_path / "main.py"},
        python=interpreters.own_version(),
        requirements=("own==1.0",),
        environment={"PYTHONPATH": PACKAGES},
    )
    built = build_contents(
        what, engine="docker", base="host", tags=["modelyard-test:packages"], wheels=wheels
    )
    printed = command("run", "--rm", "--network", "none", str(built.reference))
    assert printed == f"{PACKAGES}/own.py from the wheel"
    listed = command("run", "--rm", "--network", "none", str(built.reference), "ls", "/tmp")
    assert "wheels" not in listed
    command("image", "rm", "--force", built.digest)


def test_a_base_with_another_python_is_found_out_in_the_build(
    image: BuiltImage, tmp_path: Path
) -> None:
    what = Contents(command=("python3",), python="3.9")
    with pytest.raises(ImageFailed, match=r"the model needs Python 3\.9"):
        build_contents(
            what, engine="docker", base=str(image.reference), tags=["modelyard-test:old"]
        )
    assert command("ps", "--all", "--quiet", "--filter", f"ancestor={image.digest}") == ""


def test_the_id_is_the_one_that_docker_knows(image: BuiltImage) -> None:
    assert command("image", "inspect", str(image.reference), "--format", "{{.Id}}") == image.digest
