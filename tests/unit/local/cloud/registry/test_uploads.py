"""Blobs on their way in: nothing is one before its digest is right."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from modelyard.local.cloud.registry.exceptions import RegistryError
from modelyard.local.cloud.registry.uploads import Blobs


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    found = Blobs(tmp_path)
    found.create()
    return found


def refused(error: pytest.ExceptionInfo[RegistryError]) -> tuple[int | None, str]:
    return error.value.code, error.value.error_code


def test_pieces_become_a_blob(blobs: Blobs) -> None:
    upload = blobs.begin()
    assert blobs.append(upload, [b"ab", b"c"]) == 3
    assert blobs.append(upload, [b"d"], start=3) == 4
    assert not blobs.has(digest(b"abcd"))
    blobs.finish(upload, digest(b"abcd"))
    assert blobs.path(digest(b"abcd")).read_bytes() == b"abcd"
    assert blobs.total() == 4


def test_wrong_content_never_becomes_a_blob_and_the_upload_is_over(blobs: Blobs) -> None:
    upload = blobs.begin()
    blobs.append(upload, [b"other"])
    with pytest.raises(RegistryError) as error:
        blobs.finish(upload, digest(b"text"))
    assert refused(error) == (400, "DIGEST_INVALID")
    assert not blobs.has(digest(b"text"))
    assert not blobs.has(digest(b"other"))
    with pytest.raises(RegistryError) as error:
        blobs.size(upload)
    assert refused(error) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_a_gap_is_refused_and_nothing_is_written(blobs: Blobs) -> None:
    upload = blobs.begin()
    with pytest.raises(RegistryError) as error:
        blobs.append(upload, [b"x"], start=1)
    assert refused(error) == (416, "BLOB_UPLOAD_INVALID")
    assert blobs.size(upload) == 0


@pytest.mark.parametrize("upload", ["../blobs/x", "", "a" * 32, "A" * 32])
def test_only_sessions_that_were_begun_exist(blobs: Blobs, upload: str) -> None:
    with pytest.raises(RegistryError) as error:
        blobs.append(upload, [b"x"])
    assert refused(error) == (404, "BLOB_UPLOAD_UNKNOWN")


@pytest.mark.parametrize("name", ["sha256:../../x", "sha512:1", "x"])
def test_what_is_no_digest_never_becomes_a_path(blobs: Blobs, name: str) -> None:
    with pytest.raises(RegistryError) as error:
        blobs.path(name)
    assert refused(error) == (400, "DIGEST_INVALID")


def test_uploads_end_with_the_cloud_and_blobs_stay(tmp_path: Path, blobs: Blobs) -> None:
    upload, kept = blobs.begin(), blobs.put(b"kept")
    again = Blobs(tmp_path)
    again.create()
    assert again.has(kept)
    with pytest.raises(RegistryError):
        again.size(upload)
    again.clear()
    assert not again.has(kept)
