from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.execution import execute
from modelyard.operations.library_install import OPERATION
from unit.cluster_workspace import HOST, ClusterWorkspace

ENVIRONMENT = {"DATABRICKS_HOST": HOST, "DATABRICKS_TOKEN": "made-up-token-1234"}
MLFLOW = {"pypi": {"package": "mlflow==2.0"}}


@pytest.fixture
def workspace() -> Iterator[ClusterWorkspace]:
    with mocking.Mocker() as mocker:
        yield ClusterWorkspace(mocker)


def install(ci: Any, clock: FakeClock, libraries: str, **given: str) -> int:
    inputs = {name.replace("_", "-"): value for name, value in given.items()}
    inputs = {"cluster-name": "ml", "libraries": libraries, **inputs}
    return execute(OPERATION, inputs, ci, environment=ENVIRONMENT, clock=clock)


def test_only_what_is_not_there_is_installed(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    cluster_id = workspace.add("ml")
    workspace.libraries[cluster_id] = [{"library": MLFLOW, "status": "INSTALLED"}]
    assert install(recording_ci, clock, "- mlflow==2.0\n- pandas==2.1") == 0
    (body,) = workspace.asked("libraries/install")
    assert body["libraries"] == [{"pypi": {"package": "pandas==2.1"}}]
    assert recording_ci.outputs == {
        "cluster-id": cluster_id,
        "installed": "1",
        "already-there": "1",
        "restart-needed": "false",
    }
    assert "installing pypi pandas==2.1" in recording_ci.text


def test_nothing_to_do_sends_nothing(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    cluster_id = workspace.add("ml")
    workspace.libraries[cluster_id] = [{"library": MLFLOW, "status": "INSTALLED"}]
    assert install(recording_ci, clock, "[mlflow==2.0]") == 0
    assert workspace.calls == []


def test_the_list_may_be_a_file(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock, tmp_path: Path
) -> None:
    workspace.add("ml")
    file = tmp_path / "library.json"
    file.write_text('[{"pypi": {"package": "azureml-sdk[databricks]==1.0.45"}}]', "utf-8")
    assert install(recording_ci, clock, str(file)) == 0
    assert recording_ci.outputs["installed"] == "1"
    assert install(recording_ci, clock, str(tmp_path / "missing.json")) == 3


def test_every_failure_is_told_with_pips_words(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    workspace.add("ml")
    workspace.library_outcome = lambda library: {
        "status": "FAILED",
        "messages": [f"No matching distribution found for {library['pypi']['package']}"],
    }
    assert install(recording_ci, clock, "[a==1, b==2]") == 35
    for name in ("a==1", "b==2"):
        assert f"No matching distribution found for {name}" in recording_ci.outputs["error"]


@pytest.mark.parametrize("state", ["TERMINATED", "TERMINATING", "ERROR"])
def test_a_cluster_that_does_not_run_is_a_clear_error(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock, state: str
) -> None:
    workspace.add("ml", state)
    assert install(recording_ci, clock, "[mlflow]") == 30
    assert (
        f"is {state}: libraries are installed on a running cluster only"
        in (recording_ci.outputs["error"])
    )
    assert any("cluster-start" in text for text in recording_ci.errors())
    assert workspace.calls == []


def test_a_cluster_on_its_way_is_waited_for(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    cluster_id = workspace.add("ml", "PENDING")
    workspace.coming[cluster_id] = [{}, {}, {"state": "RUNNING"}]
    assert install(recording_ci, clock, "[mlflow]") == 0
    assert [path for path, _ in workspace.calls] == ["libraries/install"]


def test_a_cluster_that_is_not_there_is_named(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    assert install(recording_ci, clock, "[mlflow]") == 14
    assert "there is no cluster ml" in recording_ci.outputs["error"]


def test_pruning_uninstalls_the_others_and_says_that_a_restart_is_needed(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    cluster_id = workspace.add("ml")
    workspace.libraries[cluster_id] = [{"library": MLFLOW, "status": "INSTALLED"}]
    assert install(recording_ci, clock, "[mlflow==2.1]", prune="true") == 0
    assert workspace.asked("libraries/uninstall")[0]["libraries"] == [MLFLOW]
    assert recording_ci.outputs["restart-needed"] == "true"
    assert any("has to restart before pypi mlflow==2.0" in w for w in recording_ci.warnings())


def test_another_version_that_stays_is_warned_of(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    cluster_id = workspace.add("ml")
    workspace.libraries[cluster_id] = [{"library": MLFLOW, "status": "INSTALLED"}]
    assert install(recording_ci, clock, "[MLflow==2.1]") == 0
    assert any("mlflow==2.0 too" in text for text in recording_ci.warnings())
    assert workspace.asked("libraries/uninstall") == []


def test_a_dry_run_writes_nothing(
    workspace: ClusterWorkspace, recording_ci: Any, clock: FakeClock
) -> None:
    cluster_id = workspace.add("ml")
    workspace.libraries[cluster_id] = [{"library": MLFLOW, "status": "INSTALLED"}]
    assert install(recording_ci, clock, "[pandas]", prune="true", dry_run="true") == 0
    assert "would install pypi pandas" in recording_ci.text
    assert "would uninstall at its next restart pypi mlflow==2.0" in recording_ci.text
    assert workspace.calls == []
