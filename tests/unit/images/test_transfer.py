"""Blobs on connections that break."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import requests
import requests_mock

from modelyard.clock import FakeClock
from modelyard.errors import ImageFailed, PermissionDenied, Unreachable
from modelyard.images import reference, registry, transfer
from modelyard.images.layout import LAYER, Descriptor
from modelyard.images.registry_login import Login
from modelyard.images.transfer import Repository

BASE = "http://127.0.0.1:5000"
DATA = b"0123456789"
BLOB = Descriptor(LAYER, "sha256:" + hashlib.sha256(DATA).hexdigest(), len(DATA))
URL = f"{BASE}/v2/wine/blobs/{BLOB.digest}"
UPLOADS = f"{BASE}/v2/wine/blobs/uploads/"


@pytest.fixture
def repository(clock: FakeClock, requests_mock: requests_mock.Mocker) -> Repository:
    requests_mock.get(f"{BASE}/v2/", text="{}")
    return registry.connect(reference.parse("127.0.0.1:5000/wine"), clock=clock)


def only_file(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_broken_download_goes_on_where_it_stopped(
    repository: Repository, requests_mock: requests_mock.Mocker, tmp_path: Path
) -> None:
    got = requests_mock.get(
        URL,
        [
            {"content": DATA[:4], "status_code": 200},
            {"exc": requests.ConnectionError("gone")},
            {"content": DATA[4:], "status_code": 206},
        ],
    )
    transfer.download(repository, BLOB, tmp_path / "blob")
    assert (tmp_path / "blob").read_bytes() == DATA
    assert [one.headers.get("Range") for one in got.request_history] == [
        None,
        "bytes=4-",
        "bytes=4-",
    ]


def test_a_registry_without_ranges_starts_again(
    repository: Repository, requests_mock: requests_mock.Mocker, tmp_path: Path
) -> None:
    requests_mock.get(URL, [{"content": DATA[:4]}, {"content": DATA}])
    transfer.download(repository, BLOB, tmp_path / "blob")
    assert (tmp_path / "blob").read_bytes() == DATA


@pytest.mark.parametrize(
    ("content", "named"), [(b"9876543210", "isn't what its digest"), (DATA + b"x", "longer than")]
)
def test_other_content_is_refused_and_nothing_is_left(
    repository: Repository,
    requests_mock: requests_mock.Mocker,
    tmp_path: Path,
    content: bytes,
    named: str,
) -> None:
    requests_mock.get(URL, content=content)
    with pytest.raises(ImageFailed, match=named):
        transfer.download(repository, BLOB, tmp_path / "blob")
    assert only_file(tmp_path) == []


def test_a_download_that_never_comes_is_given_up(
    repository: Repository, requests_mock: requests_mock.Mocker, tmp_path: Path, clock: FakeClock
) -> None:
    requests_mock.get(URL, status_code=503)
    with pytest.raises(Unreachable, match="503"):
        transfer.download(repository, BLOB, tmp_path / "blob")
    assert clock.slept == [1.0, 2.0, 4.0]
    assert only_file(tmp_path) == []


def test_a_refusal_is_not_repeated(
    repository: Repository, requests_mock: requests_mock.Mocker, tmp_path: Path
) -> None:
    got = requests_mock.get(URL, status_code=403, json={"errors": [{"code": "DENIED"}]})
    with pytest.raises(PermissionDenied, match="DENIED"):
        transfer.download(repository, BLOB, tmp_path / "blob")
    assert got.call_count == 1


def test_the_credential_stays_at_the_registry_when_it_sends_us_to_storage(
    clock: FakeClock, requests_mock: requests_mock.Mocker, tmp_path: Path
) -> None:
    basic = {"WWW-Authenticate": "Basic realm=x"}
    requests_mock.get("https://r.example/v2/", status_code=401, headers=basic)
    signed_in = registry.connect(
        reference.parse("r.example/wine"), clock=clock, login=Login("user", "word")
    )
    first = requests_mock.get(
        f"https://r.example/v2/wine/blobs/{BLOB.digest}",
        status_code=307,
        headers={"Location": "https://storage.example/blob?sig=x"},
    )
    second = requests_mock.get("https://storage.example/blob", content=DATA)
    transfer.download(signed_in, BLOB, tmp_path / "blob")
    assert first.last_request is not None
    assert second.last_request is not None
    assert first.last_request.headers["Authorization"].startswith("Basic ")
    assert "Authorization" not in second.last_request.headers


def test_an_expired_token_is_minted_again(
    clock: FakeClock, requests_mock: requests_mock.Mocker, tmp_path: Path
) -> None:
    bearer = {"WWW-Authenticate": 'Bearer realm="https://r.example/token"'}
    requests_mock.get("https://r.example/v2/", status_code=401, headers=bearer)
    tokens = [{"json": {"token": "old"}}, {"json": {"token": "new"}}]
    requests_mock.get("https://r.example/token", tokens)

    def answer(request: Any, context: Any) -> bytes:
        good = request.headers["Authorization"] == "Bearer new"
        context.status_code = 200 if good else 401
        return DATA if good else b"{}"

    requests_mock.get(f"https://r.example/v2/wine/blobs/{BLOB.digest}", content=answer)
    signed_in = registry.connect(reference.parse("r.example/wine"), clock=clock)
    transfer.download(signed_in, BLOB, tmp_path / "blob")
    assert (tmp_path / "blob").read_bytes() == DATA


@pytest.fixture
def blob(tmp_path: Path) -> Path:
    path = tmp_path / "blob"
    path.write_bytes(DATA)
    return path


def test_an_upload_session_that_was_lost_is_begun_anew(
    repository: Repository, requests_mock: requests_mock.Mocker, blob: Path
) -> None:
    sessions = [
        {"status_code": 202, "headers": {"Location": f"/v2/wine/blobs/uploads/{number}"}}
        for number in (1, 2)
    ]
    requests_mock.post(UPLOADS, sessions)
    requests_mock.head(URL, status_code=404)
    requests_mock.put(f"{UPLOADS}1", status_code=404)
    second = requests_mock.put(f"{UPLOADS}2", status_code=201)
    transfer.upload(repository, BLOB, blob)
    assert second.called


def test_an_upload_whose_answer_was_lost_is_not_sent_twice(
    repository: Repository, requests_mock: requests_mock.Mocker, blob: Path
) -> None:
    where = {"Location": "/v2/wine/blobs/uploads/1"}
    begun = requests_mock.post(UPLOADS, status_code=202, headers=where)
    requests_mock.put(f"{UPLOADS}1", [{"exc": requests.ConnectionError}, {"status_code": 404}])
    requests_mock.head(URL)
    transfer.upload(repository, BLOB, blob)
    assert begun.call_count == 1


@pytest.mark.parametrize("location", ["https://elsewhere.example/up", ""])
def test_an_upload_goes_to_no_other_host(
    repository: Repository, requests_mock: requests_mock.Mocker, blob: Path, location: str
) -> None:
    requests_mock.post(UPLOADS, status_code=202, headers={"Location": location})
    with pytest.raises(ImageFailed, match="wants the upload at"):
        transfer.upload(repository, BLOB, blob)
