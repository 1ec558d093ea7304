"""Uploads with a signature that nobody sees."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import requests_mock as mocking

from modelyard.azureml import blobs
from modelyard.azureml.content import Content
from modelyard.clock import FakeClock
from modelyard.errors import NotTheService, ServiceError

CONTAINER = "https://account.blob.core.windows.net/box"
SIGNED = f"{CONTAINER}?sv=2022-11-02&sr=c&sp=rcw&sig=hidden%2Fsignature%3D"


@pytest.fixture
def content(tmp_path: Path) -> Content:
    path = tmp_path / "a b.bin"
    path.write_bytes(b"0123456789")
    return Content({"model/a b.bin": path}, "model")


def test_a_small_file_goes_at_once(requests_mock: mocking.Mocker, content: Content) -> None:
    put = requests_mock.put(f"{CONTAINER}/below/model/a%20b.bin", status_code=201)
    blobs.upload(SIGNED, content, clock=FakeClock(), below="below")
    assert put.last_request.body == b"0123456789"
    assert put.last_request.headers["x-ms-blob-type"] == "BlockBlob"
    assert put.last_request.qs["sp"] == ["rcw"]


def test_a_large_file_goes_in_blocks_in_their_order(
    requests_mock: mocking.Mocker, content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blobs, "BLOCK", 4)
    put = requests_mock.put(f"{CONTAINER}/model/a%20b.bin", status_code=201)
    blobs.upload(SIGNED, content, clock=FakeClock())
    *blocks, listed = put.request_history
    assert [one.body for one in blocks] == [b"0123", b"4567", b"89"]
    names = [one.qs["blockid"][0] for one in blocks]
    assert len(set(names)) == 3
    at = [listed.text.lower().index(name) for name in names]
    assert at == sorted(at)


def test_the_signature_is_in_no_message(
    requests_mock: mocking.Mocker, content: Content, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = "no: sig=hidden/signature= doesn't fit"
    requests_mock.put(f"{CONTAINER}/model/a%20b.bin", status_code=403, text=said)
    with pytest.raises(ServiceError) as caught:
        blobs.upload(SIGNED, content, clock=FakeClock())
    assert "hidden" not in str(caught.value)
    own = [one.getMessage() for one in caplog.records if one.name.startswith("modelyard")]
    assert not any("hidden" in one for one in own)


def test_only_a_signed_https_address_will_do(content: Content) -> None:
    for address in (CONTAINER, SIGNED.replace("https", "http")):
        with pytest.raises(NotTheService):
            blobs.upload(address, content, clock=FakeClock())
        with pytest.raises(NotTheService, match="to write to"):
            blobs.put(address, b"data", clock=FakeClock())


PAGE = """<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>
<BlobPrefix><Name>run/model/sub/</Name></BlobPrefix>
<Blob><Name>run/model/sub</Name><Properties><Content-Length>0</Content-Length></Properties>
<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata></Blob>
<Blob><Name>run/model/a&amp;b</Name><Properties><Content-Length>7</Content-Length></Properties>
</Blob></Blobs><NextMarker>more</NextMarker></EnumerationResults>"""
LAST = """<EnumerationResults><Blobs><Blob><Name>run/model/c</Name>
<Properties><Content-Length>1</Content-Length></Properties></Blob></Blobs><NextMarker/>
</EnumerationResults>"""


def test_a_folder_is_listed_page_by_page_without_what_mounts_leave(
    requests_mock: mocking.Mocker,
) -> None:
    asked = requests_mock.get(CONTAINER, [{"text": PAGE}, {"text": LAST}])
    found = list(blobs.children(SIGNED, "run/model", clock=FakeClock()))
    assert found == [("run/model/sub", None), ("run/model/a&b", 7), ("run/model/c", 1)]
    first, second = asked.request_history
    assert first.qs["prefix"] == ["run/model/"]
    assert first.qs["sig"] == ["hidden/signature="]
    assert second.qs["marker"] == ["more"]


def test_what_is_no_list_is_not_taken_for_an_empty_one(requests_mock: mocking.Mocker) -> None:
    requests_mock.get(CONTAINER, text="<html>")
    with pytest.raises(NotTheService):
        list(blobs.children(SIGNED, "run", clock=FakeClock()))


def test_a_signature_allows_what_was_asked_for() -> None:
    address = blobs.container_address("a2V5", CONTAINER, rights="rl", until=0)
    assert "?sp=rl&" in address
