from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
import requests_mock

from fake_content import BASE, FakeContent, Notebook
from modelyard.ci.terminal import Terminal
from modelyard.clock import FakeClock
from modelyard.execution import execute, release
from modelyard.operations.files_remove import OPERATION

Run = Callable[..., int]
VOLUME = "/Volumes/main/default/data"
DENIED = {"error_code": "PERMISSION_DENIED", "message": "not yours"}


@pytest.fixture
def fake() -> Iterator[FakeContent]:
    with requests_mock.Mocker() as mocker:
        fake = FakeContent(mocker)
        fake.dbfs.update({"/models": None, "/models/a": b"1", "/models/b": b"2", "/empty": None})
        fake.volume.update({f"{VOLUME}/in": None, f"{VOLUME}/in/d": None, f"{VOLUME}/in/d/x": b"1"})
        fake.objects.update(
            {"/Shared/etl": None, "/Shared/etl/nb": Notebook(b"", "PYTHON", "SOURCE")}
        )
        yield fake


@pytest.fixture
def run(recording_ci: object, clock: FakeClock, fake: FakeContent) -> Run:
    def call(*paths: str, releasing: bool = False, ci: object = recording_ci, **inputs: str) -> int:
        given = {"workspace-url": BASE, "token": "dapi-throw-away", "paths": "\n".join(paths)}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        carry_out = release if releasing else execute
        return carry_out(OPERATION, given, ci, environment={}, clock=clock)  # type: ignore[arg-type]

    return call


