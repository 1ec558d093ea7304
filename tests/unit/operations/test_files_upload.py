from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests_mock

from fake_content import BASE, MILLISECONDS, FakeContent, Notebook
from modelyard.clock import FakeClock
from modelyard.databricks.files import file_comparison
from modelyard.databricks.files.local_files import LocalFile
from modelyard.execution import execute
from modelyard.operations.files_upload import OPERATION

Run = Callable[..., int]
VOLUME = "/Volumes/main/default/data"
OLD, NEW = MILLISECONDS / 1000 - 100, MILLISECONDS / 1000 + 100
PLACES = [f"{VOLUME}/in", "dbfs:/in", "/Workspace/Shared/in"]


@pytest.fixture
def fake() -> Iterator[FakeContent]:
    with requests_mock.Mocker() as mocker:
        yield FakeContent(mocker)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dist").mkdir()
    return tmp_path / "dist"


@pytest.fixture
def run(recording_ci: object, clock: FakeClock, fake: FakeContent) -> Run:
    def call(target: str = PLACES[0], **inputs: str) -> int:
        given = {"workspace-url": BASE, "token": "dapi-throw-away", "source": "dist"}
        given |= {"target": target}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        return execute(OPERATION, given, recording_ci, environment={}, clock=clock)

    return call


def write(folder: Path, **files: bytes) -> None:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def stored(fake: FakeContent, target: str) -> dict[str, bytes]:
    """The files below the target by their names there."""
    service, root = {"d": (fake.dbfs, "/in"), "/V": (fake.volume, f"{VOLUME}/in")}.get(
        target[0] if target.startswith("d") else target[:2], (fake.objects, "/Shared/in")
    )
    return {
        path.removeprefix(f"{root}/"): content
        for path, content in service.items()
        if path.startswith(f"{root}/") and content is not None
    }


@pytest.mark.parametrize("target", PLACES)
def test_a_folder_goes_to_each_place(fake, source, run, recording_ci, target):  # type: ignore[no-untyped-def]
    large = os.urandom(1_500_000)
    write(source, model_bin=large, a__b__x_csv=b"1,2\n", a__empty_txt=b"")
    (source / "a/nb.py").write_bytes(b"# Databricks notebook source\n")
    assert run(target) == 0
    assert stored(fake, target) == {
        "model.bin": large,
        "a/b/x.csv": b"1,2\n",
        "a/empty.txt": b"",
        "a/nb.py": b"# Databricks notebook source\n",
    }
    assert recording_ci.outputs["uploaded"] == "4"
    assert recording_ci.outputs["bytes"] == str(1_500_000 + 4 + 29)
    assert recording_ci.outputs["target"] == target
    assert f"{target}: 4 uploaded (1.5 MB)" in recording_ci.lines
    fake.calls.clear()
    assert run(target) == 0
    assert fake.writes() == []
    assert f"{target}: 4 unchanged" in recording_ci.lines
    assert recording_ci.outputs["bytes"] == "0"


@pytest.mark.parametrize("target", PLACES)
def test_the_same_size_isnt_the_same_content(fake, source, run, target):  # type: ignore[no-untyped-def]
    write(source, weights_bin=b"1" * 1000, other_bin=b"2")
    run(target)
    write(source, weights_bin=b"1" * 999 + b"2")
    fake.calls.clear()
    assert run(target) == 0
    assert stored(fake, target)["weights.bin"] == b"1" * 999 + b"2"
    assert not any("other.bin" in call for call in fake.writes())


def test_compare_size_and_never(fake, source, run):  # type: ignore[no-untyped-def]
    write(source, a_bin=b"1")
    run()
    write(source, a_bin=b"2")
    assert run(compare="size") == 0
    assert stored(fake, PLACES[0])["a.bin"] == b"1", "of the same size, as was asked for"
    assert run(compare="never") == 0
    assert stored(fake, PLACES[0])["a.bin"] == b"2"


@pytest.mark.parametrize(("modified", "sent"), [(OLD, False), (NEW, True)])
def test_a_large_file_of_the_same_size_counts_by_its_age(  # type: ignore[no-untyped-def]
    fake, source, run, monkeypatch, recording_ci, modified, sent
):
    monkeypatch.setattr(file_comparison, "COMPARE_LIMIT", 10)
    write(source, large_bin=b"1" * 11)
    run()
    os.utime(source / "large.bin", (modified, modified))
    fake.calls.clear()
    assert run() == 0
    assert not any(call.startswith("GET /fs/files") for call in fake.calls), "it was read back"
    assert bool(fake.writes()) is sent
    said = "large.bin has the same size there and wasn't changed since: it isn't sent"
    assert (said in recording_ci.lines) is not sent


