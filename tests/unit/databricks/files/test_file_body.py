from __future__ import annotations

import os
from pathlib import Path

import pytest
import requests

from modelyard.databricks.files.file_body import body_of
from modelyard.databricks.files.local_files import LocalFile, find
from modelyard.errors import FileError
from modelyard.parallel import Stop, Stopped


def local(tmp_path: Path, content: bytes) -> LocalFile:
    (tmp_path / "data.bin").write_bytes(content)
    return find(str(tmp_path / "data.bin"))[0]


def test_head_file_and_tail_are_one_stream_that_seeks(tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    with body_of(local(tmp_path, content), Stop(), head=b"<head>", tail=b"<tail>") as body:
        assert body.read() == b"<head>" + content + b"<tail>"
        body.seek(0)
        assert body.read(10) == b"<head>" + content[:4]
        body.seek(-6, os.SEEK_END)
        assert body.read() == b"<tail>"


def test_requests_knows_its_length_so_it_isnt_sent_in_chunks(tmp_path: Path) -> None:
    with body_of(local(tmp_path, b"12345"), Stop(), head=b"h") as body:
        prepared = requests.Request("PUT", "https://example.com/", data=body).prepare()
    assert prepared.headers["Content-Length"] == "6"
    assert "Transfer-Encoding" not in prepared.headers


@pytest.mark.parametrize("change", ["longer", "shorter", "rewritten"])
def test_a_file_that_changes_is_never_sent_whole(tmp_path: Path, change: str) -> None:
    content = b"x" * 2_500_000
    file = local(tmp_path, content)
    with body_of(file, Stop()) as body:
        first = body.read(1000)
        if change == "longer":
            with file.path.open("ab") as more:
                more.write(b"y")
        elif change == "shorter":
            os.truncate(file.path, 1_200_000)
        else:
            os.utime(file.path, (file.modified + 5, file.modified + 5))
        got = [first]
        with pytest.raises(FileError, match="changed while it was sent"):
            got.extend(iter(lambda: body.read(100_000), b""))
    assert sum(map(len, got)) < len(content)


def test_stopping_breaks_it_off(tmp_path: Path) -> None:
    stop = Stop()
    with body_of(local(tmp_path, b"x" * 3_000_000), stop) as body:
        assert body.read(1000)
        stop.set()
        with pytest.raises(Stopped):
            list(iter(lambda: body.read(1_000_000), b""))


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    file = local(tmp_path, b"x")
    file.path.unlink()
    with pytest.raises(FileError, match="can't be read: No such file"), body_of(file, Stop()):
        pass
