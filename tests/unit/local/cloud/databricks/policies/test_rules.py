from __future__ import annotations

from typing import Any

import pytest

from modelyard.local.cloud.databricks.exceptions import ApiError
from modelyard.local.cloud.databricks.policies.rules import apply, check_definition


def problem(rule: dict[str, Any], path: str = "field", **specification: Any) -> str:
    with pytest.raises(ApiError) as error:
        apply({path: rule}, specification, "all-purpose")
    return error.value.message


def test_fixed_values_are_filled_in_and_enforced() -> None:
    rule = {"type": "fixed", "value": 20}
    assert apply({"autotermination_minutes": rule}, {}, "job") == {"autotermination_minutes": 20}
    assert 'must be 20 (is "60")' in problem(rule, field=60)
    booleans = {"type": "fixed", "value": True}
    assert apply({"field": booleans}, {"field": True}, "job") == {"field": True}
    assert 'must be true (is "false")' in problem(booleans, field=False)


def test_forbidden_values_must_be_absent() -> None:
    assert apply({"field": {"type": "forbidden"}}, {}, "job") == {}
    assert problem({"type": "forbidden"}, field=1).endswith("the value must not be present")


@pytest.mark.parametrize(
    ("rule", "good", "bad", "told"),
    [
        ({"type": "allowlist", "values": ["a", "b"]}, "b", "c", "must be one of"),
        ({"type": "blocklist", "values": ["a"]}, "b", "a", "must not be one of"),
        ({"type": "regex", "pattern": "wine-.*"}, "wine-1", "beer", "must match the regex"),
        ({"type": "range", "minValue": 2}, 2, 1, "must be at least 2"),
        ({"type": "range", "maxValue": 8}, 8, 9, "must be at most 8"),
        ({"type": "range", "maxValue": 8}, 8, "x", "must be a number"),
    ],
)
def test_limits(rule: dict[str, Any], good: Any, bad: Any, told: str) -> None:
    assert apply({"field": rule}, {"field": good}, "job") == {"field": good}
    assert told in problem(rule, field=bad)
    assert problem(rule) == (
        "Cluster validation error: Validation failed for field, the value must be present"
    )
    assert apply({"field": {**rule, "isOptional": True}}, {}, "job") == {}


def test_defaults_are_filled_in_only_when_asked() -> None:
    definition = {"field": {"type": "unlimited", "defaultValue": 3}}
    assert apply(definition, {"apply_policy_default_values": True}, "job")["field"] == 3
    with pytest.raises(ApiError, match="must be present"):
        apply(definition, {}, "job")
    given = {"apply_policy_default_values": True, "field": 5}
    assert apply(definition, given, "job")["field"] == 5


def test_paths_lead_into_maps_objects_and_lists() -> None:
    definition = {
        "spark_conf.spark.task.cpus": {"type": "fixed", "value": "2"},
        "autoscale.max_workers": {"type": "range", "maxValue": 4},
        "custom_tags.team": {"type": "unlimited"},
        "init_scripts.*.workspace.destination": {"type": "regex", "pattern": "/Shared/.*"},
    }
    specification = {
        "autoscale": {"min_workers": 1, "max_workers": 4},
        "custom_tags": {"team": "wine"},
        "init_scripts": [{"workspace": {"destination": "/Shared/a.sh"}}],
    }
    filled = apply(definition, specification, "job")
    assert filled["spark_conf"] == {"spark.task.cpus": "2"}
    specification["init_scripts"].append({"workspace": {"destination": "/Users/x"}})  # type: ignore[attr-defined]
    with pytest.raises(ApiError, match="/Users/x"):
        apply(definition, specification, "job")


def test_every_violation_is_told() -> None:
    definition = {"a": {"type": "forbidden"}, "b": {"type": "fixed", "value": 1}}
    with pytest.raises(ApiError) as error:
        apply(definition, {"a": 1, "b": 2}, "job")
    assert error.value.message.count("Validation failed for") == 2


def test_the_kind_of_cluster_can_be_limited() -> None:
    definition = {"cluster_type": {"type": "fixed", "value": "job"}}
    assert apply(definition, {}, "job") == {}
    with pytest.raises(ApiError, match='must be job \\(is "all-purpose"\\)'):
        apply(definition, {}, "all-purpose")


def test_the_latest_version_is_a_version() -> None:
    definition = {"spark_version": {"type": "fixed", "value": "auto:latest-lts-ml"}}
    assert apply(definition, {}, "job") == {"spark_version": "17.3.x-cpu-ml-scala2.13"}


@pytest.mark.parametrize(
    ("definition", "told"),
    [
        ([], "JSON object"),
        ({"a": {"type": "magic"}}, "for a must have a type out of"),
        ({"a": 1}, "for a must be an object"),
        ({"a": {"type": "fixed"}}, "needs 'value'"),
        ({"a": {"type": "regex", "pattern": "("}}, "not a regular expression"),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused(definition: Any, told: str) -> None:
    with pytest.raises(ApiError, match=told):
        check_definition(definition)
