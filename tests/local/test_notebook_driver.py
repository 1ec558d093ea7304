"""Drivers as real processes: runs side by side, ends of every kind, and nothing left over."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modelyard.local.notebook.driver_process import DriverFailed, DriverProcess, NotebookRequest
from notebook_runs import PATIENCE, Cluster, alive, cluster


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One driver for the tests that leave it alive."""
    with cluster(tmp_path_factory.mktemp("driver")) as running:
        yield running


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.01)


def numbers_in(file: Path, count: int) -> list[int]:
    """The numbers in a file, once there are ``count``."""
    until(lambda: file.exists() and len(file.read_text().split()) >= count)
    return [int(word) for word in file.read_text().split()]


def test_driver_is_a_process_of_its_own_session(driver: Cluster) -> None:
    pid = driver.driver.pid
    assert alive(pid)
    assert os.getsid(pid) == pid != os.getsid(0)


def test_runs_go_side_by_side(driver: Cluster) -> None:
    meet = (
        "import os, pathlib, time\n"
        "me, other = dbutils.widgets.get('me'), dbutils.widgets.get('other')\n"
        "pathlib.Path('/dbfs/', me).write_text('here')\n"
        "while not pathlib.Path('/dbfs/', other).exists():\n"
        "    time.sleep(0.01)\n"
        "dbutils.notebook.exit(f'{me} {os.getpid()}')"
    )
    one = driver.start("/Shared/meet", meet, parameters={"me": "one", "other": "two"})
    two = driver.start("/Shared/meet", parameters={"me": "two", "other": "one"})
    results = [one.wait(PATIENCE), two.wait(PATIENCE)]
    values = [result.exit_value or "" for result in results if result]
    assert [value.split()[0] for value in values] == ["one", "two"]
    assert values[0].split()[1] != values[1].split()[1]


def test_wait_gives_none_while_the_run_goes_on(driver: Cluster) -> None:
    run = driver.start("/Shared/wait", "%sh sleep 6060")
    assert run.wait(0.01) is None
    run.cancel()
    result = run.wait(PATIENCE)
    assert result is not None
    assert result.status == "canceled"
    run.cancel()  # nothing happens
    assert run.wait() is result


BUSY = """\
import os, pathlib, subprocess, sys
file = pathlib.Path('/dbfs/pids')
daemon = subprocess.Popen(['sleep', '6061'], start_new_session=True)
bare = subprocess.Popen(['sleep', '6062'], start_new_session=True, env={})
file.write_text(f'{os.getpid()} {daemon.pid} {bare.pid} ')"""

SHELL = "%sh\nnohup sleep 6063 &\necho $! $$ >> /dbfs/pids\n(sleep 6064; true) &\nwait"


@pytest.mark.parametrize("end", ["cancel", "time-out"])
def test_nothing_survives_cancel_or_time_out(tmp_path: Path, end: str) -> None:
    with cluster(tmp_path) as driver:
        limit = None if end == "cancel" else 3.0
        run = driver.start("/Shared/busy", BUSY, SHELL, timeout_seconds=limit)
        pids = numbers_in(driver.dbfs / "pids", 5)
        assert all(map(alive, pids))
        if end == "cancel":
            run.cancel()
        result = run.wait(PATIENCE)
        assert result is not None
        assert result.status == ("canceled" if end == "cancel" else "timed_out")
        assert result.cell == 2
        assert result.error == (
            "Run was canceled" if end == "cancel" else "Run took longer than 3 s"
        )
        assert [cell.status for cell in result.cells] == ["success", "failed"]
        until(lambda: not any(map(alive, pids)))
        assert driver.run("/Shared/next", "1").status == "success"
        assert driver.exits == []


def test_notebook_may_clean_up_when_it_is_cancelled(driver: Cluster) -> None:
    run = driver.start(
        "/Shared/cleanup",
        "import pathlib, time\n"
        "try:\n"
        "    pathlib.Path('/dbfs/started').touch()\n"
        "    time.sleep(600)\n"
        "finally:\n"
        "    pathlib.Path('/dbfs/cleaned').touch()",
    )
    until((driver.dbfs / "started").exists)
    run.cancel()
    result = run.wait(PATIENCE)
    assert result is not None
    assert result.status == "canceled"
    assert (driver.dbfs / "cleaned").exists()


