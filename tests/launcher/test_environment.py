"""The private environment: made once, whole or not at all, and nothing is written elsewhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from launcher.index import TIME_OUT, Index
from launcher.workplace import MINOR, Workplace, evaluated, runs, shown
from wheels import make_wheel

as_root = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare"), reason="mounts need root and unshare"
)
WAITING = "modelyard: waiting for another job to make the private Python environment\n"
PRIVATE = f"modelyard-{os.getuid()}"


def _tree(folder: Path) -> dict[str, float]:
    return {str(path): path.stat().st_mtime for path in folder.rglob("*")}


def test_it_is_made_once_and_named_readably(workplace: Workplace) -> None:
    for _ in range(2):
        shown(workplace.run())
    (made,) = workplace.environments
    assert re.fullmatch(rf"9\.9-core-py{re.escape(MINOR)}-[0-9a-f]{{8}}", made.name)
    assert not list(made.rglob("pip"))
    assert not list(made.rglob("activate*"))


@pytest.mark.parametrize("what", ["lock", "version"])
def test_what_it_is_made_from_decides_which_it_is(workplace: Workplace, what: str) -> None:
    shown(workplace.run())
    if what == "lock":
        workplace.lock(workplace.add_package("tiny", "2.0", "VERSION = '2.0'\n"))
    else:
        workplace.write_library("10.0")
        workplace.declare(version="10.0")
    found = shown(workplace.run())
    assert found["tiny"] == ("2.0" if what == "lock" else "1.0")
    assert len(workplace.environments) == 2


def test_copies_of_the_library_share_it_and_stay_apart(workplace: Workplace) -> None:
    shown(workplace.run())
    shutil.copytree(workplace.root / "shared", workplace.root / "other")
    other = workplace.root / "other" / "modelyard" / "__main__.py"
    other.write_text("print('the other one')\n")
    workplace.declare(library="../other")
    assert workplace.run().stdout == "the other one\n"
    workplace.declare(library="../shared")
    shown(workplace.run())
    assert len(workplace.environments) == 1


def test_nothing_is_written_anywhere_else(workplace: Workplace) -> None:
    rustc = workplace.root / "bin" / "rustc"  # pip asks it; rustup's makes a folder
    rustc.write_text(f'#!/bin/sh\nPATH={os.defpath}\nmkdir -p "${{RUSTUP_HOME:-$HOME/.rustup}}"\n')
    rustc.chmod(0o755)
    outside = [workplace.root / one for one in ("home", "temporary", "shared", "action", "bin")]
    before = [_tree(folder) for folder in outside]
    for _ in range(2):
        shown(workplace.run())
    assert [_tree(folder) for folder in outside] == before


def test_bytecode_of_the_library_is_kept_in_it_and_follows_changes(workplace: Workplace) -> None:
    shown(workplace.run())
    (made,) = workplace.environments
    library = str(workplace.root / "shared").lstrip("/")
    kept = made / "library-bytecode" / library / "modelyard" / "__pycache__"
    assert [path.name.split(".")[0] for path in kept.glob("__i*.pyc")] == ["__init__"]
    main = workplace.root / "shared" / "modelyard" / "__main__.py"
    main.write_text("import modelyard.new\n")
    (main.parent / "new.py").write_text("print('the new one')\n")
    assert workplace.run().stdout == "the new one\n"
    assert list(kept.glob("new.*.pyc"))


def test_a_wheel_is_installed_into_it(workplace: Workplace) -> None:
    source = "__version__ = '9.9'\nif __name__ == '__main__':\n    print('from a wheel')\n"
    folder = workplace.root / "with blank"
    wheel = make_wheel(folder, "modelyard", "9.9", source)
    workplace.declare(library=os.path.relpath(wheel, workplace.action))
    done = workplace.run()
    assert done.stdout.splitlines()[-1] == "from a wheel"
    (made,) = workplace.environments
    assert list(made.rglob("site-packages/modelyard.py"))
    assert not list(made.glob("library*"))


def test_without_a_tool_cache_it_is_in_a_folder_of_this_user(workplace: Workplace) -> None:
    del workplace.environment["RUNNER_TOOL_CACHE"]
    found = shown(workplace.run())
    own = workplace.root / "temporary" / PRIVATE
    assert str(found["prefix"]).startswith(str(own))
    assert own.stat().st_mode & 0o777 == 0o700


def test_the_tool_cache_of_azure_pipelines(workplace: Workplace) -> None:
    del workplace.environment["RUNNER_TOOL_CACHE"]
    found = shown(workplace.run(AGENT_TOOLSDIRECTORY=str(workplace.cache)))
    assert str(found["prefix"]).startswith(str(workplace.cache))


@pytest.mark.parametrize("how", ["open", "link"])
def test_a_folder_that_others_may_write_is_refused(workplace: Workplace, how: str) -> None:
    del workplace.environment["RUNNER_TOOL_CACHE"]
    own = workplace.root / "temporary" / PRIVATE
    if how == "open":
        own.mkdir()
        own.chmod(0o777)
    else:
        elsewhere = workplace.root / "elsewhere"
        elsewhere.mkdir(mode=0o700)
        own.symlink_to(elsewhere)
    done = workplace.run()
    assert done.returncode == 6
    assert "isn't a folder of this user alone" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a folder away needs root")
def test_a_folder_of_another_user_is_refused(workplace: Workplace) -> None:
    del workplace.environment["RUNNER_TOOL_CACHE"]
    own = workplace.root / "temporary" / PRIVATE
    own.mkdir(mode=0o700)
    os.chown(own, 65534, 65534)
    assert workplace.run().returncode == 6


@pytest.mark.parametrize("damage", ["interpreter", "package", "marker", "empty"])
def test_a_broken_one_is_repaired(workplace: Workplace, damage: str) -> None:
    shown(workplace.run())
    (made,) = workplace.environments
    if damage == "interpreter":
        (made / "bin" / "python").unlink()
        (made / "bin" / "python").symlink_to("/nowhere/python3")
    elif damage == "package":
        next(made.rglob("site-packages/tiny.py")).unlink()
    elif damage == "marker":
        (made / "complete.json").write_text("{")
    else:
        shutil.rmtree(made)
        made.mkdir()
    again = workplace.run()
    assert again.stdout.startswith("modelyard: made")
    shown(again)
    assert workplace.environments == [made]


def test_two_at_once_make_it_once(workplace: Workplace, index: Index) -> None:
    index.gate.clear()
    with workplace.start() as first:
        assert index.asked.wait(TIME_OUT)
        with workplace.start() as second:
            assert second.stdout is not None
            told = second.stdout.readline()
            assert told == WAITING
            index.gate.set()
            outputs = [one.communicate(timeout=TIME_OUT)[0] for one in (first, second)]
    assert [one.returncode for one in (first, second)] == [0, 0]
    assert [out.count("modelyard: made") for out in outputs] == [1, 0]
    assert len(workplace.environments) == 1


def test_what_a_killed_job_left_is_taken_over(workplace: Workplace, index: Index) -> None:
    index.gate.clear()
    with workplace.start(PIP_DEFAULT_TIMEOUT=str(2 * TIME_OUT)) as first:
        assert index.asked.wait(TIME_OUT)
        orphans = psutil.Process(first.pid).children(recursive=True)
        first.send_signal(signal.SIGKILL)
        first.wait(TIME_OUT)
    assert orphans
    psutil.wait_procs([one for one in orphans if runs(one)], timeout=TIME_OUT / 2)
    assert not [one for one in orphans if runs(one)]  # they noticed
    lock, unfinished = sorted(workplace.environments, key=lambda path: path.is_dir())
    assert lock.suffix == ".lock"
    assert unfinished.is_dir()
    index.gate.set()
    shown(workplace.run())
    (made,) = workplace.environments
    assert made.name + ".lock" == lock.name


def test_what_was_abandoned_long_ago_is_swept(workplace: Workplace) -> None:
    kept = workplace.cache / "modelyard"
    for name in (".unfinished-old", ".unfinished-new", "old"):
        (kept / name / "bin").mkdir(parents=True)
        if "old" in name:
            days_ago = time.time() - 2 * 24 * 60 * 60
            os.utime(kept / name, (days_ago, days_ago))
    shown(workplace.run())
    left = {path.name for path in workplace.environments}
    assert {".unfinished-new", "old"} < left
    assert ".unfinished-old" not in left


MADE_FROM = {
    "declaration": {
        "version": "1.0",
        "lock": "core.txt",
        "lockHash": "1",
        "library": {"path": "/shared", "wheel": ""},
    },
    "python": {"executable": "/usr/bin/python3.11", "version": "3.11.2", "minor": 11},
}


@pytest.mark.parametrize(
    ("what", "change", "same"),
    [
        ("python", {"executable": "/opt/python3.11"}, False),
        ("python", {"version": "3.11.3"}, False),
        ("declaration", {"version": "1.1"}, False),
        ("declaration", {"lock": "images.txt"}, False),
        ("declaration", {"lockHash": "2"}, False),
        ("declaration", {"library": {"path": "/shared", "wheel": "3"}}, False),
        ("declaration", {"library": {"path": "/other", "wheel": ""}}, True),
        ("python", {"pip": True}, True),
    ],
)
def test_its_identity(what: str, change: dict[str, object], same: bool) -> None:
    changed = {**MADE_FROM, what: {**MADE_FROM[what], **change}}
    calls = [f"identify({json.dumps(one['declaration'])}, {json.dumps(one['python'])}).identity"
             for one in (MADE_FROM, changed)]  # fmt: skip
    program = f"const {{ identify }} = environment; return [{', '.join(calls)}]"
    first, second = evaluated(program, "environment")
    assert (first == second) is same


def test_a_lock_of_another_machine_is_waited_for(workplace: Workplace) -> None:
    shown(workplace.run())
    (made,) = workplace.environments
    shutil.rmtree(made)
    lock = made.with_name(f"{made.name}.lock")
    lock.write_text('{"pid": 1, "host": "another", "mark": "1", "note": ""}')
    with workplace.start() as waiter:
        assert waiter.stdout is not None
        assert waiter.stdout.readline() == WAITING
        lock.unlink()  # that one ended
        out, _ = waiter.communicate(timeout=TIME_OUT)
    assert waiter.returncode == 0
    assert "modelyard: made" in out


def test_a_tool_cache_that_is_a_file_is_told_and_gone_round(workplace: Workplace) -> None:
    (workplace.cache / "modelyard").write_text("in the way")
    done = workplace.run(GITHUB_ACTIONS="true")
    found = shown(done)
    assert str(found["prefix"]).startswith(str(workplace.root / "temporary" / PRIVATE))
    assert done.stdout.startswith("::warning::can't write in ")
    assert "%0A  fix: let the agent's user write there" in done.stdout
    (workplace.root / "temporary" / PRIVATE).chmod(0o755)
    assert workplace.run().returncode == 6


@as_root
def test_a_read_only_tool_cache_is_told_and_gone_round(workplace: Workplace) -> None:
    mounted = _mounting(workplace, "mount --bind {0} {0} && mount -o remount,bind,ro {0}")
    done = workplace.run(before=mounted)
    found = shown(done)
    assert str(found["prefix"]).startswith(str(workplace.root / "temporary" / PRIVATE))
    assert "can't write in " in done.stderr
    assert "read-only" in done.stderr
    again = workplace.run(before=mounted)
    shown(again)
    assert again.stderr == ""


@as_root
def test_a_read_only_tool_cache_with_the_environment_is_used(workplace: Workplace) -> None:
    shown(workplace.run())
    mounted = _mounting(workplace, "mount --bind {0} {0} && mount -o remount,bind,ro {0}")
    done = workplace.run(before=mounted)
    assert str(shown(done)["prefix"]).startswith(str(workplace.cache))
    assert done.stderr == ""


@as_root
@pytest.mark.parametrize("room", ["64k", "1m"])
def test_a_full_disk_is_told_and_nothing_is_left(workplace: Workplace, room: str) -> None:
    big = "VERSION = 'big'\nDATA = '" + os.urandom(1_000_000).hex() + "'\n"
    workplace.lock(workplace.add_package("tiny", "3.0", big))
    full = f"mount -t tmpfs -o size={room} full {{0}}"
    done = workplace.run(before=_mounting(workplace, full, "ls -A {0}/modelyard"))
    assert done.returncode == 9
    assert "no space left" in done.stderr
    assert "error MY009, exit code 9: modelyard explain MY009" in done.stderr
    assert [line for line in done.stdout.splitlines() if line != "pythons.json"] == []


def _mounting(workplace: Workplace, mount: str, after: str = "true") -> tuple[str, ...]:
    """A command that mounts something in a name space of its own, then runs what follows it."""
    cache = str(workplace.cache)
    script = (
        f'export PATH; {mount.format(cache)} && "$@"; code=$?; {after.format(cache)}; exit $code'
    )
    shell = shutil.which("unshare") or ""
    paths = "PATH=" + os.environ["PATH"]
    inner = ["env", "PATH=" + workplace.environment["PATH"]]
    return (shell, "--mount", "/usr/bin/env", paths, "sh", "-c", script, "sh", *inner)


@pytest.mark.skipif(
    not shutil.which("unshare")
    or subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode != 0,
    reason="a name space without a network needs root",
)
def test_a_warm_start_needs_no_network(workplace: Workplace) -> None:
    shown(workplace.run())
    alone = (shutil.which("unshare") or "", "--net")
    assert workplace.run(before=alone).returncode == 0
