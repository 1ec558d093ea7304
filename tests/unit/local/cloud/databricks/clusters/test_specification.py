from __future__ import annotations

from typing import Any

import pytest

from modelyard.local.cloud.databricks.clusters import catalogue
from modelyard.local.cloud.databricks.clusters.specification import check, size_of, specification
from modelyard.local.cloud.databricks.exceptions import ApiError

GOOD: dict[str, Any] = {
    "spark_version": "15.4.x-scala2.12",
    "node_type_id": "Standard_DS3_v2",
    "num_workers": 2,
}


def test_a_plain_specification_is_fine() -> None:
    check(specification(GOOD))
    check(specification({**GOOD, "autotermination_minutes": 0}))
    check(specification({**GOOD, "autotermination_minutes": "15"}))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"spark_version": None}, "Missing required field: spark_version"),
        ({"spark_version": "7.3.x-scala2.12"}, "Invalid spark version 7.3.x-scala2.12."),
        ({"node_type_id": None}, "Missing required field: node_type_id"),
        ({"node_type_id": "Big_One"}, "Node type Big_One is not supported. Supported node types"),
        ({"num_workers": None}, "Missing required field: size"),
        ({"num_workers": -1}, "Invalid num_workers: -1"),
        ({"num_workers": 0}, "NumWorkers could be 0 only for SingleNode clusters"),
        ({"num_workers": "two"}, "num_workers must be a whole number"),
        ({"autoscale": {"min_workers": 3, "max_workers": 2}}, r"max_workers \(2\)"),
        ({"autoscale": {"min_workers": 1}}, "Missing required field: max_workers"),
        ({"autotermination_minutes": 5}, "Invalid autotermination_minutes: 5"),
        ({"autotermination_minutes": 10001}, "Invalid autotermination_minutes: 10001"),
        ({"instance_pool_id": "p"}, "'node_type_id' cannot be supplied when an instance pool"),
        ({"spark_conf": "x"}, "spark_conf must be an object"),
    ],
)
def test_the_service_s_texts_say_what_is_wrong(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ApiError, match=message) as error:
        check(specification({**GOOD, **fields}))
    assert (error.value.code, error.value.error_code) == (400, "INVALID_PARAMETER_VALUE")


def test_single_nodes_and_pools_need_less() -> None:
    single = {"spark.databricks.cluster.profile": "singleNode"}
    check(specification({**GOOD, "num_workers": 0, "spark_conf": single}))
    check(specification({**GOOD, "num_workers": 0, "is_single_node": True}))
    check(specification({**GOOD, "node_type_id": None, "instance_pool_id": "p"}))


def test_job_clusters_have_no_autotermination() -> None:
    with pytest.raises(ApiError, match="not supported for job clusters"):
        check(specification({**GOOD, "autotermination_minutes": 15}), is_job_cluster=True)


def test_size() -> None:
    assert size_of(GOOD) == 2
    assert size_of({"autoscale": {"min_workers": 1, "max_workers": 8}}) == 1


def test_unknown_fields_are_ignored_as_by_the_service() -> None:
    assert "colour" not in specification({**GOOD, "colour": "red"})


def test_the_catalogue_has_what_pipelines_ask_for() -> None:
    keys = [version["key"] for version in catalogue.spark_versions()]
    assert "15.4.x-cpu-ml-scala2.12" in keys
    assert len(set(keys)) == len(keys)
    assert catalogue.latest_lts() == "17.3.x-scala2.13"
    assert catalogue.latest_lts("cpu-ml-") == "17.3.x-cpu-ml-scala2.13"
    assert catalogue.runtime_of("15.4.x-cpu-ml-scala2.12") == "15.4"