def test_notebook_that_will_not_end_is_killed(driver: Cluster) -> None:
    run = driver.start(
        "/Shared/stubborn",
        "import pathlib, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "while True:\n"
        "    try:\n"
        "        pathlib.Path('/dbfs/stubborn').touch()\n"
        "        time.sleep(0.05)\n"
        "    except BaseException:\n"
        "        pass",
    )
    until((driver.dbfs / "stubborn").exists)
    run.cancel()
    result = run.wait(PATIENCE)
    assert result is not None
    assert result.status == "canceled"


def test_background_processes_end_with_the_run(driver: Cluster) -> None:
    daemon = "subprocess.Popen(['sleep', '6066'], start_new_session=True, env={}).pid"
    result = driver.run(
        "/Shared/left", "%sh\nsleep 6065 &\necho $!", f"import subprocess\n{daemon}"
    )
    assert result.status == "success"
    assert not any(alive(int(pid)) for pid in result.logs.split())


def test_killed_driver_takes_its_runs_along(tmp_path: Path) -> None:
    with cluster(tmp_path) as driver:
        runs = [
            driver.start("/Shared/busy", BUSY, SHELL),
            driver.start("/Shared/more", "%sh echo $$ > /dbfs/more; sleep 6066"),
        ]
        pids = numbers_in(driver.dbfs / "pids", 5) + numbers_in(driver.dbfs / "more", 1)
        os.kill(driver.driver.pid, signal.SIGKILL)
        results = [run.wait(PATIENCE) for run in runs]
        assert driver.exited.wait(PATIENCE)
        assert driver.exits == [-signal.SIGKILL]
        for result in results:
            assert result is not None
            assert result.status == "driver_lost"
            assert result.error == "The driver of the cluster ended unexpectedly"
        until(lambda: not any(map(alive, pids)))
        after = driver.driver.run(NotebookRequest(run_id=9, notebook_path="/Shared/x")).wait(0)
        assert after is not None
        assert after.status == "driver_lost"
        driver.driver.stop()


def test_run_whose_supervisor_dies_ends_by_itself(tmp_path: Path) -> None:
    """Also when nobody is left to clean up: this process doesn't know of the second driver."""
    script = (
        "import sys, time\n"
        f"sys.path[:0] = {sys.path!r}\n"
        "from pathlib import Path\n"
        "from notebook_runs import cluster\n"
        f"with cluster(Path({str(tmp_path)!r})) as c:\n"
        "    c.start('/x', '%sh echo $$ > /dbfs/pid; sleep 6067')\n"
        "    (c.folder / 'driver.pid').write_text(str(c.driver.pid))\n"
        "    time.sleep(600)\n"
    )
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", script], os.environ)
    try:
        pids = numbers_in(tmp_path / "dbfs/pid", 1) + numbers_in(tmp_path / "driver.pid", 1)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    until(lambda: not any(map(alive, pids)))


def test_stop_ends_runs_and_does_not_call_on_exit(tmp_path: Path) -> None:
    with cluster(tmp_path) as driver:
        run = driver.start("/Shared/busy", BUSY, SHELL)
        pids = [*numbers_in(driver.dbfs / "pids", 5), driver.driver.pid]
        driver.driver.stop()
        assert not any(map(alive, pids))
        result = run.wait(0)
        assert result is not None
        assert (result.status, result.error) == (
            "driver_lost", "The driver of the cluster was stopped",
        )  # fmt: skip
        driver.driver.stop()
        assert driver.exits == []
        late = driver.start("/Shared/busy").wait(0)
        assert late is not None
        assert late.status == "driver_lost"


def test_folders_of_runs_are_removed(driver: Cluster) -> None:
    result = driver.run("/Shared/where", "import sys\nsys.prefix")
    prefix = Path(result.logs.strip().strip("'"))
    assert driver.folder in prefix.parents
    until(lambda: not prefix.parent.exists())


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("import os\nos._exit(3)", "The Python process exited with status 3 during cell 2"),
        ("import os\nos.kill(os.getpid(), 9)", "was ended by signal 9 (SIGKILL) during cell 2"),
        ("import os\nos.kill(os.getpid(), 15)", "was ended by signal 15 (SIGTERM) during cell 2"),
        ("import os\nos.abort()", "was ended by signal 6 (SIGABRT) during cell 2"),
    ],
)
def test_process_that_dies_without_a_word(driver: Cluster, cell: str, says: str) -> None:
    result = driver.run("/Shared/dies", "print('before')", f"print('during')\n{cell}", "print(1)")
    assert result.status == "failed"
    assert result.error is not None
    assert says in result.error
    assert (result.cell, result.notebook) == (2, "/Shared/dies")
    assert result.logs.startswith("before\nduring\n")
    assert [cell.status for cell in result.cells] == ["success", "failed", "not_run"]
    assert result.cells[1].text.startswith("during\n")


