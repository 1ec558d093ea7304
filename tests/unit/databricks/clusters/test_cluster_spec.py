from __future__ import annotations

from typing import Any

import pytest

from modelyard.databricks.clusters import cluster_spec
from modelyard.errors import InputError

SMALL: dict[str, Any] = {"workers": None, "least": None, "most": None, "single_node": False}


def test_a_field_that_no_cluster_has_is_named_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match=r"node_type_ids.*did you mean node_type_id"):
        cluster_spec.from_structure({"node_type_ids": "x"})


def test_every_field_that_the_sdk_sends_is_accepted() -> None:
    compute = pytest.importorskip("databricks.sdk.service.compute")
    import inspect

    sent = set(inspect.signature(compute.ClustersAPI.create).parameters) - {"self", "clone_from"}
    assert sent <= cluster_spec.FIELDS


@pytest.mark.parametrize("value", ["a text", 7, ["a", "list"]])
def test_a_spec_that_is_no_mapping_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match="spec isn't a mapping"):
        cluster_spec.from_structure(value)


def test_yaml_truth_and_numbers_become_the_texts_that_spark_expects() -> None:
    spec = cluster_spec.from_structure(
        {"spark_conf": {"spark.databricks.delta.preview.enabled": True, "spark.task.cpus": 2}}
    )
    assert spec["spark_conf"] == {
        "spark.databricks.delta.preview.enabled": "true",
        "spark.task.cpus": "2",
    }


def test_a_mapping_in_a_mapping_of_texts_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="spark-env: the value of A"):
        cluster_spec.texts({"A": {"B": "C"}}, "spark-env")


@pytest.mark.parametrize(
    ("size", "complaint"),
    [
        ({"workers": 2, "least": 1, "most": 2}, "num-workers is given, and min-workers"),
        ({"least": 1}, "only given together"),
        ({"most": 1}, "only given together"),
        ({"workers": 2, "single_node": True}, "single-node is true"),
        ({"least": 0, "most": 2, "single_node": True}, "single-node is true"),
    ],
)
def test_contradictory_sizes_are_refused(size: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        cluster_spec.with_size({}, **{**SMALL, **size})


def test_the_size_of_the_inputs_replaces_that_of_the_spec() -> None:
    scaled = {"autoscale": {"min_workers": 1, "max_workers": 9}}
    assert cluster_spec.with_size(scaled, **{**SMALL, "workers": 3}) == {"num_workers": 3}
    fixed = cluster_spec.with_size({"num_workers": 3}, **{**SMALL, "least": 1, "most": 2})
    assert fixed == {"autoscale": {"min_workers": 1, "max_workers": 2}}


def test_single_node_makes_the_driver_work_alone_and_keeps_other_settings() -> None:
    spec = cluster_spec.with_size(
        {"spark_conf": {"a": "b"}, "autoscale": {}}, **{**SMALL, "single_node": True}
    )
    assert spec == {
        "num_workers": 0,
        "spark_conf": {
            "a": "b",
            "spark.databricks.cluster.profile": "singleNode",
            "spark.master": "local[*]",
        },
        "custom_tags": {"ResourceClass": "SingleNode"},
    }
    cluster_spec.check(spec)


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ({"num_workers": 1, "autoscale": {"min_workers": 1, "max_workers": 2}}, "both num_workers"),
        ({"autoscale": {"min_workers": 3, "max_workers": 2}}, "from 3 to 2"),
        ({"autoscale": {"min_workers": 0, "max_workers": 0}}, "from 0 to 0"),
        ({"autoscale": {"min_workers": 3}}, "needs min_workers and max_workers"),
        ({"autoscale": "1-3"}, "needs min_workers and max_workers"),
        ({"num_workers": -1}, "num_workers is -1"),
        ({"num_workers": "two"}, "num_workers is 'two'"),
        ({"num_workers": 0}, "set single-node"),
        ({"instance_pool_id": "p", "node_type_id": "n"}, "node_type_id comes from the instance"),
        ({"instance_pool_id": "p", "enable_elastic_disk": True}, "enable_elastic_disk comes"),
        ({"autotermination_minutes": 5}, "not 0 or 10 to 10000"),
        ({"autotermination_minutes": 10001}, "not 0 or 10 to 10000"),
        ({"data_security_mode": "SHARED"}, "data_security_mode is SHARED"),
        ({"data_security_mode": "USER_ISOLATION", "single_user_name": "a"}, "for several users"),
    ],
)
def test_what_the_service_would_refuse_is_refused_before(
    spec: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        cluster_spec.check(spec)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        cluster_spec.check({"num_workers": -1, "autotermination_minutes": 1})
    assert "num_workers is -1" in caught.value.what
    assert "autotermination_minutes is 1" in caught.value.what


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/Users/a/setup.sh", {"workspace": {"destination": "/Users/a/setup.sh"}}),
        ("/Volumes/c/s/v/x.sh", {"volumes": {"destination": "/Volumes/c/s/v/x.sh"}}),
        ("dbfs:/init/x.sh", {"dbfs": {"destination": "dbfs:/init/x.sh"}}),
        ("abfss://c@a.dfs/x.sh", {"abfss": {"destination": "abfss://c@a.dfs/x.sh"}}),
    ],
)
def test_an_init_script_is_where_its_path_says(path: str, expected: dict[str, Any]) -> None:
    assert cluster_spec.init_script(path) == expected


def test_an_init_script_of_the_repository_has_to_be_uploaded_first() -> None:
    with pytest.raises(InputError) as caught:
        cluster_spec.init_script("scripts/setup.sh")
    assert "files-upload" in caught.value.fix


def test_what_is_missing_to_create_is_listed() -> None:
    with pytest.raises(InputError) as caught:
        cluster_spec.check_complete({"cluster_name": "ml"})
    for name in ("cluster ml", "spark-version", "node-type", "num-workers"):
        assert name in caught.value.what


def test_a_policy_may_give_what_the_inputs_leave_out() -> None:
    imposed = {"spark_version": "15.4", "node_type_id": "n", "autoscale.max_workers": "4"}
    cluster_spec.check_complete({"cluster_name": "ml"}, imposed)
