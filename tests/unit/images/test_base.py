"""Bases: what they must have, and what is built on them."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import requests_mock

from modelyard.clock import FakeClock
from modelyard.errors import ImageFailed, InputError
from modelyard.images import base as bases
from modelyard.images import interpreters, layers
from modelyard.images.base import BaseImage
from modelyard.images.layers import Entry, Layer
from modelyard.images.layout import CONFIG, LAYER, MANIFEST, Layout

REGISTRY = "http://127.0.0.1:5000/v2"


def base(python: str = "3.11", **config: Any) -> BaseImage:
    return BaseImage("own", (), ("sha256:" + "1" * 64,), config, python)


def serve(
    mock: requests_mock.Mocker,
    folder: Path,
    *,
    names: tuple[str, ...] = ("usr/local/bin/python3.12",),
    layer_type: str = LAYER,
    **changes: Any,
) -> None:
    """Let a registry have an image with one layer of empty files."""
    layout = Layout(folder)
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name))
    layer = layout.put(gzip.compress(plain.getvalue(), mtime=0), layer_type)
    document = {
        "os": "linux",
        "architecture": interpreters.architecture(),
        "rootfs": {"diff_ids": ["sha256:" + "2" * 64]},
        "config": {"Env": ["A=1"]},
        **changes,
    }
    config = layout.put_json(document, CONFIG)
    body = {"schemaVersion": 2, "config": config.document(), "layers": [layer.document()]}
    manifest = layout.put_json(body, MANIFEST)
    mock.get(f"{REGISTRY}/", text="{}")
    header = {"Content-Type": MANIFEST}
    mock.get(f"{REGISTRY}/py/manifests/1", content=layout.read(manifest), headers=header)
    for blob in (config, layer):
        mock.get(
            f"{REGISTRY}/py/blobs/{blob.digest}", content=layout.path(blob.digest).read_bytes()
        )


def prepared(tmp_path: Path, clock: FakeClock, python: str = "") -> BaseImage:
    layout = Layout(tmp_path / "out")
    return bases.prepare("127.0.0.1:5000/py:1", layout, python=python, clock=clock)


def test_the_python_of_a_base_is_found_by_its_file(
    tmp_path: Path, clock: FakeClock, requests_mock: requests_mock.Mocker
) -> None:
    serve(requests_mock, tmp_path / "remote")
    found = prepared(tmp_path, clock)
    assert found.python == "3.12"
    assert Layout(tmp_path / "out").has(found.layers[0])


def test_official_images_say_their_python_in_a_variable(
    tmp_path: Path, clock: FakeClock, requests_mock: requests_mock.Mocker
) -> None:
    serve(requests_mock, tmp_path / "remote", config={"Env": ["PYTHON_VERSION=3.10.13"]})
    assert prepared(tmp_path, clock).python == "3.10"


def test_a_base_without_python_is_found_out(
    tmp_path: Path, clock: FakeClock, requests_mock: requests_mock.Mocker
) -> None:
    serve(requests_mock, tmp_path / "remote", names=("bin/busybox", "opt/usr/bin/python3.11"))
    assert prepared(tmp_path, clock).python == ""
    with pytest.raises(InputError, match="no Python that can be found"):
        prepared(tmp_path, clock, "3.11")


@pytest.mark.parametrize(
    "changes",
    [
        {"os": "windows"},
        {"architecture": "s390x"},
        {"rootfs": {"diff_ids": []}},
        {"layer_type": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"},
    ],
)
def test_a_base_that_cannot_be_built_upon_is_refused(
    tmp_path: Path,
    clock: FakeClock,
    requests_mock: requests_mock.Mocker,
    changes: dict[str, Any],
) -> None:
    serve(requests_mock, tmp_path / "remote", **changes)
    with pytest.raises(ImageFailed, match=r"127\.0\.0\.1:5000/py:1"):
        prepared(tmp_path, clock)


def test_another_python_is_named_with_the_one_that_fits(
    tmp_path: Path, clock: FakeClock, requests_mock: requests_mock.Mocker
) -> None:
    serve(requests_mock, tmp_path / "remote")
    assert prepared(tmp_path, clock, "3.12").python == "3.12"
    with pytest.raises(InputError) as refused:
        prepared(tmp_path, clock, "3.11")
    assert "has Python 3.12; the model needs Python 3.11" in refused.value.what
    assert "python:3.11-slim" in refused.value.fix


def test_the_own_python_is_judged_before_anything_is_made(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelyard.images.host_base.entries", lambda: pytest.fail("made"))
    with pytest.raises(InputError, match=r"the model needs Python 3\.99"):
        bases.prepare("host", Layout(tmp_path), python="3.99", clock=clock)


def test_the_own_base_is_written_again_only_when_a_file_changed(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "python3"
    source.write_text("one")
    written = []
    write = layers.write_layer

    def counted(entries: Iterable[Entry], folder: Path) -> Layer:
        written.append(folder)
        return write(entries, folder)

    monkeypatch.setattr("modelyard.images.host_base.entries", lambda: [Entry("python3", source)])
    monkeypatch.setattr(layers, "write_layer", counted)
    layout = Layout(tmp_path / "out")
    first, second = (bases.prepare("host", layout, python="", clock=clock) for _ in range(2))
    assert first == second
    assert len(written) == 1
    source.write_text("two of them")
    assert bases.prepare("host", layout, python="", clock=clock).layers != first.layers
    layout.path(first.layers[0].digest).unlink()
    source.write_text("one")
    assert bases.prepare("host", layout, python="", clock=clock).diff_ids == first.diff_ids
    assert len(written) == 3


def test_own_variables_stand_before_those_of_the_base() -> None:
    found = bases.merged_environment({"Env": ["PATH=/bin", "A=1=2", "B="]}, {"A": "3", "C": "4"})
    assert found == ["PATH=/bin", "A=3", "B=", "C=4"]
    assert bases.merged_environment({}, {"A": "1"}) == ["A=1"]


def test_the_configuration_is_the_same_text_each_time() -> None:
    ours = {"Cmd": ["python3"], "User": "65534"}
    first = bases.configuration(base(), ours, ("sha256:" + "2" * 64,))
    second = bases.configuration(base(), dict(reversed(ours.items())), ("sha256:" + "2" * 64,))
    assert first == second
    document = json.loads(first)
    assert document["rootfs"]["diff_ids"] == ["sha256:" + "1" * 64, "sha256:" + "2" * 64]
    assert len(document["history"]) == 2
    assert document["created"] == "1970-01-01T00:00:00Z"
