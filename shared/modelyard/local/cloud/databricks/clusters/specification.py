"""What a cluster shall be: the fields of create and edit, checked as the service checks them."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.databricks import exceptions, shapes
from modelyard.local.cloud.databricks.clusters import catalogue

FIELDS = frozenset(
    {
        *("cluster_name", "spark_version", "node_type_id", "driver_node_type_id", "num_workers"),
        *("autoscale", "autotermination_minutes", "spark_conf", "spark_env_vars", "custom_tags"),
        *("instance_pool_id", "driver_instance_pool_id", "policy_id", "enable_elastic_disk"),
        *("apply_policy_default_values", "init_scripts", "cluster_log_conf", "azure_attributes"),
        *("data_security_mode", "single_user_name", "runtime_engine", "ssh_public_keys"),
        *("docker_image", "workload_type", "is_single_node", "kind", "use_ml_runtime"),
        *(
            "enable_local_disk_encryption",
            "remote_disk_throughput",
            "total_initial_remote_disk_size",
        ),
    }
)
"""Fields that describe a cluster; others in a request are ignored, as by the service."""

SHAPE: dict[str, Any] = {
    **dict.fromkeys(("cluster_name", "spark_version", "node_type_id", "driver_node_type_id"), str),
    **dict.fromkeys(("instance_pool_id", "driver_instance_pool_id", "policy_id"), str),
    **dict.fromkeys(("apply_policy_default_values", "is_single_node"), bool),
    "spark_conf": {},
    "spark_env_vars": {},
    "custom_tags": {},
    "azure_attributes": {},
    "autoscale": {},
    "init_scripts": [{}],
}
AUTOTERMINATION = range(10, 10001)


def specification(request: dict[str, Any]) -> dict[str, Any]:
    """The fields of a request that describe the cluster. Raises for values of a wrong shape."""
    fields = {key: value for key, value in shapes.without_nulls(request).items() if key in FIELDS}
    shapes.check(fields, SHAPE)
    if "autotermination_minutes" in fields:
        fields["autotermination_minutes"] = _integer(fields, "autotermination_minutes")
    return fields


def check(fields: dict[str, Any], is_job_cluster: bool = False) -> None:
    """Raises INVALID_PARAMETER_VALUE with the service's text. Policies were applied before."""
    _check_version(fields)
    _check_nodes(fields)
    _check_size(fields)
    minutes = fields.get("autotermination_minutes", 0)
    if minutes and is_job_cluster:
        raise exceptions.invalid_parameter(
            "Cluster autotermination is not supported for job clusters."
        )
    if minutes and minutes not in AUTOTERMINATION:
        raise exceptions.invalid_parameter(
            f"Invalid autotermination_minutes: {minutes}. It must be 0 or between "
            f"{AUTOTERMINATION.start} and {AUTOTERMINATION.stop - 1}."
        )


def size_of(fields: dict[str, Any]) -> int:
    """Workers a running cluster has: the fixed number, or the least that autoscale allows."""
    if "autoscale" in fields:
        return int(fields["autoscale"].get("min_workers", 0))
    return int(fields.get("num_workers", 0))


def _check_version(fields: dict[str, Any]) -> None:
    version = fields.get("spark_version")
    if not version:
        raise exceptions.missing_field("spark_version")
    if not catalogue.is_spark_version(version):
        raise exceptions.invalid_parameter(f"Invalid spark version {version}.")


def _check_nodes(fields: dict[str, Any]) -> None:
    pooled = bool(fields.get("instance_pool_id"))
    for name in ("node_type_id", "driver_node_type_id"):
        value = fields.get(name)
        if pooled and value:
            raise exceptions.invalid_parameter(
                f"The field '{name}' cannot be supplied when an instance pool ID is provided."
            )
        if value and not catalogue.is_node_type(value):
            known = ", ".join(size for size, _, _ in catalogue.SIZES)
            raise exceptions.invalid_parameter(
                f"Node type {value} is not supported. Supported node types: {known}"
            )
    if not pooled and not fields.get("node_type_id"):
        raise exceptions.missing_field("node_type_id")


def _check_size(fields: dict[str, Any]) -> None:
    if "autoscale" in fields:
        low = _integer(fields["autoscale"], "min_workers")
        high = _integer(fields["autoscale"], "max_workers")
        if low < 0 or high < max(low, 1):
            raise exceptions.invalid_parameter(
                f"The max_workers ({high}) must be at least 1 and not less than min_workers ({low})"
            )
        return
    if "num_workers" not in fields:
        if not fields.get("is_single_node"):
            raise exceptions.missing_field("size")
        return
    workers = _integer(fields, "num_workers")
    if workers < 0:
        raise exceptions.invalid_parameter(f"Invalid num_workers: {workers}")
    if workers == 0 and not _is_single_node(fields):
        raise exceptions.invalid_parameter(
            "NumWorkers could be 0 only for SingleNode clusters. Set is_single_node, or "
            "spark.databricks.cluster.profile to singleNode in spark_conf."
        )


def _is_single_node(fields: dict[str, Any]) -> bool:
    profile = fields.get("spark_conf", {}).get("spark.databricks.cluster.profile")
    return bool(fields.get("is_single_node")) or profile == "singleNode"


def _integer(fields: dict[str, Any], name: str) -> int:
    if name not in fields:
        raise exceptions.missing_field(name)
    return shapes.whole_number(name, fields[name])
