"""The lock of an environment that is being made: kept alive, and taken from the dead alone."""

from __future__ import annotations

import json
from pathlib import Path

from launcher.workplace import evaluated

OTHER = '{"pid": 1, "host": "another", "mark": "1", "note": "theirs"}'
LONG_AGO = 1_000_000_000
BEATS = (
    "let beat; global.setInterval = (call, every) => ((beat = { call, every }), { unref() {} });"
)


def _in(file: Path, program: str) -> object:
    return evaluated(
        f"const fs = require('node:fs'); const file = {json.dumps(str(file))};"
        f"const other = {json.dumps(OTHER)}; const ago = {LONG_AGO}; {program}",
        "lock",
    )


def test_the_holder_touches_it(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    every = _in(
        file,
        f"{BEATS} lock.take(file, ''); fs.utimesSync(file, ago, ago); beat.call();"
        "return beat.every",
    )
    assert file.stat().st_mtime > LONG_AGO
    assert isinstance(every, int)
    assert every < 30_000 / 5  # whoever waits gives up after 30 s


def test_who_lost_it_does_not_touch_that_of_another(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    _in(
        file,
        f"{BEATS} lock.take(file, ''); fs.writeFileSync(file, other);"
        "fs.utimesSync(file, ago, ago); beat.call(); return 0",
    )
    assert file.stat().st_mtime == LONG_AGO


def test_who_lost_it_does_not_give_back_that_of_another(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    _in(file, "const back = lock.take(file, ''); fs.writeFileSync(file, other); back(); return 0")
    assert file.read_text() == OTHER


def test_a_lock_that_is_new_meanwhile_is_put_back(tmp_path: Path) -> None:
    """Two who wait see the same dead holder; the other one was faster, and has the lock now."""
    file = tmp_path / "lock"
    file.write_text(OTHER.replace("theirs", "of the dead"))
    found = _in(
        file,
        "const now = Date.now; const watched = lock.watch(file); watched.broken();"
        "Date.now = () => now() + 31_000;"
        "const real = fs.renameSync; fs.renameSync = (from, to) => {"
        "  fs.renameSync = real; fs.writeFileSync(from, other); real(from, to); };"
        "return watched.broken()",
    )
    assert found is None
    assert file.read_text() == OTHER
    assert list(tmp_path.iterdir()) == [file]


def test_a_silent_one_of_another_machine_falls_and_a_touched_one_stays(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    file.write_text(OTHER)
    found = _in(
        file,
        "const now = Date.now; const watched = lock.watch(file); const seen = [watched.broken()];"
        "Date.now = () => now() + 29_000; seen.push(watched.broken());"
        "fs.utimesSync(file, ago, ago);"
        "Date.now = () => now() + 58_000; seen.push(watched.broken());"
        "Date.now = () => now() + 87_000; seen.push(watched.broken());"
        "Date.now = () => now() + 89_000; seen.push(watched.broken());"
        "return seen",
    )
    assert found == [None, None, None, None, "theirs"]
    assert not file.exists()
