from __future__ import annotations

import pytest

from modelyard.databricks.clusters import cluster_states, library_states
from modelyard.databricks.clusters.cluster_states import Phase, reason_text
from modelyard.databricks.clusters.library_states import LibraryPhase
from modelyard.errors import UnknownState

DECLARED = {
    "PENDING": Phase.STARTING,
    "RUNNING": Phase.READY,
    "RESTARTING": Phase.STARTING,
    "RESIZING": Phase.READY,
    "TERMINATING": Phase.STOPPING,
    "TERMINATED": Phase.STOPPED,
    "ERROR": Phase.BROKEN,
    "UNKNOWN": Phase.UNCLEAR,
}
"""The states of the REST reference, with what a waiter has to make of them."""
LIBRARIES = {
    "PENDING": LibraryPhase.WORKING,
    "RESOLVING": LibraryPhase.WORKING,
    "INSTALLING": LibraryPhase.WORKING,
    "INSTALLED": LibraryPhase.USABLE,
    "RESTORED": LibraryPhase.USABLE,
    "SKIPPED": LibraryPhase.SKIPPED,
    "FAILED": LibraryPhase.FAILED,
    "UNINSTALL_ON_RESTART": LibraryPhase.LEAVING,
}


def test_every_state_of_a_cluster_has_a_meaning() -> None:
    assert dict(cluster_states.PHASES) == DECLARED


def test_every_state_of_a_library_has_a_meaning() -> None:
    assert dict(library_states.PHASES) == LIBRARIES


def test_the_sdk_knows_no_state_that_the_tables_lack() -> None:
    compute = pytest.importorskip("databricks.sdk.service.compute")
    assert {one.value for one in compute.State} == set(cluster_states.PHASES)
    assert {one.value for one in compute.LibraryInstallStatus} == set(library_states.PHASES)


def test_a_state_nobody_knows_is_an_error_with_its_raw_value() -> None:
    with pytest.raises(UnknownState, match=r"cluster ml .*'HIBERNATING'"):
        cluster_states.phase_of("HIBERNATING", "cluster ml")
    with pytest.raises(UnknownState, match="'BAKING'"):
        library_states.phase_of("BAKING", "pypi wheel")
    with pytest.raises(UnknownState, match="''"):
        cluster_states.phase_of("", "cluster ml")


def test_a_reason_tells_its_code_type_and_every_parameter() -> None:
    reason = {
        "code": "INIT_SCRIPT_FAILURE",
        "type": "CLIENT_ERROR",
        "parameters": {"instance_id": "i-1", "databricks_error_message": "exit\n  code 2"},
    }
    assert reason_text(reason) == (
        "INIT_SCRIPT_FAILURE (CLIENT_ERROR): databricks_error_message=exit code 2, instance_id=i-1"
    )
    assert reason_text(None) == ""
