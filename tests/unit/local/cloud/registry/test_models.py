"""Repositories: who has which blob, and what tags mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelyard.local.cloud.registry.exceptions import RegistryError
from modelyard.local.cloud.registry.models import Repositories, checked_name
from modelyard.local.cloud.service import Cloud

KIND = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture
def repositories(cloud: Cloud) -> Repositories:
    found = Repositories(cloud.store, cloud.folder / "registry")
    found.blobs.create()
    return found


def pushed(repositories: Repositories, name: str, tag: str, marker: str = "1") -> str:
    """Push an image with a configuration of its own; its digest."""
    config = repositories.blobs.put(marker.encode())
    repositories.add_blob(name, config)
    return repositories.put_manifest(name, tag, manifest(config), KIND)


def manifest(config: str, **more: Any) -> bytes:
    return json.dumps({"schemaVersion": 2, "config": {"digest": config}, **more}).encode()


def code(error: pytest.ExceptionInfo[RegistryError]) -> str:
    return error.value.error_code


def test_a_tag_and_the_digest_lead_to_the_same_manifest(repositories: Repositories) -> None:
    digest = pushed(repositories, "wine", "1")
    by_tag, by_digest = (repositories.manifest("wine", one) for one in ("1", digest))
    assert by_tag == by_digest
    assert (by_tag.digest, by_tag.media_type) == (digest, KIND)


def test_a_tag_moves(repositories: Repositories) -> None:
    first = pushed(repositories, "wine", "latest", "1")
    second = pushed(repositories, "wine", "latest", "2")
    assert repositories.manifest("wine", "latest").digest == second
    assert repositories.manifest("wine", first).digest == first


def test_repositories_do_not_see_each_others_images(repositories: Repositories) -> None:
    digest = pushed(repositories, "wine", "1")
    with pytest.raises(RegistryError) as error:
        repositories.manifest("beer", digest)
    assert code(error) == "MANIFEST_UNKNOWN"
    config = repositories.blobs.put(b"1")
    assert not repositories.has_blob("beer", config)
    with pytest.raises(RegistryError) as error:
        repositories.put_manifest("beer", "1", manifest(config), KIND)
    assert code(error) == "MANIFEST_BLOB_UNKNOWN"


def test_a_layer_that_is_elsewhere_need_not_be_here(repositories: Repositories) -> None:
    config = repositories.blobs.put(b"1")
    repositories.add_blob("wine", config)
    foreign = {"digest": "sha256:" + "0" * 64, "urls": ["https://example.com/layer"]}
    assert repositories.put_manifest("wine", "1", manifest(config, layers=[foreign]), KIND)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"[]", "MANIFEST_INVALID"),
        (manifest("x"), "DIGEST_INVALID"),
        (b'{"schemaVersion": 2, "layers": ["x"]}', "MANIFEST_INVALID"),
        (b'{"schemaVersion": 2, "mediaType": "other"}', "MANIFEST_INVALID"),
    ],
)
def test_what_is_no_manifest_is_refused(
    repositories: Repositories, data: bytes, expected: str
) -> None:
    with pytest.raises(RegistryError) as error:
        repositories.put_manifest("wine", "1", data, KIND)
    assert code(error) == expected
    assert repositories.names() == []


def test_a_blob_stays_while_anybody_has_it(repositories: Repositories) -> None:
    config = repositories.blobs.put(b"1")
    for name in ("wine", "beer"):
        repositories.add_blob(name, config)
    repositories.remove_blob("wine", config)
    assert repositories.blobs.has(config)
    with pytest.raises(RegistryError) as error:
        repositories.blob("wine", config)
    assert code(error) == "BLOB_UNKNOWN"
    repositories.remove_blob("beer", config)
    assert not repositories.blobs.has(config)


def test_lists_are_sorted_and_a_reset_empties_them(repositories: Repositories) -> None:
    for name, tag in (("wine", "2"), ("beer", "1"), ("wine", "1"), ("wine", "10")):
        pushed(repositories, name, tag)
    assert repositories.names() == ["beer", "wine"]
    assert repositories.tags("wine") == ["1", "10", "2"]
    repositories.clear()
    assert repositories.names() == []
    with pytest.raises(RegistryError) as error:
        repositories.tags("wine")
    assert code(error) == "NAME_UNKNOWN"


@pytest.mark.parametrize("name", ["Wine", "a//b", "../x", "", "a" * 256, "a@b"])
def test_names_have_a_form(name: str) -> None:
    with pytest.raises(RegistryError) as error:
        checked_name(name)
    assert code(error) == "NAME_INVALID"
