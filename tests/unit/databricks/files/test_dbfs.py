from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests_mock

from fake_content import BASE, FakeContent
from modelyard.clock import FakeClock
from modelyard.databricks.files import dbfs
from modelyard.databricks.files.local_files import LocalFile, find
from modelyard.errors import (
    AlreadyExists,
    PermissionDenied,
    ServiceUnavailable,
    Unreachable,
    WaitTimeout,
)
from modelyard.http import Session
from modelyard.parallel import Stop, Stopped

LARGE = os.urandom(2_500_000)
UNAVAILABLE = {"error_code": "TEMPORARILY_UNAVAILABLE", "message": "later"}


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


def send(
    session: Session, file: LocalFile, *, replace: bool = True, stop: Stop | None = None
) -> None:
    dbfs.send(session, "/models/model.bin", file, replace=replace, stop=stop or Stop())


def files(fake: FakeContent) -> list[str]:
    return [path for path, content in fake.dbfs.items() if content is not None]


def test_a_small_file_is_one_call(fake: FakeContent, session: Session, tmp_path: Path) -> None:
    send(session, local(tmp_path, b"abc"))
    assert fake.calls == ["POST /dbfs/put /models/model.bin"]
    assert fake.dbfs["/models/model.bin"] == b"abc"


def test_a_large_file_gets_its_name_when_it_is_whole(
    fake: FakeContent, session: Session, tmp_path: Path
) -> None:
    fake.dbfs["/models/model.bin"] = b"old"
    seen = []
    fake.hook = lambda call: seen.append(fake.dbfs.get("/models/model.bin"))
    send(session, local(tmp_path, LARGE))
    assert fake.dbfs["/models/model.bin"] == LARGE
    assert files(fake) == ["/models/model.bin"]
    assert set(seen) <= {b"old", None}, "half a file was to be seen"
    assert [call.split()[1] for call in fake.calls].count("/dbfs/add-block") == 3


@pytest.mark.parametrize("fault", ["add-block", "close", "create", "get-status"])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("status", [0, 503])
def test_a_lost_answer_never_doubles_a_block(
    fake: FakeContent, session: Session, tmp_path: Path, fault: str, after: bool, status: int
) -> None:
    fake.fail(f"/dbfs/{fault}", status, UNAVAILABLE, after=after)
    send(session, local(tmp_path, LARGE))
    assert fake.dbfs["/models/model.bin"] == LARGE
    assert files(fake) == ["/models/model.bin"]


@pytest.mark.parametrize("after", [False, True])
def test_a_lost_answer_of_the_move(
    fake: FakeContent, session: Session, tmp_path: Path, after: bool
) -> None:
    fake.dbfs["/models/model.bin"] = b"old"
    fake.fail("/dbfs/move", after=after)
    send(session, local(tmp_path, LARGE))
    assert fake.dbfs["/models/model.bin"] == LARGE
    assert files(fake) == ["/models/model.bin"]


def test_a_move_that_never_works_leaves_no_part(
    fake: FakeContent, session: Session, tmp_path: Path
) -> None:
    fake.fail("/dbfs/move", times=3)
    with pytest.raises(Unreachable):
        send(session, local(tmp_path, LARGE))
    assert files(fake) == []


def test_too_many_lost_answers_are_an_error_and_leave_nothing(
    fake: FakeContent, session: Session, tmp_path: Path
) -> None:
    fake.dbfs["/models/model.bin"] = b"old"
    fake.fail("/dbfs/add-block", times=3)
    with pytest.raises(Unreachable):
        send(session, local(tmp_path, LARGE))
    assert fake.dbfs["/models/model.bin"] == b"old"
    assert files(fake) == ["/models/model.bin"]


def test_429_is_waited_for_as_long_as_asked(
    fake: FakeContent, session: Session, clock: FakeClock, tmp_path: Path
) -> None:
    fake.fail("/dbfs/add-block", 429, headers={"Retry-After": "30"})
    send(session, local(tmp_path, LARGE))
    assert fake.dbfs["/models/model.bin"] == LARGE
    assert 30 <= sum(clock.slept) < 32
    assert [call.split()[1] for call in fake.calls].count("/dbfs/add-block") == 4


def test_stopped_in_the_middle_the_part_is_removed(
    fake: FakeContent, session: Session, tmp_path: Path
) -> None:
    stop = Stop()
    fake.hook = lambda call: stop.set() if "add-block" in call else None
    with pytest.raises(Stopped):
        send(session, local(tmp_path, LARGE), stop=stop)
    assert files(fake) == []


def test_a_file_that_may_not_be_replaced(
    fake: FakeContent, session: Session, tmp_path: Path
) -> None:
    fake.dbfs["/models/model.bin"] = b"old"
    for content in (b"abc", LARGE):
        with pytest.raises(AlreadyExists):
            send(session, local(tmp_path, content), replace=False)
    assert fake.dbfs["/models/model.bin"] == b"old"
    assert files(fake) == ["/models/model.bin"]


def test_no_right_to_write(fake: FakeContent, session: Session, tmp_path: Path) -> None:
    fake.fail("/dbfs/create", 403, {"error_code": "PERMISSION_DENIED", "message": "no"})
    with pytest.raises(PermissionDenied):
        send(session, local(tmp_path, LARGE))


def test_content_is_read_in_blocks(fake: FakeContent, session: Session) -> None:
    fake.dbfs["/m"] = LARGE
    assert b"".join(dbfs.read(session, "/m")) == LARGE
    fake.dbfs["/m"] = b""
    assert list(dbfs.read(session, "/m")) == []


def test_listing(fake: FakeContent, session: Session) -> None:
    fake.dbfs.update({"/a": None, "/a/x": b"12"})
    (entry,) = dbfs.children(session, "/a") or []
    assert (entry.name, entry.size, entry.modified) == ("x", 2, fake.modified / 1000)
    assert dbfs.children(session, "/nowhere") is None
    assert dbfs.children(session, "/a/x") is None, "a file isn't a folder"


def test_a_large_folder_is_removed_in_parts(
    fake: FakeContent, session: Session, clock: FakeClock
) -> None:
    fake.dbfs.update({"/a": None, "/a/x": b""})
    partial = {"error_code": "PARTIAL_DELETE", "message": "call again"}
    fake.fail("/dbfs/delete", 503, partial, times=20)
    dbfs.remove(session, "/a", recursive=True)
    assert "/a" not in fake.dbfs
    fake.fail("/dbfs/delete", 503, partial, times=1_000_000)
    with pytest.raises(WaitTimeout, match="isn't wholly removed"):
        dbfs.remove(session, "/a", recursive=True)


def test_another_503_of_a_removal_is_an_error(fake: FakeContent, session: Session) -> None:
    fake.fail("/dbfs/delete", 503, UNAVAILABLE, times=100)
    with pytest.raises(ServiceUnavailable):
        dbfs.remove(session, "/a", recursive=True)


def test_the_name_of_a_part_tells_what_it_was_to_be() -> None:
    assert dbfs.finished_name(".m.csv.0a1b2c3d.modelyard-part") == "m.csv"
    assert dbfs.finished_name(".hidden") == ".hidden"
