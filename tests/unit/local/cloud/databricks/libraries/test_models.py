from __future__ import annotations

import threading
from typing import Any

import pytest

from databricks_service import CLUSTER, ApiFailure, Workspace, until
from fake_drivers import Stage

NUMPY = {"pypi": {"package": "numpy==2.0"}}
PANDAS = {"pypi": {"package": "pandas"}}


def statuses(workspace: Workspace, cluster_id: str) -> dict[str, str]:
    found = workspace.get("libraries/cluster-status", cluster_id=cluster_id)
    return {
        entry["library"].get("pypi", entry["library"]).get("package", str(entry["library"])): entry[
            "status"
        ]
        for entry in found.get("library_statuses", [])
    }


def settled(workspace: Workspace, cluster_id: str) -> Any:
    def reached() -> Any:
        found = workspace.get("libraries/cluster-status", cluster_id=cluster_id)
        waiting = {"PENDING", "RESOLVING", "INSTALLING"}
        entries = found["library_statuses"]
        return None if any(e["status"] in waiting for e in entries) else entries

    return until(reached, "the end of the installation")


def test_a_cluster_without_libraries_has_no_list(workspace: Workspace) -> None:
    cluster_id = workspace.cluster()
    found = workspace.get("libraries/cluster-status", cluster_id=cluster_id)
    assert found == {"cluster_id": cluster_id}
    assert workspace.get("libraries/all-cluster-statuses") == {}


def test_libraries_are_installed_and_later_runs_see_them(
    workspace: Workspace, stage: Stage
) -> None:
    cluster_id = workspace.cluster()
    workspace.post("libraries/install", cluster_id=cluster_id, libraries=[NUMPY, PANDAS])
    assert {entry["status"] for entry in settled(workspace, cluster_id)} == {"INSTALLED"}
    run_id = workspace.post(
        "jobs/runs/submit",
        existing_cluster_id=cluster_id,
        notebook_task={"notebook_path": workspace.notebook()},
    )["run_id"]
    workspace.run_ends(run_id)
    python = stage.drivers[0].runs[0].request.python
    assert str(python) == "/environments/numpy==2.0+pandas/bin/python"
    everything = workspace.get("libraries/all-cluster-statuses")["statuses"]
    assert [found["cluster_id"] for found in everything] == [cluster_id]


