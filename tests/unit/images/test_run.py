"""Choosing what runs an image, and unpacking it once."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from fake_engine import FakeEngine
from modelyard.clock import FakeClock
from modelyard.errors import ImageFailed, InputError, MissingTool
from modelyard.images import run
from modelyard.images.layout import CONFIG, LAYER, MANIFEST, Layout, Manifest


def image(layout: Layout, data: bytes | None = None) -> Manifest:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        info = tarfile.TarInfo("srv/app.py")
        tar.addfile(info, io.BytesIO())
    layer = layout.put(gzip.compress(plain.getvalue(), mtime=0) if data is None else data, LAYER)
    config = layout.put(b"{}", CONFIG)
    body = {"schemaVersion": 2, "config": config.document(), "layers": [layer.document()]}
    return layout.read_manifest(layout.put_json(body, MANIFEST))


def test_without_an_engine_a_process_runs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run.choose("auto", clock) == "process"
    with pytest.raises(MissingTool, match="docker"):
        run.choose("docker", clock)
    with pytest.raises(InputError, match="kubelet"):
        run.choose("kubelet", clock)


def test_an_engine_that_answers_runs_it_unless_a_process_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    docker = FakeEngine(tmp_path, "docker")
    docker.answer("^version", "linux\n")
    monkeypatch.setenv("PATH", docker.path)
    assert run.choose("auto", clock) == "docker"
    assert run.choose("process", clock) == "process"


def test_an_image_is_unpacked_once(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "layout")
    found = image(layout)
    root = run.unpacked(layout, found, tmp_path / "place")
    assert (root / "srv" / "app.py").is_file()
    (root / "srv" / "marker").touch()
    assert run.unpacked(layout, found, tmp_path / "place") == root
    assert (root / "srv" / "marker").exists()


def test_half_an_image_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "layout")
    broken = image(layout, b"no archive")
    with pytest.raises(ImageFailed):
        run.unpacked(layout, broken, tmp_path / "place")
    assert list((tmp_path / "place").iterdir()) == []
