from __future__ import annotations

from typing import Any

import pytest

from modelyard.databricks.clusters.cluster_comparison import differences, merged

MARK = {"modelyard-token": "t" * 64}
EXISTING: dict[str, Any] = {
    "cluster_id": "1",
    "cluster_name": "ml",
    "state": "RUNNING",
    "spark_version": "15.4.x-scala2.12",
    "node_type_id": "Standard_DS3_v2",
    "driver_node_type_id": "Standard_DS3_v2",
    "num_workers": 2,
    "autotermination_minutes": 30,
    "spark_conf": {"a": "1", "b": "2"},
    "custom_tags": {"team": "ml", **MARK},
    "default_tags": {"Vendor": "Databricks"},
    "azure_attributes": {"availability": "SPOT_AZURE", "first_on_demand": 1},
    "init_scripts": [{"workspace": {"destination": "/x.sh"}}],
}


def fields(asked: dict[str, Any], **existing: Any) -> list[str]:
    return [one.field for one in differences(asked, {**EXISTING, **existing})]


def test_only_what_was_asked_for_is_compared() -> None:
    assert fields({}) == []
    assert fields({"num_workers": 2, "spark_version": "15.4.x-scala2.12"}) == []
    assert fields({"num_workers": 3, "cluster_name": "ml"}) == ["num_workers"]


def test_a_difference_says_what_is_there_and_what_was_asked_for() -> None:
    (only,) = differences({"num_workers": 3}, EXISTING)
    assert only.text == "num_workers 2, asked for 3"


def test_values_of_mappings_may_be_secrets_and_are_not_told() -> None:
    (only,) = differences({"spark_conf": {"a": "1", "b": "hunter2"}}, EXISTING)
    assert only.text == "spark_conf in b"


def test_an_entry_that_nobody_asks_for_any_more_differs() -> None:
    assert fields({"spark_conf": {"a": "1"}}) == ["spark_conf"]


def test_what_a_policy_adds_is_no_difference() -> None:
    asked = {"spark_conf": {"a": "1"}}
    assert differences(asked, EXISTING, {"spark_conf.b": "2"}) == ()


def test_the_mark_of_another_run_is_no_difference() -> None:
    assert fields({"custom_tags": {"team": "ml"}}) == []


@pytest.mark.parametrize(
    ("asked", "existing"),
    [
        ({"azure_attributes": {"availability": "SPOT_AZURE"}}, {}),
        ({"init_scripts": [{"workspace": {"destination": "/x.sh"}}]}, {}),
        ({"enable_elastic_disk": False}, {}),
        ({"autotermination_minutes": 0}, {"autotermination_minutes": None}),
        (
            {"data_security_mode": "DATA_SECURITY_MODE_STANDARD"},
            {"data_security_mode": "USER_ISOLATION"},
        ),
        ({"driver_node_type_id": "Standard_DS3_v2"}, {"driver_node_type_id": None}),
        ({"apply_policy_default_values": True}, {}),
        ({"spark_version": "auto:latest-lts"}, {"spec": {"spark_version": "auto:latest-lts"}}),
        (
            {"docker_image": {"url": "u", "basic_auth": {"password": "x"}}},
            {"docker_image": {"url": "u"}},
        ),
    ],
)
def test_what_the_service_spells_otherwise_is_no_difference(
    asked: dict[str, Any], existing: dict[str, Any]
) -> None:
    assert fields(asked, **existing) == []


@pytest.mark.parametrize(
    ("asked", "existing", "expected"),
    [
        ({"num_workers": 2}, {"autoscale": {"min_workers": 1, "max_workers": 4}}, "num_workers"),
        ({"autoscale": {"min_workers": 1, "max_workers": 4}}, {}, "autoscale"),
        ({"init_scripts": []}, {}, "init_scripts"),
        ({"azure_attributes": {"availability": "ON_DEMAND_AZURE"}}, {}, "azure_attributes"),
        ({"num_workers": 2}, {"num_workers": 8, "spec": {"num_workers": 2}}, "num_workers"),
        ({"driver_node_type_id": "Standard_DS4_v2"}, {}, "driver_node_type_id"),
    ],
)
def test_real_differences_are_found(
    asked: dict[str, Any], existing: dict[str, Any], expected: str
) -> None:
    assert fields(asked, **existing) == [expected]


def test_an_edit_keeps_what_nobody_asked_to_change() -> None:
    whole = merged({"num_workers": 3}, EXISTING)
    assert whole == {
        "cluster_name": "ml",
        "spark_version": "15.4.x-scala2.12",
        "node_type_id": "Standard_DS3_v2",
        "driver_node_type_id": "Standard_DS3_v2",
        "num_workers": 3,
        "autotermination_minutes": 30,
        "spark_conf": {"a": "1", "b": "2"},
        "custom_tags": {"team": "ml", **MARK},
        "azure_attributes": {"availability": "SPOT_AZURE", "first_on_demand": 1},
        "init_scripts": [{"workspace": {"destination": "/x.sh"}}],
    }


def test_the_users_own_settings_are_the_base_where_the_service_shows_them() -> None:
    spec = {"cluster_name": "ml", "spark_version": "auto:latest", "num_workers": 1}
    assert merged({"num_workers": 3}, {**EXISTING, "spec": spec}) == {**spec, "num_workers": 3}


def test_asking_for_workers_ends_scaling_and_the_other_way_round() -> None:
    scale = {"min_workers": 1, "max_workers": 4}
    assert "autoscale" not in merged({"num_workers": 3}, {**EXISTING, "autoscale": scale})
    assert "num_workers" not in merged({"autoscale": scale}, EXISTING)


def test_the_momentary_number_of_workers_of_a_scaling_cluster_is_not_sent() -> None:
    scale = {"min_workers": 1, "max_workers": 4}
    whole = merged({"spark_version": "16"}, {**EXISTING, "autoscale": scale})
    assert whole["autoscale"] == scale
    assert "num_workers" not in whole


def test_tags_asked_for_keep_the_mark_of_who_created_the_cluster() -> None:
    whole = merged({"custom_tags": {"team": "other"}}, EXISTING)
    assert whole["custom_tags"] == {"team": "other", **MARK}


def test_a_single_node_that_gets_workers_loses_its_profile() -> None:
    single = {
        "num_workers": 0,
        "spark_conf": {
            "a": "1",
            "spark.databricks.cluster.profile": "singleNode",
            "spark.master": "local[*]",
        },
        "custom_tags": {"ResourceClass": "SingleNode", "team": "ml"},
    }
    whole = merged({"num_workers": 2}, {**EXISTING, **single})
    assert whole["spark_conf"] == {"a": "1"}
    assert whole["custom_tags"] == {"team": "ml"}


def test_a_pool_and_node_types_exclude_each_other() -> None:
    to_pool = merged({"instance_pool_id": "p"}, {**EXISTING, "enable_elastic_disk": True})
    assert "node_type_id" not in to_pool
    assert "enable_elastic_disk" not in to_pool
    from_pool = merged({"node_type_id": "n"}, {**EXISTING, "instance_pool_id": "p"})
    assert "instance_pool_id" not in from_pool