def test_states_on_the_way(
    workspace: Workspace, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    going, go = threading.Event(), threading.Event()
    build = stage.build

    def slow(*arguments: Any, **options: Any) -> Any:
        going.set()
        assert go.wait(10)
        return build(*arguments, **options)

    monkeypatch.setattr(workspace.model.libraries, "_build", slow)
    cluster_id = workspace.post("clusters/create", **CLUSTER)["cluster_id"]
    workspace.post("libraries/install", cluster_id=cluster_id, libraries=[NUMPY])
    assert statuses(workspace, cluster_id)["numpy==2.0"] in ("PENDING", "RESOLVING", "INSTALLING")
    assert going.wait(10)
    assert statuses(workspace, cluster_id) == {"numpy==2.0": "INSTALLING"}
    go.set()
    settled(workspace, cluster_id)


def test_a_cluster_that_stops_meanwhile_has_nothing_installed(
    workspace: Workspace, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    going, go = threading.Event(), threading.Event()
    build = stage.build

    def slow(*arguments: Any, **options: Any) -> Any:
        going.set()
        assert go.wait(10)
        return build(*arguments, **options)

    monkeypatch.setattr(workspace.model.libraries, "_build", slow)
    cluster_id = workspace.cluster()
    workspace.post("libraries/install", cluster_id=cluster_id, libraries=[NUMPY])
    assert going.wait(10)
    workspace.post("clusters/delete", cluster_id=cluster_id)
    workspace.cluster_reaches(cluster_id, "TERMINATED")
    go.set()
    assert workspace.model.workers.join(10)
    assert statuses(workspace, cluster_id) == {"numpy==2.0": "PENDING"}
    assert workspace.model.libraries.python(cluster_id) is None


def test_one_that_fails_says_why_and_leaves_the_others(workspace: Workspace, stage: Stage) -> None:
    stage.broken_packages.add("no-such-thing")
    cluster_id = workspace.cluster()
    broken = {"pypi": {"package": "no-such-thing"}}
    workspace.post("libraries/install", cluster_id=cluster_id, libraries=[NUMPY, broken, PANDAS])
    entries = settled(workspace, cluster_id)
    assert [entry["status"] for entry in entries] == ["INSTALLED", "FAILED", "INSTALLED"]
    assert "No matching distribution found for no-such-thing" in entries[1]["messages"][0]
    assert "messages" not in entries[0]
    python = workspace.model.libraries.python(cluster_id)
    assert str(python) == "/environments/numpy==2.0+pandas/bin/python"


def test_a_failed_one_is_tried_again_an_installed_one_is_not(
    workspace: Workspace, stage: Stage
) -> None:
    stage.broken_packages.add("pandas")
    cluster_id = workspace.cluster()
    workspace.post("libraries/install", cluster_id=cluster_id, libraries=[PANDAS])
    assert settled(workspace, cluster_id)[0]["status"] == "FAILED"
    stage.broken_packages.clear()
    workspace.post("libraries/install", cluster_id=cluster_id, libraries=[PANDAS])
    assert settled(workspace, cluster_id)[0]["status"] == "INSTALLED"
    builds = len(stage.builds)
    workspace.post("libraries/install", cluster_id=cluster_id, libraries=[PANDAS])
    assert statuses(workspace, cluster_id) == {"pandas": "INSTALLED"}
    assert len(stage.builds) == builds


def test_kinds_that_a_python_cluster_has_not(workspace: Workspace) -> None:
    cluster_id = workspace.cluster()
    libraries = [
        {"jar": "dbfs:/a.jar"},
        {"maven": {"coordinates": "a:b:1"}},
        {"cran": {"package": "ggplot2"}},
        {"egg": "dbfs:/a.egg"},
    ]
    workspace.post("libraries/install", cluster_id=cluster_id, libraries=libraries)
    entries = settled(workspace, cluster_id)
    assert [e["status"] for e in entries] == ["SKIPPED", "SKIPPED", "FAILED", "FAILED"]
    assert all(entry["messages"] for entry in entries)


def test_libraries_of_a_terminated_cluster_are_installed_at_its_start(workspace: Workspace) -> None:
    cluster_id = workspace.cluster()
    workspace.post("libraries/install", cluster_id=cluster_id, libraries=[NUMPY])
    settled(workspace, cluster_id)
    workspace.post("clusters/delete", cluster_id=cluster_id)
    workspace.cluster_reaches(cluster_id, "TERMINATED")
    workspace.post("libraries/install", cluster_id=cluster_id, libraries=[PANDAS])
    assert statuses(workspace, cluster_id) == {"numpy==2.0": "PENDING", "pandas": "PENDING"}
    workspace.post("clusters/start", cluster_id=cluster_id)
    workspace.cluster_reaches(cluster_id, "RUNNING")
    assert {entry["status"] for entry in settled(workspace, cluster_id)} == {"INSTALLED"}


def test_uninstalling_takes_a_restart(workspace: Workspace) -> None:
    cluster_id = workspace.cluster()
    workspace.post("libraries/install", cluster_id=cluster_id, libraries=[NUMPY, PANDAS])
    settled(workspace, cluster_id)
    workspace.post("libraries/uninstall", cluster_id=cluster_id, libraries=[NUMPY])
    assert statuses(workspace, cluster_id)["numpy==2.0"] == "UNINSTALL_ON_RESTART"
    workspace.post("clusters/restart", cluster_id=cluster_id)
    workspace.cluster_reaches(cluster_id, "RUNNING")
    settled(workspace, cluster_id)
    assert statuses(workspace, cluster_id) == {"pandas": "INSTALLED"}
    python = workspace.model.libraries.python(cluster_id)
    assert str(python) == "/environments/pandas/bin/python"


def test_without_its_only_library_a_cluster_is_as_it_was(workspace: Workspace) -> None:
    cluster_id = workspace.cluster()
    workspace.post("libraries/install", cluster_id=cluster_id, libraries=[NUMPY])
    settled(workspace, cluster_id)
    workspace.post("libraries/uninstall", cluster_id=cluster_id, libraries=[NUMPY])
    workspace.post("clusters/restart", cluster_id=cluster_id)
    workspace.cluster_reaches(cluster_id, "RUNNING")
    assert statuses(workspace, cluster_id) == {}
    assert workspace.model.libraries.python(cluster_id) is None


def test_installing_again_takes_back_an_uninstall(workspace: Workspace) -> None:
    cluster_id = workspace.cluster()
    workspace.post("libraries/install", cluster_id=cluster_id, libraries=[NUMPY])
    settled(workspace, cluster_id)
    workspace.post("libraries/uninstall", cluster_id=cluster_id, libraries=[NUMPY])
    workspace.post("libraries/install", cluster_id=cluster_id, libraries=[NUMPY])
    assert statuses(workspace, cluster_id) == {"numpy==2.0": "INSTALLED"}


def test_uninstalling_what_is_not_installed(workspace: Workspace, stage: Stage) -> None:
    stage.broken_packages.add("pandas")
    cluster_id = workspace.cluster()
    workspace.post("libraries/install", cluster_id=cluster_id, libraries=[PANDAS])
    settled(workspace, cluster_id)
    workspace.post("libraries/uninstall", cluster_id=cluster_id, libraries=[PANDAS, NUMPY])
    assert statuses(workspace, cluster_id) == {}


def test_bad_requests(workspace: Workspace) -> None:
    with pytest.raises(ApiFailure, match="Cluster nowhere does not exist"):
        workspace.post("libraries/install", cluster_id="nowhere", libraries=[NUMPY])
    cluster_id = workspace.cluster()
    with pytest.raises(ApiFailure, match="exactly one of"):
        workspace.post("libraries/install", cluster_id=cluster_id, libraries=[{"deb": "x"}])
    with pytest.raises(ApiFailure, match="Missing required field: libraries"):
        workspace.post("libraries/install", cluster_id=cluster_id)


def test_a_cluster_is_terminated_only_when_its_libraries_know(workspace: Workspace) -> None:
    cluster_id = workspace.cluster()
    lifecycle, states = workspace.model.lifecycle, []
    stopped = lifecycle.when_stopped

    def seen(which: str) -> None:
        states.append(workspace.get("clusters/get", cluster_id=which)["state"])
        stopped(which)

    lifecycle.when_stopped = seen
    workspace.post("clusters/delete", cluster_id=cluster_id)
    workspace.cluster_reaches(cluster_id, "TERMINATED")
    assert states == ["TERMINATING"]
