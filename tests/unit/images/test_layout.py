"""The OCI layout: what is put in comes out, and nothing else does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelyard.errors import ImageFailed
from modelyard.images.layout import CONFIG, MANIFEST, Descriptor, Layout, parse_manifest


def image(layout: Layout, marker: str) -> Descriptor:
    config = layout.put_json({"marker": marker}, CONFIG)
    return layout.put_json(
        {"schemaVersion": 2, "config": config.document(), "layers": []}, MANIFEST
    )


def test_an_image_is_found_by_each_of_its_names_and_by_its_digest(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    first, second = image(layout, "1"), image(layout, "2")
    layout.tag(["a:1", "a:latest"], first)
    layout.tag(["b:1"], second)
    for name in ("a:1", "a:latest", first.digest):
        assert layout.knows(name)
        assert layout.manifest(name).descriptor == first
    assert layout.manifest("b:1").descriptor == second
    assert not layout.knows("c")


def test_a_name_moves_to_the_newer_image(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    first, second = image(layout, "1"), image(layout, "2")
    layout.tag(["a:1", "a:old"], first)
    layout.tag(["a:1"], second)
    assert layout.manifest("a:1").descriptor == second
    assert layout.manifest("a:old").descriptor == first


def test_without_a_name_there_has_to_be_one_image(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    with pytest.raises(ImageFailed, match="has no image"):
        layout.manifest()
    first = image(layout, "1")
    layout.tag([], first)
    layout.tag([], first)
    assert layout.manifest().descriptor == first
    layout.tag(["b"], image(layout, "2"))
    with pytest.raises(ImageFailed) as refused:
        layout.manifest()
    assert "2 image" in refused.value.what
    assert "b" in refused.value.cause


def test_other_programs_find_the_layout(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    manifest = image(layout, "1")
    layout.tag(["a:1"], manifest)
    assert json.loads((tmp_path / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    [entry] = json.loads((tmp_path / "index.json").read_text())["manifests"]
    assert entry["digest"] == manifest.digest
    assert entry["annotations"] == {"org.opencontainers.image.ref.name": "a:1"}


def test_equal_documents_have_equal_digests(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert layout.put_json({"a": 1, "b": 2}, CONFIG) == layout.put_json({"b": 2, "a": 1}, CONFIG)


def test_a_changed_blob_is_noticed(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    blob = layout.put(b"text", CONFIG)
    layout.path(blob.digest).write_bytes(b"other")
    with pytest.raises(ImageFailed, match="isn't what its name says"):
        layout.read(blob)
    assert not layout.has(blob)


@pytest.mark.parametrize("digest", ["sha256:../../x", "md5:1", "sha256:" + "g" * 64, ""])
def test_what_is_no_digest_never_becomes_a_path(tmp_path: Path, digest: str) -> None:
    with pytest.raises(ImageFailed, match="not a sha256 digest"):
        Layout(tmp_path).path(digest)


@pytest.mark.parametrize(
    "document",
    [{"manifests": []}, {"layers": []}, {"config": {}, "layers": []}, {"config": 1, "layers": [1]}],
)
def test_what_is_no_manifest_of_one_image_is_refused(document: dict[str, object]) -> None:
    descriptor = Descriptor(MANIFEST, "sha256:" + "0" * 64, 2)
    with pytest.raises(ImageFailed):
        parse_manifest(json.dumps(document).encode(), descriptor)


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(ImageFailed, match="not a JSON object"):
        parse_manifest(b"<html>", Descriptor(MANIFEST, "sha256:" + "0" * 64, 6))


def test_the_size_counts_everything_a_registry_stores(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    config = layout.put(b"12345", CONFIG)
    layer = layout.put(b"1234567890", "layer")
    body = {"schemaVersion": 2, "config": config.document(), "layers": [layer.document()]}
    manifest = layout.put_json(body, MANIFEST)
    assert layout.read_manifest(manifest).size == manifest.size + 15
