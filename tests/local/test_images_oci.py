"""Images written without an engine: the same each time, and they run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from modelyard.clock import SystemClock
from modelyard.errors import DeploymentFailed, ImageFailed, InputError
from modelyard.images import interpreters, run, running
from modelyard.images.building import build_contents
from modelyard.images.contents import PACKAGES, Contents, listen
from modelyard.images.engine import BuiltImage
from modelyard.images.layout import Layout
from modelyard.images.run import Place
from modelyard.images.running import Running, Settings
from tiny_image import contents
from wheels import make_wheel

pytestmark = pytest.mark.skipif(
    shutil.which("dpkg-query") is None, reason="the base 'host' is made on Debian and Ubuntu"
)
CLOCK = SystemClock()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("oci")


def built(folder: Path, what: Contents, tag: str, wheels: Path | None = None) -> BuiltImage:
    return build_contents(
        what, engine="oci", base="host", tags=[tag], wheels=wheels, out=folder / "out"
    )


@pytest.fixture(scope="module")
def image(folder: Path) -> BuiltImage:
    return built(folder, contents(folder / "app", "a"), "tiny:1")


def test_two_builds_are_one_image(folder: Path, image: BuiltImage) -> None:
    again = build_contents(
        contents(folder / "copy", "a"),
        engine="oci",
        base="host",
        tags=["other:1"],
        out=folder / "elsewhere",
    )
    assert again.digest == image.digest
    assert again.size == image.size


def test_the_configuration_says_how_it_runs(folder: Path, image: BuiltImage) -> None:
    layout = Layout(folder / "out")
    document = layout.read_json(layout.manifest("tiny:1").config)
    config = document["config"]
    assert config["User"] == "65534:65534"
    assert config["Cmd"] == ["python3", "/srv/app.py"]
    assert config["ExposedPorts"] == {"8080/tcp": {}}
    assert config["Labels"] == {"org.opencontainers.image.title": "a"}
    assert f"PYTHON_VERSION={sys.version.split()[0]}" in config["Env"]
    assert document["architecture"] == interpreters.architecture()
    assert layout.manifest("tiny:1").size == image.size


def test_the_base_is_a_whole_python_and_nothing_of_this_machine(
    folder: Path, image: BuiltImage
) -> None:
    layout = Layout(folder / "out")
    base = layout.path(layout.manifest(image.digest).layers[0].digest)
    with tarfile.open(base) as tar:
        names = {member.name for member in tar}
    library = f"usr/local/lib/python{interpreters.own_version()}"
    assert {f"{library}/json/__init__.py", "bin", "usr/bin/sh", "tmp"} <= names
    assert any(name.startswith(f"{library}/lib-dynload/_ssl") for name in names)
    assert any("/libssl" in name for name in names)
    assert any("/librt.so" in name for name in names)
    private = ("site-packages/mlflow", "site-packages/pytest", "home/", "etc/shadow", "root/")
    assert not any(part in name for part in private for name in names)


@pytest.mark.skipif(
    subprocess.run(["unshare", "--user", "--map-root-user", "true"], check=False).returncode != 0,
    reason="chroot needs root or a user namespace",
)
def test_the_base_runs_by_itself(folder: Path, image: BuiltImage) -> None:
    layout = Layout(folder / "out")
    root = run.unpacked(layout, layout.manifest(image.digest), folder / "place")
    code = (
        "import ssl, sqlite3, lzma, ctypes, zoneinfo, sys; print(sys.prefix, ssl.OPENSSL_VERSION)"
    )
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "chroot", root, "/usr/local/bin/python3",
         "-c", code],
        env={"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/bin:/sbin"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.stdout.startswith("/usr/local OpenSSL"), done.stderr


@pytest.fixture
def started(folder: Path, image: BuiltImage) -> Iterator[list[Running]]:
    """Starts are added; all are stopped at the end."""
    found: list[Running] = []
    yield found
    for one in found:
        one.stop()


def start(folder: Path, image: BuiltImage, **environment: str) -> Running:
    return run.start(
        image.reference,
        Settings("tiny", environment),
        Place(folder / "place", folder / "out"),
        runner="process",
        clock=CLOCK,
    )


def test_it_serves_without_a_container(
    folder: Path, image: BuiltImage, started: list[Running]
) -> None:
    started.append(start(folder, image, EXTRA="1"))
    running.wait_until_ready(started[0], clock=CLOCK, timeout=60)
    answer = requests.post(f"{started[0].url}/invocations", json={"instances": [1, 2]}, timeout=10)
    assert answer.json()["predictions"] == ["a", "a"]
    assert "scored 2" in started[0].logs()
    started[0].stop()
    assert not started[0].alive()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{started[0].url}/ping", timeout=10)


def test_one_that_fails_says_why(folder: Path, image: BuiltImage, started: list[Running]) -> None:
    started.append(start(folder, image, FAIL="no such file: model.bin"))
    with pytest.raises(DeploymentFailed, match=r"no such file: model\.bin"):
        running.wait_until_ready(started[0], clock=CLOCK, timeout=60)


def test_one_that_never_serves_is_given_up(
    folder: Path, image: BuiltImage, started: list[Running]
) -> None:
    started.append(start(folder, image, NEVER_READY="1"))
    with pytest.raises(DeploymentFailed, match="still starting"):
        running.wait_until_ready(started[0], clock=CLOCK, timeout=1)
    started[0].stop()
    assert not started[0].alive()


def packages(folder: Path, *requirements: str) -> Contents:
    (folder / "main.py").write_text("import own; print(own.VALUE)")
    return Contents(
        command=("python3", "/srv/main.py"),
        files={"/srv/main.py": folder / "main.py"},
        requirements=requirements,
        environment={"PYTHONPATH": PACKAGES, **listen("127.0.0.1", 1)},
    )


def test_packages_come_from_the_wheels_folder_the_same_each_time(
    folder: Path, tmp_path: Path, started: list[Running]
) -> None:
    wheels = tmp_path / "wheels"
    make_wheel(wheels, "own", "1.0", "VALUE = 'from the wheel'", requires="needed")
    make_wheel(wheels, "needed", "2.0", "")
    what = packages(tmp_path, "own==1.0")
    first, second = (built(folder, what, f"packages:{tag}", wheels) for tag in (1, 2))
    assert first.digest == second.digest
    started.append(start(folder, first))
    with pytest.raises(DeploymentFailed, match="from the wheel"):  # it prints that and ends
        running.wait_until_ready(started[0], clock=CLOCK, timeout=60)


def test_a_requirement_that_is_not_in_the_folder_is_named(folder: Path, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    with pytest.raises(ImageFailed, match=r"nowhere==1\.0") as failed:
        built(folder, packages(tmp_path, "nowhere==1.0"), "packages:1", wheels)
    assert "wheels folder" in failed.value.fix


def test_a_package_of_this_machine_does_not_stand_in_for_a_missing_one(
    folder: Path, tmp_path: Path, started: list[Running]
) -> None:
    (tmp_path / "main.py").write_text("import requests")
    what = Contents(
        command=("python3", "/srv/main.py"), files={"/srv/main.py": tmp_path / "main.py"}
    )
    started.append(start(folder, built(folder, what, "lacking:1")))
    with pytest.raises(DeploymentFailed, match="No module named 'requests'"):
        running.wait_until_ready(started[0], clock=CLOCK, timeout=60)


def test_another_python_than_the_bases_is_refused(folder: Path, tmp_path: Path) -> None:
    what = Contents(command=("python3",), python="3.9")
    with pytest.raises(InputError, match=r"the model needs Python 3\.9"):
        built(folder, what, "old:1")


def test_the_layout_is_one_that_other_programs_read(folder: Path, image: BuiltImage) -> None:
    index = json.loads((folder / "out" / "index.json").read_text())
    named = {one["annotations"]["org.opencontainers.image.ref.name"] for one in index["manifests"]}
    assert "tiny:1" in named
