"""Which cloud has a state folder, whatever is left behind there."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

import pytest

from modelyard.local.cloud import running as module
from modelyard.local.cloud.exceptions import AlreadyRunning, NotAStateFolder, StateNotWritable
from modelyard.local.cloud.running import Claim, Running, claimed_by, last_port, running


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)


def test_a_cloud_is_seen_when_it_answers(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with contextlib.closing(Claim(folder)) as claim:
        assert claimed_by(folder) == os.getpid()
        assert running(folder) is None
        claim.announce("http://127.0.0.1:8123")
        assert running(folder) == Running(os.getpid(), "http://127.0.0.1:8123")
    assert claimed_by(folder) is None
    assert running(folder) is None
    assert last_port(folder) == 8123


def test_two_clouds_cannot_share_a_folder(tmp_path: Path) -> None:
    with (
        contextlib.closing(Claim(tmp_path / "state")),
        pytest.raises(AlreadyRunning, match="already uses the state folder"),
    ):
        Claim(tmp_path / "state")


def test_a_new_cloud_takes_over_what_a_killed_one_left(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    Claim(folder).close()
    (folder / "lock").write_text("1 12345\n")  # process 1 runs, and is no cloud
    (folder / "cloud.json").write_text('{"pid": 1, "url": "http://127.0.0.1:1"}')
    assert running(folder) is None
    with contextlib.closing(Claim(folder)):
        assert claimed_by(folder) == os.getpid()
        assert not (folder / "cloud.json").exists()


def test_a_lock_of_somebody_who_is_no_cloud_names_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with contextlib.closing(Claim(folder)):
        (folder / "lock").write_text(f"{os.getpid()} another-start-time\n")
        assert claimed_by(folder) is None


@pytest.mark.parametrize("name", ["state", "nested/state"])
def test_the_folder_is_for_its_owner_alone(tmp_path: Path, name: str) -> None:
    Claim(tmp_path / name).close()
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o700
    assert "*" in (tmp_path / name / ".gitignore").read_text().splitlines()


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    tmp_path.chmod(0o755)
    with pytest.raises(NotAStateFolder, match="not the state folder of a local cloud"):
        Claim(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateNotWritable, match="can't be used"):
        Claim(tmp_path / "file" / "state")


@pytest.mark.parametrize("content", [None, "", "x"])
def test_without_a_last_port_any_will_do(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "last-port").write_text(content)
    assert last_port(tmp_path) == 0
    assert claimed_by(tmp_path / "nowhere") is None
