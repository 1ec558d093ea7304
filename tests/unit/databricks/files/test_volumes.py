from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests_mock

from fake_content import BASE, FakeContent
from modelyard.clock import FakeClock
from modelyard.databricks.files import volumes
from modelyard.databricks.files.local_files import LocalFile, find
from modelyard.errors import AlreadyExists, NotFound, NotTheService, ServiceError
from modelyard.http import Session
from modelyard.parallel import Stop, Stopped

ROOT = "/Volumes/main/default/data"
LARGE = os.urandom(3_000_000)


@pytest.fixture
def fake() -> Iterator[FakeContent]:
    with requests_mock.Mocker() as mocker:
        yield FakeContent(mocker)


@pytest.fixture
def session(clock: FakeClock) -> Session:
    return Session(BASE, clock=clock)


def local(tmp_path: Path, content: bytes) -> LocalFile:
    (tmp_path / "model.bin").write_bytes(content)
    return find(str(tmp_path / "model.bin"))[0]


def send(session: Session, file: LocalFile, name: str = "m", **more: bool) -> None:
    volumes.send(session, f"{ROOT}/{name}", file, replace=more.get("replace", True), stop=Stop())


@pytest.mark.parametrize("content", [b"", b"abc", LARGE])
def test_a_file_is_one_streamed_call(
    fake: FakeContent, session: Session, tmp_path: Path, content: bytes
) -> None:
    send(session, local(tmp_path, content), name="a b/ü%.bin")
    assert fake.calls == [f"PUT /fs/files{ROOT}/a b/ü%.bin"]
    assert fake.volume[f"{ROOT}/a b/ü%.bin"] == content


@pytest.mark.parametrize(("status", "after"), [(0, False), (0, True), (503, False), (503, True)])
def test_a_broken_call_is_sent_again_from_the_start(
    fake: FakeContent, session: Session, tmp_path: Path, status: int, after: bool
) -> None:
    fake.fail("PUT", status, after=after)
    send(session, local(tmp_path, LARGE))
    assert fake.volume[f"{ROOT}/m"] == LARGE
    assert len(fake.calls) == 2


def test_a_web_page_is_no_success(fake: FakeContent, session: Session, tmp_path: Path) -> None:
    fake.fail("PUT", 200, "<html>Sign in</html>", headers={"Content-Type": "text/html"})
    with pytest.raises(NotTheService, match="web page"):
        send(session, local(tmp_path, b"abc"))


def test_stopped_the_file_doesnt_appear(
    fake: FakeContent, session: Session, tmp_path: Path
) -> None:
    stop = Stop()
    stop.set()
    with pytest.raises(Stopped):
        volumes.send(session, f"{ROOT}/m", local(tmp_path, LARGE), replace=True, stop=stop)
    assert f"{ROOT}/m" not in fake.volume


def test_a_file_that_may_not_be_replaced(
    fake: FakeContent, session: Session, tmp_path: Path
) -> None:
    fake.volume[f"{ROOT}/m"] = b"old"
    with pytest.raises(AlreadyExists):
        send(session, local(tmp_path, b"abc"), replace=False)
    assert fake.volume[f"{ROOT}/m"] == b"old"


def test_a_listing_reads_every_page(fake: FakeContent, session: Session) -> None:
    for number in range(8):
        fake.volume[f"{ROOT}/f{number}"] = b"x" * number
    fake.volume[f"{ROOT}/folder"] = None
    found = {
        entry.name: (entry.kind, entry.size) for entry in volumes.children(session, ROOT) or []
    }
    assert len(found) == 9
    assert found["f7"] == ("file", 7)
    assert found["folder"] == ("folder", None)
    assert volumes.children(session, f"{ROOT}/nowhere") is None


def test_status(fake: FakeContent, session: Session) -> None:
    fake.volume[f"{ROOT}/m"] = b"abc"
    file = volumes.status(session, f"{ROOT}/m")
    assert file is not None
    assert (file.kind, file.size) == ("file", 3)
    folder = volumes.status(session, ROOT)
    assert folder is not None
    assert folder.kind == "folder"
    assert volumes.status(session, f"{ROOT}/nowhere") is None


def test_a_folder_of_a_volume_that_doesnt_exist(fake: FakeContent, session: Session) -> None:
    with pytest.raises(NotFound, match="Volume does not exist"):
        volumes.make_folder(session, "/Volumes/main/default/other/x")


def test_a_folder_is_removed_from_the_inside(fake: FakeContent, session: Session) -> None:
    fake.volume.update(
        {f"{ROOT}/a": None, f"{ROOT}/a/b": None, f"{ROOT}/a/b/c": b"", f"{ROOT}/d": b""}
    )
    with pytest.raises(ServiceError):
        volumes.remove(session, f"{ROOT}/a")
    volumes.remove(session, f"{ROOT}/a", recursive=True)
    volumes.remove(session, f"{ROOT}/nowhere", recursive=True)
    assert sorted(fake.volume) == [ROOT, f"{ROOT}/d"]
