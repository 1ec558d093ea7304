"""Manifests and images to and from a registry."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import requests_mock

from modelyard.clock import FakeClock
from modelyard.errors import ImageFailed, NotFound
from modelyard.images import reference, registry
from modelyard.images.layout import CONFIG, INDEX, LAYER, MANIFEST, Descriptor, Layout, Manifest
from modelyard.images.transfer import Repository

BASE = "http://127.0.0.1:5000"


@pytest.fixture
def repository(clock: FakeClock, requests_mock: requests_mock.Mocker) -> Repository:
    requests_mock.get(f"{BASE}/v2/", text="{}")
    return registry.connect(reference.parse("127.0.0.1:5000/team/wine"), clock=clock, write=True)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "layout")


def image(layout: Layout, marker: bytes = b"1") -> Manifest:
    config = layout.put(b'{"os":"linux"}' + marker, CONFIG)
    layer = layout.put(b"layer" + marker, LAYER)
    body = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.document(),
        "layers": [layer.document()],
    }
    return layout.read_manifest(layout.put_json(body, MANIFEST))


def serve(mock: requests_mock.Mocker, layout: Layout, found: Manifest, version: str) -> None:
    """Let the mocked registry have the image under this version."""
    data = layout.read(found.descriptor)
    mock.get(
        f"{BASE}/v2/team/wine/manifests/{version}",
        content=data,
        headers={"Content-Type": f"{MANIFEST}; charset=utf-8"},
    )
    for blob in (found.config, *found.layers):
        content = layout.path(blob.digest).read_bytes()
        mock.get(f"{BASE}/v2/team/wine/blobs/{blob.digest}", content=content)


def test_pull_brings_manifest_config_and_layers(
    repository: Repository, requests_mock: requests_mock.Mocker, layout: Layout, tmp_path: Path
) -> None:
    wanted = image(layout)
    serve(requests_mock, layout, wanted, "1")
    target = Layout(tmp_path / "target")
    found = registry.pull(repository, "1", target, "amd64")
    assert found == wanted
    assert target.path(wanted.layers[0].digest).read_bytes() == b"layer1"


def test_pull_takes_nothing_twice(
    repository: Repository, requests_mock: requests_mock.Mocker, layout: Layout
) -> None:
    serve(requests_mock, layout, image(layout), "1")
    before = requests_mock.call_count
    registry.pull(repository, "1", layout, "amd64")
    assert requests_mock.call_count == before + 1


def test_of_many_platforms_the_own_one_is_chosen(
    repository: Repository, requests_mock: requests_mock.Mocker, layout: Layout, tmp_path: Path
) -> None:
    arm, amd = image(layout, b"arm"), image(layout, b"amd")
    entries = [
        {**one.descriptor.document(), "platform": {"os": "linux", "architecture": name}}
        for one, name in ((arm, "arm64"), (amd, "amd64"))
    ]
    index = json.dumps({"schemaVersion": 2, "manifests": entries})
    address = f"{BASE}/v2/team/wine/manifests/1"
    requests_mock.get(address, text=index, headers={"Content-Type": INDEX})
    serve(requests_mock, layout, amd, amd.descriptor.digest)
    assert registry.pull(repository, "1", Layout(tmp_path / "t"), "amd64") == amd
    with pytest.raises(ImageFailed) as missing:
        registry.pull(repository, "1", Layout(tmp_path / "t"), "s390x")
    assert "linux/s390x" in missing.value.what
    assert "linux/arm64, linux/amd64" in missing.value.cause


def test_a_manifest_that_is_not_what_its_digest_says_is_refused(
    repository: Repository, requests_mock: requests_mock.Mocker
) -> None:
    digest = "sha256:" + "0" * 64
    requests_mock.get(f"{BASE}/v2/team/wine/manifests/{digest}", text="{}")
    with pytest.raises(ImageFailed, match="isn't what its digest says"):
        registry.manifest(repository, digest)
    other = {"Docker-Content-Digest": digest}
    requests_mock.get(f"{BASE}/v2/team/wine/manifests/1", text="{}", headers=other)
    with pytest.raises(ImageFailed, match="isn't what its digest says"):
        registry.manifest(repository, "1")


def test_a_missing_image_is_not_found(
    repository: Repository, requests_mock: requests_mock.Mocker
) -> None:
    body = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}
    requests_mock.get(f"{BASE}/v2/team/wine/manifests/9", status_code=404, json=body)
    with pytest.raises(NotFound, match="MANIFEST_UNKNOWN"):
        registry.manifest(repository, "9")


def test_push_sends_what_is_missing_and_then_the_manifest(
    repository: Repository, requests_mock: requests_mock.Mocker, layout: Layout
) -> None:
    found = image(layout)
    there, absent = found.config.digest, found.layers[0].digest
    requests_mock.head(f"{BASE}/v2/team/wine/blobs/{there}")
    requests_mock.head(f"{BASE}/v2/team/wine/blobs/{absent}", status_code=404)
    where = {"Location": "/v2/team/wine/blobs/uploads/7?state=x"}
    requests_mock.post(f"{BASE}/v2/team/wine/blobs/uploads/", status_code=202, headers=where)
    sent: list[bytes] = []
    upload = requests_mock.put(
        f"{BASE}/v2/team/wine/blobs/uploads/7",
        status_code=201,
        text=lambda request, _: str(sent.append(request.body.read())),
    )
    digest = found.descriptor.digest
    manifest = requests_mock.put(
        f"{BASE}/v2/team/wine/manifests/1",
        status_code=201,
        headers={"Docker-Content-Digest": digest},
    )
    assert registry.push(repository, layout, found, "1") == digest
    assert sent == [b"layer1"]
    assert upload.last_request is not None
    assert upload.last_request.qs == {"state": ["x"], "digest": [absent]}
    assert manifest.last_request is not None
    assert manifest.last_request.headers["Content-Type"] == MANIFEST
    assert hashlib.sha256(manifest.last_request.body).hexdigest() == digest[7:]


def test_a_registry_that_rewrites_the_manifest_is_an_error(
    repository: Repository, requests_mock: requests_mock.Mocker, layout: Layout
) -> None:
    found = image(layout)
    for blob in (found.config, *found.layers):
        requests_mock.head(f"{BASE}/v2/team/wine/blobs/{blob.digest}")
    requests_mock.put(
        f"{BASE}/v2/team/wine/manifests/1",
        status_code=201,
        headers={"Docker-Content-Digest": "sha256:" + "0" * 64},
    )
    with pytest.raises(ImageFailed, match="not as sha256"):
        registry.push(repository, layout, found, "1")


def test_copying_keeps_the_digest_and_all_platforms(
    repository: Repository, requests_mock: requests_mock.Mocker, layout: Layout, clock: FakeClock
) -> None:
    inner = image(layout)
    index = json.dumps({"manifests": [inner.descriptor.document()]}).encode()
    address = f"{BASE}/v2/team/wine/manifests/1"
    requests_mock.get(address, content=index, headers={"Content-Type": INDEX})
    serve(requests_mock, layout, inner, inner.descriptor.digest)
    target = registry.connect(reference.parse("127.0.0.1:5000/prod/wine"), clock=clock, write=True)
    for blob in (inner.config, *inner.layers):
        requests_mock.head(f"{BASE}/v2/prod/wine/blobs/{blob.digest}", status_code=404)
    where = {"Location": f"{BASE}/v2/prod/wine/blobs/uploads/1"}
    requests_mock.post(f"{BASE}/v2/prod/wine/blobs/uploads/", status_code=202, headers=where)
    requests_mock.put(f"{BASE}/v2/prod/wine/blobs/uploads/1", status_code=201)
    put: list[tuple[str, bytes]] = []
    for version in ("prod-7", inner.descriptor.digest):
        requests_mock.put(
            f"{BASE}/v2/prod/wine/manifests/{version}",
            status_code=201,
            text=lambda request, _: str(
                put.append((request.path.rpartition("/")[2], request.body))
            ),
        )
    digest = registry.copy(repository, "1", target, "prod-7")
    assert digest == "sha256:" + hashlib.sha256(index).hexdigest()
    assert put == [
        (inner.descriptor.digest, layout.read(inner.descriptor)),
        ("prod-7", index),
    ]


def test_credentials_ask_for_the_right_scope(
    clock: FakeClock, requests_mock: requests_mock.Mocker
) -> None:
    header = {"WWW-Authenticate": 'Bearer realm="https://r.example/token",service="s"'}
    requests_mock.get("https://r.example/v2/", status_code=401, headers=header)
    mint = requests_mock.get("https://r.example/token", json={"token": "t"})
    requests_mock.get("https://r.example/v2/team/wine/manifests/1", text="{}")
    for write, actions in ((False, "pull"), (True, "pull,push")):
        found = registry.connect(reference.parse("r.example/team/wine"), clock=clock, write=write)
        registry.manifest(found, "1")
        assert mint.last_request is not None
        assert mint.last_request.qs["scope"] == [f"repository:team/wine:{actions}"]


def test_descriptors_say_where_they_are_wrong() -> None:
    for document in ({}, {"digest": "x", "size": 1}, {"digest": "sha256:" + "0" * 64, "size": "x"}):
        with pytest.raises(ImageFailed):
            Descriptor.of(document)
