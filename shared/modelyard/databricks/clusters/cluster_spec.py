"""What a cluster shall be: only what was asked for, checked for contradictions.

A spec is a mapping with the fields of ``clusters/create``. It holds what somebody asked for and
no defaults of ours, so that an existing cluster can be compared with it field by field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.errors import InputError
from modelyard.reading import nearest

FIELDS = frozenset(
    {
        *("cluster_name", "spark_version", "num_workers", "autoscale", "autotermination_minutes"),
        *("node_type_id", "driver_node_type_id", "instance_pool_id", "driver_instance_pool_id"),
        *("driver_node_type_flexibility", "worker_node_type_flexibility"),
        *("spark_conf", "spark_env_vars", "custom_tags", "init_scripts", "cluster_log_conf"),
        *("policy_id", "apply_policy_default_values", "azure_attributes", "aws_attributes"),
        *("gcp_attributes", "data_security_mode", "single_user_name", "runtime_engine", "kind"),
        *("is_single_node", "use_ml_runtime", "enable_elastic_disk", "workload_type"),
        *("enable_local_disk_encryption", "remote_disk_throughput", "ssh_public_keys"),
        *("total_initial_remote_disk_size", "docker_image", "dependency_mode"),
        "init_scripts_safe_mode",  # no longer in the reference, still in people's files
    }
)
"""Fields of ``clusters/create`` (REST reference, API 2.1)."""

MAPPINGS = ("spark_conf", "spark_env_vars", "custom_tags")
"""Fields that map texts to texts."""

FROM_POOL = ("node_type_id", "driver_node_type_id", "enable_elastic_disk")
"""Fields that the service refuses beside ``instance_pool_id``."""

SECURITY_MODES = (
    *("NONE", "SINGLE_USER", "USER_ISOLATION", "LEGACY_TABLE_ACL", "LEGACY_PASSTHROUGH"),
    *("LEGACY_SINGLE_USER", "LEGACY_SINGLE_USER_STANDARD", "DATA_SECURITY_MODE_AUTO"),
    *("DATA_SECURITY_MODE_STANDARD", "DATA_SECURITY_MODE_DEDICATED"),
)
SINGLE_NODE_CONF = {"spark.databricks.cluster.profile": "singleNode", "spark.master": "local[*]"}
SINGLE_NODE_TAGS = {"ResourceClass": "SingleNode"}
_VOLUMES = "/Volumes/"


def from_structure(value: Any, where: str = "spec") -> dict[str, Any]:
    """A spec from a parsed file.

    :raises InputError: when it isn't a mapping or has a field that the service would ignore.
    """
    if not isinstance(value, Mapping):
        raise InputError(f"{where} isn't a mapping of cluster fields, but {type(value).__name__}")
    for name in value:
        if name not in FIELDS:
            raise InputError(
                f"{where} has the field {name}, which no cluster has{nearest(str(name), FIELDS)}",
                fix="use the fields of clusters/create in the REST reference",
            )
    spec = {str(name): field for name, field in value.items() if field is not None}
    for name in MAPPINGS:
        if name in spec:
            spec[name] = texts(spec[name], f"{where}: {name}")
    return spec


def texts(value: Any, where: str) -> dict[str, str]:
    """A mapping of texts; ``true`` and numbers become the text that Spark and Azure expect.

    :raises InputError: when it isn't a mapping, or a value is a list or a mapping.
    """
    if not isinstance(value, Mapping):
        raise InputError(f"{where} isn't a mapping", fix="write one 'name: value' a line")
    found = {}
    for name, item in value.items():
        if not isinstance(item, (str, bool, int, float)):
            raise InputError(f"{where}: the value of {name} isn't a text, a number or true/false")
        found[str(name)] = str(item).lower() if isinstance(item, bool) else str(item)
    return found


def with_size(
    spec: Mapping[str, Any],
    *,
    workers: int | None,
    least: int | None,
    most: int | None,
    single_node: bool,
) -> dict[str, Any]:
    """The spec with the number of workers that the inputs give, if they do.

    :raises InputError: when they contradict each other.
    """
    if single_node and (workers or least is not None or most is not None):
        raise InputError("single-node is true, and a number of workers is given too")
    if workers is not None and (least is not None or most is not None):
        raise InputError("num-workers is given, and min-workers or max-workers too")
    if (least is None) != (most is None):
        raise InputError("min-workers and max-workers are only given together")
    result = dict(spec)
    if single_node:
        result.pop("autoscale", None)
        result["num_workers"] = 0
        result["spark_conf"] = {**result.get("spark_conf", {}), **SINGLE_NODE_CONF}
        result["custom_tags"] = {**result.get("custom_tags", {}), **SINGLE_NODE_TAGS}
    elif workers is not None:
        result.pop("autoscale", None)
        result["num_workers"] = workers
    elif least is not None:
        result.pop("num_workers", None)
        result["autoscale"] = {"min_workers": least, "max_workers": most}
    return result


def init_script(path: str) -> dict[str, Any]:
    """An init script where its path says it is: a volume, the workspace, storage or DBFS."""
    if path.startswith(_VOLUMES):
        kind = "volumes"
    elif path.startswith("/"):
        kind = "workspace"
    elif path.startswith(("dbfs:", "abfss:")):
        kind = path.split(":", 1)[0]
    else:
        raise InputError(
            f"init-scripts has {path!r}",
            fix="give a path in the workspace (/Users/...), a volume (/Volumes/...), "
            "abfss://... or dbfs:/...; upload a file of the repository with files-upload first",
        )
    return {kind: {"destination": path}}


def check(spec: Mapping[str, Any]) -> None:
    """:raises InputError: for everything in the spec that can't be meant or that is refused."""
    problems = [*_size_problems(spec), *_pool_problems(spec), *_other_problems(spec)]
    if problems:
        raise InputError("the cluster can't be made like this: " + "; ".join(problems))