@pytest.mark.parametrize("target", PLACES)
def test_without_overwrite_what_differs_is_an_error_before_anything_is_sent(  # type: ignore[no-untyped-def]
    fake, source, run, recording_ci, target
):
    write(source, a_bin=b"1", b_bin=b"1")
    run(target)
    write(source, a_bin=b"22", c_bin=b"3")
    fake.calls.clear()
    assert run(target, overwrite="false") == 15
    assert f"overwrite is false: {target}/a.bin" in recording_ci.text
    assert fake.writes() == []
    (source / "a.bin").unlink()
    assert run(target, overwrite="false") == 0
    assert stored(fake, target)["c.bin"] == b"3"


@pytest.mark.parametrize("target", PLACES)
def test_without_overwrite_a_lost_answer_isnt_an_error(fake, source, run, target):  # type: ignore[no-untyped-def]
    write(source, a_bin=b"1" * 1_200_000)
    fake.fail("PUT /fs/files|/dbfs/move", after=True)
    assert run(target, overwrite="false") == 0
    assert stored(fake, target) == {"a.bin": b"1" * 1_200_000}


def test_without_overwrite_what_somebody_else_put_there_meanwhile_stays(fake, source, run):  # type: ignore[no-untyped-def]
    write(source, a_bin=b"mine")

    def race(call: str) -> None:
        if call.startswith("PUT /fs/files"):
            fake.volume[f"{VOLUME}/in/a.bin"] = b"theirs"

    fake.hook = race
    assert run(overwrite="false") == 15
    assert stored(fake, PLACES[0]) == {"a.bin": b"theirs"}


@pytest.mark.parametrize("target", PLACES)
def test_prune(fake, source, run, recording_ci, target):  # type: ignore[no-untyped-def]
    write(
        source,
        a_csv=b"1",
        old__b_csv=b"2",
        old__deep__c_csv=b"3",
        keep_txt=b"4",
        scratch__d_csv=b"",
    )
    run(target)
    for name in ("old/b.csv", "old/deep/c.csv", "keep.txt", "scratch/d.csv"):
        (source / name).unlink()
    assert run(target, prune="true", include="*.csv", exclude="scratch") == 0
    assert sorted(stored(fake, target)) == ["a.csv", "keep.txt", "scratch/d.csv"]
    assert recording_ci.outputs["removed"] == "2"
    assert f"  removed {target}/old/deep/c.csv" in recording_ci.lines
    everything = [*fake.dbfs, *fake.volume, *fake.objects]
    assert not any(path.endswith("/old") for path in everything), "an empty folder was left"


def test_prune_clears_away_the_part_of_a_killed_upload(fake, source, run):  # type: ignore[no-untyped-def]
    write(source, a_csv=b"1")
    run("dbfs:/in")
    fake.dbfs["/in/.b.csv.0a1b2c3d.modelyard-part"] = b"half"
    fake.dbfs["/in/.b.txt.0a1b2c3d.modelyard-part"] = b"half"
    assert run("dbfs:/in", prune="true", include="*.csv") == 0
    assert list(stored(fake, "dbfs:/in")) == ["a.csv", ".b.txt.0a1b2c3d.modelyard-part"]


def test_prune_in_the_workspace_leaves_notebooks_alone(fake, source, run):  # type: ignore[no-untyped-def]
    write(source, a_csv=b"1")
    fake.objects.update({"/Shared/in": None, "/Shared/in/nb": Notebook(b"", "PYTHON", "SOURCE")})
    assert run("/Workspace/Shared/in", prune="true") == 0
    assert "/Shared/in/nb" in fake.objects


def test_a_dry_run_changes_nothing(fake, source, run, recording_ci):  # type: ignore[no-untyped-def]
    write(source, a_csv=b"1", b_csv=b"2")
    run()
    write(source, a_csv=b"11", c__d_csv=b"3")
    (source / "b.csv").unlink()
    fake.calls.clear()
    before = dict(fake.volume)
    assert run(dry_run="true", prune="true") == 0
    assert fake.writes() == []
    assert fake.volume == before
    assert f"{PLACES[0]}: dry run, 2 uploaded, 1 removed (3 bytes)" in recording_ci.lines
    assert f"  would be removed {PLACES[0]}/b.csv" in recording_ci.lines


@pytest.mark.parametrize("target", PLACES)
def test_an_empty_source_may_make_an_empty_folder(fake, source, run, target):  # type: ignore[no-untyped-def]
    assert run(target, allow_empty="true") == 0
    everything = {**fake.dbfs, **fake.volume, **fake.objects}
    assert [path for path in everything if path.endswith("/in")]


def test_one_file(fake, source, run):  # type: ignore[no-untyped-def]
    write(source, deep__model_bin=b"1")
    assert run(source="dist/deep/model.bin") == 0
    assert stored(fake, PLACES[0]) == {"model.bin": b"1"}


def test_the_root_of_a_volume_is_a_fine_target(fake, source, run):  # type: ignore[no-untyped-def]
    write(source, model_bin=b"1")
    assert run(VOLUME) == 0
    assert fake.volume[f"{VOLUME}/model.bin"] == b"1"
    assert not any("PUT /fs/directories" in call for call in fake.calls)


