from __future__ import annotations

from pathlib import Path

import pytest

from fake_drivers import Stage
from modelyard.local.cloud.databricks.drivers import Drivers, NoDriver, Slot
from modelyard.local.notebook.driver_process import DriverFailed
from modelyard.local.notebook.runs import NotebookRequest

REQUEST = NotebookRequest(1, "/Shared/train")


@pytest.fixture
def lost() -> list[tuple[str, int]]:
    return []


@pytest.fixture
def drivers(stage: Stage, lost: list[tuple[str, int]]) -> Drivers:
    return Drivers(stage.factory, lambda cluster_id, code: lost.append((cluster_id, code)))


def launch(drivers: Drivers, folder: Path) -> Slot:
    return drivers.launch("c", python=Path("python"), folder=folder, environment={"A": "1"})


def test_runs_go_to_the_cluster_s_driver(drivers: Drivers, stage: Stage, tmp_path: Path) -> None:
    stage.play = lambda _: None
    with pytest.raises(NoDriver):
        drivers.run("c", REQUEST)
    drivers.adopt("c", launch(drivers, tmp_path / "c"))
    run = drivers.run("c", REQUEST)
    assert stage.drivers[0].runs == [run]
    assert drivers.active_runs("c") == 1
    drivers.release("c", run)
    assert drivers.active_runs("c") == 0


def test_the_end_of_a_driver_is_told_once(
    drivers: Drivers, stage: Stage, lost: list[tuple[str, int]], tmp_path: Path
) -> None:
    drivers.adopt("c", launch(drivers, tmp_path))
    stage.drivers[0].die(-9)
    stage.drivers[0].die(-9)
    assert lost == [("c", -9)]
    with pytest.raises(NoDriver):
        drivers.run("c", REQUEST)


def test_a_driver_that_dies_before_it_is_adopted_is_told_of_too(
    drivers: Drivers, stage: Stage, lost: list[tuple[str, int]], tmp_path: Path
) -> None:
    slot = launch(drivers, tmp_path)
    stage.drivers[0].die(1)
    assert lost == []
    drivers.adopt("c", slot)
    assert lost == [("c", 1)]


def test_a_driver_that_was_stopped_was_not_lost(
    drivers: Drivers, stage: Stage, lost: list[tuple[str, int]], tmp_path: Path
) -> None:
    drivers.adopt("c", launch(drivers, tmp_path))
    drivers.stop("c")
    assert stage.drivers[0].stopped
    stage.drivers[0].die(-15)
    assert lost == []


def test_a_failed_start_leaves_no_driver(drivers: Drivers, stage: Stage, tmp_path: Path) -> None:
    stage.start_failure = "no memory"
    with pytest.raises(DriverFailed, match="no memory"):
        launch(drivers, tmp_path)
    assert drivers.active_runs("c") == 0


def test_the_end_of_an_old_run_does_not_count_for_a_new_driver(
    drivers: Drivers, stage: Stage, tmp_path: Path
) -> None:
    stage.play = lambda _: None
    drivers.adopt("c", launch(drivers, tmp_path))
    old = drivers.run("c", REQUEST)
    drivers.stop("c")
    drivers.adopt("c", launch(drivers, tmp_path))
    drivers.run("c", REQUEST)
    drivers.release("c", old)
    assert drivers.active_runs("c") == 1
    drivers.stop_all()
    assert all(driver.stopped for driver in stage.drivers)
