from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.databricks import connection
from modelyard.databricks.clusters import policies
from modelyard.databricks.clusters.policies import broken_rules
from modelyard.errors import NotFound, PolicyViolation
from modelyard.http import Session
from unit.cluster_workspace import HOST, ClusterWorkspace


@pytest.fixture
def workspace() -> Iterator[ClusterWorkspace]:
    with mocking.Mocker() as mocker:
        yield ClusterWorkspace(mocker)


@pytest.fixture
def session(clock: FakeClock) -> Session:
    return connection.connect(HOST, StaticToken("made-up"), clock=clock)


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        ({"type": "fixed", "value": 30}, 30, 31),
        ({"type": "fixed", "value": "true"}, True, False),
        ({"type": "allowlist", "values": ["a", "b"]}, "b", "c"),
        ({"type": "blocklist", "values": ["a"]}, "b", "a"),
        ({"type": "regex", "pattern": "15\\..*"}, "15.4", "x15.4"),
        ({"type": "range", "minValue": 2, "maxValue": 4}, 4, 5),
        ({"type": "range", "minValue": 2}, 99, 1),
        ({"type": "range", "maxValue": 4}, 0, "many"),
        ({"type": "unlimited"}, "whatever", None),
    ],
)
def test_every_kind_of_rule(rule: dict[str, Any], good: Any, bad: Any) -> None:
    assert broken_rules({"field": good}, {"field": rule}) == ()
    if bad is not None:
        (only,) = broken_rules({"field": bad}, {"field": rule})
        assert only.startswith("field: ")
        assert rule["type"] in only


def test_a_forbidden_field_may_be_absent_only() -> None:
    rules = {"instance_pool_id": {"type": "forbidden"}}
    assert broken_rules({"num_workers": 1}, rules) == ()
    assert len(broken_rules({"instance_pool_id": "p"}, rules)) == 1


def test_forbidding_a_whole_object_forbids_what_is_in_it() -> None:
    rules = {"azure_attributes": {"type": "forbidden"}}
    assert len(broken_rules({"azure_attributes": {"availability": "SPOT_AZURE"}}, rules)) == 1


SCRIPTS = {"init_scripts": [{"volumes": {"destination": "9"}}]}


@pytest.mark.parametrize(
    ("path", "spec"),
    [
        ("autoscale.max_workers", {"autoscale": {"min_workers": 1, "max_workers": 9}}),
        ("spark_conf.spark.task.cpus", {"spark_conf": {"spark.task.cpus": "9"}}),
        ("custom_tags.*", {"custom_tags": {"team": "9"}}),
        ("init_scripts.*.volumes.destination", SCRIPTS),
        ("init_scripts.0.volumes.destination", SCRIPTS),
    ],
)
def test_paths_lead_into_objects_lists_and_dotted_names(path: str, spec: dict[str, Any]) -> None:
    (only,) = broken_rules(spec, {path: {"type": "allowlist", "values": ["1"]}})
    assert only.startswith(f"{path}: 9 isn't allowed")


def test_a_limiting_rule_makes_its_field_required() -> None:
    limit: dict[str, Any] = {"type": "range", "maxValue": 4}
    (only,) = broken_rules({}, {"autoscale.max_workers": limit})
    assert "must be given" in only
    assert broken_rules({}, {"autoscale.max_workers": {**limit, "isOptional": True}}) == ()
    assert broken_rules({}, {"autoscale.max_workers": {**limit, "defaultValue": 2}}) == ()
    assert broken_rules({}, {"init_scripts.*.dbfs.destination": limit}) == ()
    assert broken_rules({}, {"num_workers": {"type": "fixed", "value": 1}}) == ()


def test_what_only_the_service_can_tell_is_left_to_it() -> None:
    rules: dict[str, dict[str, Any]] = {
        "dbus_per_hour": {"type": "range", "maxValue": 10},
        "cluster_type": {"type": "fixed", "value": "all-purpose"},
        "spark_version": {"type": "fixed", "value": "auto:latest-lts"},
        "node_type_id": {"type": "regex", "pattern": "(?<java>x)"},
        "runtime_engine": {"type": "something new"},
    }
    spec = {"spark_version": "15.4", "node_type_id": "n", "runtime_engine": "PHOTON"}
    assert broken_rules(spec, rules) == ()


def test_a_violation_names_the_policy_and_every_broken_rule(
    workspace: ClusterWorkspace, session: Session
) -> None:
    workspace.add_policy(
        "small",
        {
            "num_workers": {"type": "range", "maxValue": 2},
            "autotermination_minutes": {"type": "fixed", "value": 20},
        },
    )
    policy = policies.find(session, "small")
    with pytest.raises(PolicyViolation) as caught:
        policies.check({"num_workers": 3, "autotermination_minutes": 30}, policy)
    for part in ("2 rule(s)", "policy small", "num_workers: 3", "autotermination_minutes: 30"):
        assert part in caught.value.what


def test_the_name_of_a_policy_is_exact(workspace: ClusterWorkspace, session: Session) -> None:
    workspace.add_policy("small", {})
    workspace.add_policy("smaller", {})
    assert policies.find(session, "small").name == "small"
    with pytest.raises(NotFound, match="small, smaller"):
        policies.find(session, "smal")


def test_fixed_and_default_values_are_what_a_policy_puts_in(
    workspace: ClusterWorkspace, session: Session
) -> None:
    policy_id = workspace.add_policy(
        "p",
        {
            "autotermination_minutes": {"type": "unlimited", "defaultValue": 20},
            "spark_conf.a": {"type": "fixed", "value": True},
            "num_workers": {"type": "range", "maxValue": 2},
        },
    )
    assert policies.get(session, policy_id).imposed == {
        "autotermination_minutes": "20",
        "spark_conf.a": "true",
    }