@pytest.mark.parametrize("target", PLACES)
@pytest.mark.parametrize(("status", "after"), [(0, False), (0, True), (503, True), (429, False)])
def test_faults_are_survived(fake, source, run, target, status, after):  # type: ignore[no-untyped-def]
    files = {f"f{number}_bin": bytes([number]) * 1_100_000 for number in range(3)}
    write(source, **files)
    for pattern in ("PUT /fs", "/dbfs/add-block", "/dbfs/create", "/workspace/import", "mkdirs"):
        fake.fail(pattern, status, after=after, headers={"Retry-After": "1"})
    assert run(target) == 0
    assert stored(fake, target) == {
        name.replace("_", "."): content for name, content in files.items()
    }


def test_after_a_failure_the_next_run_sends_the_rest(fake, source, run, recording_ci):  # type: ignore[no-untyped-def]
    write(source, a_bin=b"1", b_bin=b"2", c_bin=b"3")
    fake.fail("PUT /fs/files.*b.bin", 403, {"error_code": "PERMISSION_DENIED", "message": "no"})
    assert run(parallel="1") == 11
    assert recording_ci.errors()[0].startswith("b.bin: PUT ")
    assert "1 of 3 files were sent, each of them whole" in recording_ci.text
    fake.calls.clear()
    assert run() == 0
    assert [call for call in fake.writes() if "a.bin" in call] == []
    assert f"{PLACES[0]}: 2 uploaded, 1 unchanged (2 bytes)" in recording_ci.lines


def test_a_file_that_changes_meanwhile_isnt_stored(fake, source, run, recording_ci):  # type: ignore[no-untyped-def]
    write(source, a_bin=b"1" * 100)

    def grow(call: str) -> None:
        if call.startswith(("GET", "HEAD")):
            write(source, a_bin=b"1" * 200)

    fake.hook = grow
    assert run() == 3
    assert "a.bin changed while it was sent" in recording_ci.text
    assert stored(fake, PLACES[0]) == {}


@pytest.mark.parametrize(
    ("files", "inputs", "code", "message"),
    [
        ({}, {"source": "nowhere"}, 3, "the source nowhere doesn't exist"),
        ({}, {}, 3, "holds no file to send"),
        ({"a_bin": b""}, {"target": "/FileStore/x"}, 2, "no path of a volume"),
        ({"a_bin": b""}, {"target": "dbfs:/"}, 2, "where everybody's files are"),
        ({"a_bin": b""}, {"target": "/Volumes/main/default"}, 2, "is no volume"),
        ({"a_bin": b""}, {"target": "dbfs:/x/$(Build.Id)"}, 2, "a variable without a value"),
        ({"a_bin": b""}, {"target": VOLUME, "prune": "true"}, 2, "what others have"),
        ({"a_bin": b""}, {"target": "dbfs:/mnt/lake", "prune": "true"}, 2, "what others have"),
        ({"a_bin": b""}, {"source": "dist/a.bin", "prune": "true"}, 2, "prune needs a folder"),
        ({"a_bin": b""}, {"parallel": "11"}, 2, "parallel is 11, not 1 to 10"),
        ({"a_bin": b""}, {"compare": "hash"}, 2, "compare is 'hash', not one of"),
    ],
)
def test_mistakes_are_found_before_anything_is_sent(  # type: ignore[no-untyped-def]
    fake, source, run, recording_ci, files, inputs, code, message
):
    write(source, **files)
    assert run(**inputs) == code
    assert message in recording_ci.text
    assert fake.calls == []


@pytest.mark.parametrize(
    ("target", "size", "message"),
    [
        (PLACES[0], 5 * 1024**3 + 1, "larger than the 5.4 GB that"),
        (PLACES[2], 500 * 1024**2 + 1, "larger than the 524.3 MB that"),
        (PLACES[1], 500 * 1024**3, ""),
    ],
)
def test_the_limits_of_each_place_are_named(  # type: ignore[no-untyped-def]
    fake, source, run, recording_ci, monkeypatch, target, size, message
):
    large = LocalFile(source / "large.bin", "large.bin", size, 0.0)
    monkeypatch.setattr("modelyard.operations.files_upload.find", lambda *_: [large])
    assert run(target, dry_run="true") == (3 if message else 0)
    assert message in recording_ci.text
    assert bool(fake.calls) is not bool(message)


@pytest.mark.parametrize("target", PLACES)
def test_something_of_another_kind_in_the_way(fake, source, run, recording_ci, target):  # type: ignore[no-untyped-def]
    write(source, a_bin=b"1")
    run(target)
    (source / "a.bin").unlink()
    write(source, a_bin__b=b"1")
    fake.calls.clear()
    assert run(target) == 15
    assert f"{target}/a.bin is a file, and a folder is to be put there" in recording_ci.text
    assert fake.writes() == []
    assert run(f"{target}/a.bin") == 15
    assert f"the target {target}/a.bin is a file, not a folder" in recording_ci.text
