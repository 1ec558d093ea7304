"""The request log on disk, in memory, and as people see it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from modelyard.local.cloud import requests_log
from modelyard.local.cloud.requests_log import Entry, RequestsLog, format_entry

ENTRY = Entry(1.5, "GET", "adb-1.azuredatabricks.net", "/api/x", 200, 12.4)


def test_entries_are_found_by_their_fields(tmp_path: Path) -> None:
    log = RequestsLog(tmp_path / "requests.jsonl")
    other = Entry(2.0, "POST", "adb-1.azuredatabricks.net", "/api/y", 500, 1.0)
    log.add(ENTRY)
    log.add(other)
    assert log.entries() == [ENTRY, other]
    assert log.entries(method="POST", status=500) == [other]
    assert log.total == 2
    log.close()


def test_the_file_goes_on_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        log = RequestsLog(tmp_path / "requests.jsonl")
        log.add(ENTRY)
        log.close()
    lines = (tmp_path / "requests.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [asdict(ENTRY)] * 2


def test_clear_empties_both(tmp_path: Path) -> None:
    log = RequestsLog(tmp_path / "requests.jsonl")
    log.add(ENTRY)
    log.clear()
    assert (log.entries(), log.total) == ([], 0)
    log.add(ENTRY)
    log.close()
    assert len((tmp_path / "requests.jsonl").read_text().splitlines()) == 1


def test_a_large_file_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests_log, "ROTATE_BYTES", 10)
    path = tmp_path / "requests.jsonl"
    path.write_text("x" * 11)
    RequestsLog(path).close()
    assert path.read_text() == ""
    assert (tmp_path / "requests.jsonl.1").read_text() == "x" * 11


def test_a_request_that_ends_after_the_cloud_is_no_error(tmp_path: Path) -> None:
    log = RequestsLog(tmp_path / "requests.jsonl")
    log.close()
    log.add(ENTRY)
    assert log.total == 1


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (ENTRY, "GET     200         12 ms  adb-1.azuredatabricks.net/api/x"),
        (
            Entry(1.0, "POST", "h", "/p", 0, 3.0, "abc"),
            "POST    broken       3 ms  h/p  (fault abc)",
        ),
        (
            Entry(1.0, "GET", "h", "/\x1b[2J\r", 200, 3.0),
            "GET     200          3 ms  h/?[2J?",
        ),
    ],
)
def test_a_line_for_people(entry: Entry, text: str) -> None:
    assert format_entry(json.dumps(asdict(entry))) == text


def test_a_damaged_line_is_shown_as_it_is() -> None:
    assert format_entry('{"time": 1\n') == '{"time": 1'