def test_paths_of_every_kind(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    paths = ("dbfs:/models", f"{VOLUME}/in", "/Workspace/Shared/etl", "dbfs:/empty", "dbfs:/gone")
    assert run(*paths, recursive="true") == 0
    assert list(fake.dbfs) == ["/"]
    assert list(fake.volume) == [VOLUME]
    assert list(fake.objects) == ["/Shared"]
    assert json.loads(recording_ci.outputs["removed"]) == list(paths[:4])
    assert json.loads(recording_ci.outputs["missing"]) == ["dbfs:/gone"]
    assert "4 removed, 1 not there" in recording_ci.lines


def test_single_files_and_empty_folders_need_no_recursive(fake, run):  # type: ignore[no-untyped-def]
    assert run("dbfs:/models/a", "dbfs:/empty", f"{VOLUME}/in/d/x", "/Shared/etl/nb") == 0
    assert sorted(fake.dbfs) == ["/", "/models", "/models/b"]
    assert "/Shared/etl" in fake.objects
    assert f"{VOLUME}/in/d" in fake.volume


@pytest.mark.parametrize("folder", ["dbfs:/models", f"{VOLUME}/in", "/Shared/etl"])
def test_a_folder_that_isnt_empty_needs_recursive(fake, run, recording_ci, folder):  # type: ignore[no-untyped-def]
    assert run("dbfs:/empty", folder) == 17
    assert "is a folder and isn't empty" in recording_ci.text
    assert fake.writes() == [], "all is checked before the first is removed"


def test_a_missing_path_may_be_a_failure(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    assert run("dbfs:/models/a", "dbfs:/gone", missing="fail") == 14
    assert "nothing is there to remove: dbfs:/gone" in recording_ci.text
    assert fake.writes() == []


def test_a_dry_run_changes_nothing(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    assert run("dbfs:/models", "dbfs:/gone", recursive="true", dry_run="true") == 0
    assert fake.writes() == []
    assert "  would be removed dbfs:/models" in recording_ci.lines
    assert json.loads(recording_ci.outputs["removed"]) == ["dbfs:/models"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("dbfs:/", "everybody's files"),
        ("/Workspace", "everybody's files"),
        ("/Shared", "everybody's files"),
        (VOLUME, "isn't one job's own folder"),
        ("dbfs:/mnt/lake", "isn't one job's own folder"),
        ("/Users/somebody@example.com", "isn't one job's own folder"),
        ("dbfs:/models/", "a variable at its end is empty"),
        ("dbfs:/models/$(branch)", "a variable without a value"),
        ("dbfs:/models/../x", "aren't allowed"),
        ("models", "isn't an absolute path"),
        ("dbfs:/models/{pull-request}", "paths has the placeholder {pull-request}"),
    ],
)
def test_what_is_refused(fake, run, recording_ci, path, message):  # type: ignore[no-untyped-def]
    assert run("dbfs:/models/a", path, recursive="true") == 2
    assert message in recording_ci.text
    assert fake.calls == []


def test_the_root_of_everything_stays_refused(fake, run):  # type: ignore[no-untyped-def]
    assert run("dbfs:/", recursive="true", allow_root="true") == 2
    assert fake.calls == []


def test_a_volume_can_be_emptied_on_request_and_stays(fake, run):  # type: ignore[no-untyped-def]
    assert run(VOLUME, recursive="true", allow_root="true") == 0
    assert list(fake.volume) == [VOLUME]


def test_a_failure_says_what_was_removed_before(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    fake.fail("/dbfs/delete /models/b", 403, DENIED)
    assert run("dbfs:/models/a", "dbfs:/models/b", "dbfs:/empty") == 11
    assert json.loads(recording_ci.outputs["removed"]) == ["dbfs:/models/a"]


@pytest.mark.parametrize(("status", "after"), [(0, True), (503, False), (429, False)])
def test_a_lost_answer_is_asked_for_again(fake, run, status, after):  # type: ignore[no-untyped-def]
    for pattern in ("dbfs/delete", "DELETE", "workspace/delete"):
        fake.fail(pattern, status, after=after, headers={"Retry-After": "1"})
    assert run("dbfs:/models", f"{VOLUME}/in", "/Shared/etl", recursive="true") == 0
    assert (list(fake.dbfs), list(fake.volume)) == (["/", "/empty"], [VOLUME])


def test_at_the_end_of_the_job(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    more = {"recursive": "true", "when": "at-end"}
    assert run("dbfs:/models/{branch}", "dbfs:/models", **more) == 0
    assert fake.calls == [], "nothing is asked of the workspace before the end"
    assert "removed" not in recording_ci.outputs
    fake.dbfs.update({"/models/main": None, "/models/main/x": b"1"})
    assert run("dbfs:/models/{branch}", "dbfs:/models", releasing=True, **more) == 0
    assert list(fake.dbfs) == ["/", "/empty"]
    fake.calls.clear()
    assert run("dbfs:/models/{branch}", "dbfs:/models", releasing=True, **more) == 0
    assert fake.calls == [], "released twice"


def test_at_the_end_one_failure_doesnt_keep_the_others(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    more = {"recursive": "true", "when": "at-end"}
    run("dbfs:/models", f"{VOLUME}/in", **more)
    fake.fail("/dbfs/delete /models", 403, DENIED)
    assert run("dbfs:/models", f"{VOLUME}/in", releasing=True, **more) == 11
    assert f"{VOLUME}/in" not in fake.volume
    assert any("dbfs:/models isn't removed" in error for error in recording_ci.errors())
    assert run("dbfs:/models", f"{VOLUME}/in", releasing=True, **more) == 0
    assert "/models" not in fake.dbfs, "the next release tries again"


def test_at_the_end_of_nothing_is_an_error(fake, run, recording_ci, capsys):  # type: ignore[no-untyped-def]
    assert run("dbfs:/models", when="at-end", ci=Terminal({})) == 2
    assert "set MODELYARD_JOB to a folder" in capsys.readouterr().out


def test_a_dry_run_keeps_nothing_for_the_end(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    assert run("dbfs:/models", recursive="true", when="at-end", dry_run="true") == 0
    assert recording_ci.state == {}
    assert "  would be removed when the job ends: dbfs:/models" in recording_ci.lines