def test_memory_is_named_where_the_kernel_kills(driver: Cluster) -> None:
    result = driver.run("/Shared/oom", "import os\nos.kill(os.getpid(), 9)")
    assert result.error is not None
    assert "memory ran out" in result.error


def test_flood_of_output_is_bounded(driver: Cluster) -> None:
    result = driver.run(
        "/Shared/flood",
        "print('first line')\nfor i in range(300_000):\n    print('x' * 50)\nprint('last line')",
        "print('next cell')",
    )
    assert result.status == "success"
    assert len(result.logs) < 1_100_000
    assert result.logs.startswith("first line\n")
    assert result.logs.endswith("last line\nnext cell\n")
    assert "characters left out" in result.logs
    assert len(result.cells[0].text) < 210_000
    assert result.cells[1].text == "next cell\n"


def test_output_that_is_not_utf8(driver: Cluster) -> None:
    result = driver.run(
        "/Shared/bytes", "%sh printf 'a\\377b\\n'", "import os\nos.write(1, b'\\xfe\\n');",
        "print('\\udcff', 'grün')",
    )  # fmt: skip
    assert result.status == "success"
    assert result.logs == "a\ufffdb\n\ufffd\n\\udcff grün\n"


def test_thread_that_never_ends_does_not_hold_the_run(
    driver: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = driver.run(
        "/Shared/thread",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()",
    )
    assert result.status == "success"
    assert result.seconds < 30


def test_exit_handlers_run(driver: Cluster) -> None:
    result = driver.run("/Shared/atexit", "import atexit\natexit.register(print, 'bye')\n1;")
    assert result.logs.endswith("bye\n")


def test_large_results_arrive(driver: Cluster) -> None:
    result = driver.run("/Shared/large", "dbutils.notebook.exit('x' * 5_000_100)")
    assert result.truncated
    assert len(result.exit_value or "") == 5_000_000


def test_interpreter_that_is_not_there(driver: Cluster, tmp_path: Path) -> None:
    missing = tmp_path / "no/python"
    result = driver.run("/Shared/x", "1", python=missing)
    assert result.status == "failed"
    assert "the Python process of the run can't be started" in (result.error or "")
    lost = DriverProcess(python=missing, folder=tmp_path / "c", environment={}, on_exit=print)
    with pytest.raises(DriverFailed, match=r"can't start the driver with .*no/python"):
        lost.start()


def test_interpreter_that_fails_is_quoted(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho this is no Python\nexit 4\n")
    broken.chmod(0o755)
    driver = DriverProcess(python=broken, folder=tmp_path / "c", environment={}, on_exit=print)
    with pytest.raises(DriverFailed, match="ended with status 4: this is no Python"):
        driver.start()


def test_shell_of_the_user_is_not_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_CLOUD_KEY", "real-credential")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with cluster(tmp_path, CLUSTER_SETTING="yes") as driver:
        result = driver.run("/Shared/env", "%sh env")
    assert "real-credential" not in result.logs
    assert "CLUSTER_SETTING=yes" in result.logs
    assert "OMP_NUM_THREADS=2" in result.logs
    assert f"HOME={driver.folder / 'cluster/home'}" in result.logs


def test_many_runs_at_once(driver: Cluster) -> None:
    runs = [
        driver.start("/Shared/many", "dbutils.notebook.exit(dbutils.widgets.get('n'))",
                     parameters={"n": str(n)}, run_id=n)
        for n in range(8)
    ]  # fmt: skip
    results = [run.wait(PATIENCE) for run in runs]
    assert [result and result.exit_value for result in results] == [str(n) for n in range(8)]


def test_cancel_from_several_threads(driver: Cluster) -> None:
    run = driver.start("/Shared/wait", "%sh sleep 6068")
    threads = [threading.Thread(target=run.cancel) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result = run.wait(PATIENCE)
    assert result is not None
    assert result.status == "canceled"
