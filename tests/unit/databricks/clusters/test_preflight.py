from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.databricks import connection
from modelyard.databricks.clusters import preflight
from modelyard.databricks.clusters.preflight import Limits
from modelyard.errors import InputError, PolicyViolation
from modelyard.http import Session
from unit.cluster_workspace import HOST, NODE_TYPES, RUNTIMES, ClusterWorkspace


@pytest.fixture
def session(clock: FakeClock) -> Iterator[Session]:
    with mocking.Mocker() as mocker:
        ClusterWorkspace(mocker)
        yield connection.connect(HOST, StaticToken("made-up"), clock=clock)


@pytest.mark.parametrize("spec", [{}, {"autotermination_minutes": 0}])
def test_a_cluster_that_would_run_for_ever_is_refused(spec: dict[str, Any]) -> None:
    with pytest.raises(PolicyViolation, match="would run for ever"):
        preflight.check_limits(spec, Limits())
    preflight.check_limits(spec, Limits(autotermination_required=False))


def test_the_limits_of_the_project_are_kept() -> None:
    limits = Limits(most_autotermination_minutes=60, most_workers=4)
    good = {"autotermination_minutes": 60, "num_workers": 4}
    preflight.check_limits(good, limits)
    with pytest.raises(PolicyViolation) as caught:
        preflight.check_limits(
            {"autotermination_minutes": 61, "autoscale": {"min_workers": 1, "max_workers": 5}},
            limits,
        )
    assert "61 idle minutes; max-autotermination-minutes is 60" in caught.value.what
    assert "5 workers; max-workers-allowed is 4" in caught.value.what


def test_what_a_policy_puts_in_counts_too() -> None:
    imposed = {"autotermination_minutes": "20", "autoscale.max_workers": "9"}
    preflight.check_limits({}, Limits(), imposed)
    with pytest.raises(PolicyViolation, match="9 workers"):
        preflight.check_limits({}, Limits(most_workers=4), imposed)
    preflight.check_limits({"num_workers": 2}, Limits(most_workers=4), imposed)


def test_what_the_workspace_offers_passes(session: Session) -> None:
    spec = {"node_type_id": NODE_TYPES[0], "spark_version": RUNTIMES[0]}
    preflight.check_offer(session, spec)
    preflight.check_offer(session, {"spark_version": "custom:mine"})


def test_what_it_does_not_offer_is_told_at_once_with_the_nearest(session: Session) -> None:
    with pytest.raises(InputError) as caught:
        preflight.check_offer(
            session,
            {
                "node_type_id": "Standard_DS3",
                "driver_node_type_id": "Standard_NC6s_v3",
                "spark_version": "15.4.x-cpu-ml",
            },
        )
    for part in (
        "there is no node type Standard_DS3 (did you mean Standard_DS3_v2?)",
        "node type Standard_NC6s_v3: NotAvailableInRegion",
        "spark-version 15.4.x-cpu-ml isn't offered (did you mean 15.4.x-cpu-ml-scala2.12?)",
    ):
        assert part in caught.value.what