def check_complete(spec: Mapping[str, Any], imposed: Mapping[str, str] | None = None) -> None:
    """Whether a cluster can be created from the spec.

    :param imposed: what a policy puts in by itself, by path.
    :raises InputError: with the inputs that are missing.
    """
    given = {**(imposed or {}), **spec}
    missing = []
    if not given.get("spark_version"):
        missing.append("spark-version")
    if not given.get("node_type_id") and not given.get("instance_pool_id"):
        missing.append("node-type (or instance-pool)")
    sized = ("num_workers", "autoscale", "autoscale.max_workers", "is_single_node")
    if all(given.get(name) is None for name in sized):
        missing.append("num-workers, min-workers with max-workers, or single-node")
    if missing:
        raise InputError(
            f"there is no cluster {spec.get('cluster_name')}, and to create it these inputs are "
            f"missing: {', '.join(missing)}",
            fix="give them, or a spec that has them; or correct the name",
        )


def _size_problems(spec: Mapping[str, Any]) -> list[str]:
    scale, workers = spec.get("autoscale"), spec.get("num_workers")
    if scale is not None and workers is not None:
        return ["it has both num_workers and autoscale"]
    if scale is not None:
        bounds = scale if isinstance(scale, Mapping) else {}
        least, most = (bounds.get(name, -1) for name in ("min_workers", "max_workers"))
        if not _is_count(least) or not _is_count(most):
            return ["autoscale needs min_workers and max_workers, both whole numbers"]
        if least > most or most < 1:
            return [f"autoscale goes from {least} to {most} workers"]
    if workers is not None and not _is_count(workers):
        return [f"num_workers is {workers!r}"]
    if workers == 0 and not is_single_node(spec):
        return ["it has no workers; set single-node, or ask for at least one"]
    return []


def _pool_problems(spec: Mapping[str, Any]) -> list[str]:
    if not spec.get("instance_pool_id"):
        return []
    return [
        f"{name} comes from the instance pool and can't be given beside it"
        for name in FROM_POOL
        if spec.get(name)
    ]


def _other_problems(spec: Mapping[str, Any]) -> list[str]:
    problems = []
    minutes = spec.get("autotermination_minutes", 0)
    if not _is_count(minutes) or (minutes and minutes not in range(10, 10001)):
        problems.append(f"autotermination_minutes is {minutes}, not 0 or 10 to 10000")
    mode = spec.get("data_security_mode")
    if mode is not None and mode not in SECURITY_MODES:
        problems.append(f"data_security_mode is {mode}, not one of {', '.join(SECURITY_MODES)}")
    if spec.get("single_user_name") and mode in ("USER_ISOLATION", "DATA_SECURITY_MODE_STANDARD"):
        problems.append(f"single_user_name is given, but {mode} is for several users")
    return problems


def is_single_node(spec: Mapping[str, Any]) -> bool:
    """Whether the driver does the work alone."""
    profile = (spec.get("spark_conf") or {}).get("spark.databricks.cluster.profile")
    return bool(spec.get("is_single_node")) or profile == "singleNode"


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def most_workers(spec: Mapping[str, Any]) -> int | None:
    """Workers it may grow to; None when the spec doesn't say."""
    if isinstance(spec.get("autoscale"), Mapping):
        return int(spec["autoscale"]["max_workers"])
    return None if spec.get("num_workers") is None else int(spec["num_workers"])
