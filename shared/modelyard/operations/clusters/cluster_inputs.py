"""The inputs that say what a cluster shall be, and the spec they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.databricks.clusters import cluster_spec
from modelyard.errors import InputError
from modelyard.operation import Structure, given
from modelyard.operations.inputs.workspace_inputs import WorkspaceInputs

INDIRECT = "ENV_"
_MEANT_FOR = "Cluster"


@dataclass(frozen=True, kw_only=True)
class NamedCluster(WorkspaceInputs):
    """Which cluster."""

    cluster_id: str | None = given(
        "Id of an existing cluster. Either this or cluster-name.", default=None
    )
    cluster_name: str | None = given(
        "Exact name of the cluster. Two clusters of one name are an error that lists both.",
        default=None,
    )
    name_suffix: str | None = given(
        "Appended to the name after a hyphen: a cluster of its own for each run. ENV_X takes the "
        "value of the environment variable X, such as ENV_BUILD_BUILDID.",
        default=None,
    )


@dataclass(frozen=True, kw_only=True)
class ClusterInputs(NamedCluster):
    """What the cluster shall be. Only what is given is compared with what exists."""

    spec: Structure | None = given(
        "Fields of clusters/create as JSON or YAML, or a file with them. The other inputs "
        "override it.",
        default=None,
        file=True,
        multiline=True,
        group=_MEANT_FOR,
    )
    spark_version: str | None = given(
        "Runtime, such as 15.4.x-cpu-ml-scala2.12.", default=None, group=_MEANT_FOR
    )
    node_type: str | None = given(
        "Node type of the workers, and of the driver unless that has its own.",
        default=None,
        group=_MEANT_FOR,
    )
    driver_node_type: str | None = given("Node type of the driver.", default=None, group=_MEANT_FOR)
    num_workers: int | None = given("Fixed number of workers.", default=None, group=_MEANT_FOR)
    min_workers: int | None = given(
        "Fewest workers, with max-workers: the cluster scales itself.",
        default=None,
        group=_MEANT_FOR,
    )
    max_workers: int | None = given(
        "Most workers, with min-workers.", default=None, group=_MEANT_FOR
    )
    single_node: bool = given(
        "No workers: the driver does the work.", default=False, group=_MEANT_FOR
    )
    autotermination_minutes: int | None = given(
        "Idle minutes after which it terminates itself, 10 to 10000.",
        default=None,
        group=_MEANT_FOR,
    )
    instance_pool_id: str | None = given(
        "Instance pool that the nodes come from.", default=None, group=_MEANT_FOR
    )
    instance_pool_name: str | None = given(
        "The same by its exact name.", default=None, group=_MEANT_FOR
    )
    policy_id: str | None = given("Cluster policy.", default=None, group=_MEANT_FOR)
    policy_name: str | None = given("The same by its exact name.", default=None, group=_MEANT_FOR)
    spark_conf: Structure | None = given(
        "Spark configuration: a mapping. It replaces all of it.",
        default=None,
        multiline=True,
        group=_MEANT_FOR,
    )
    spark_env: Structure | None = given(
        "Environment variables of the driver and the workers: a mapping. It replaces all of them. "
        "For a secret write {{secrets/SCOPE/KEY}}.",
        default=None,
        multiline=True,
        group=_MEANT_FOR,
    )
    custom_tags: Structure | None = given(
        "Tags of the machines: a mapping. It replaces all of them.",
        default=None,
        multiline=True,
        group=_MEANT_FOR,
    )
    init_scripts: tuple[str, ...] = given(
        "Paths of init scripts, one a line, in their order.",
        default=(),
        multiline=True,
        group=_MEANT_FOR,
    )
    data_security_mode: str | None = given(
        "Access mode.", default=None, choices=cluster_spec.SECURITY_MODES, group=_MEANT_FOR
    )
    single_user_name: str | None = given(
        "Who may use the cluster, with an access mode for one.", default=None, group=_MEANT_FOR
    )
    elastic_disk: bool | None = given(
        "Attach disks when they fill up.", default=None, group=_MEANT_FOR
    )


def full_name(inputs: NamedCluster, environment: Mapping[str, str]) -> str | None:
    """The name with its suffix; None when the cluster is named by its id.

    :raises InputError: when both or neither are given, or the suffix's variable is empty.
    """
    if inputs.cluster_id:
        if inputs.cluster_name or inputs.name_suffix:
            raise InputError("cluster-id is given, and cluster-name or name-suffix too")
        return None
    name = inputs.cluster_name or ""
    if not name and isinstance(spec := getattr(inputs, "spec", None), Mapping):
        name = str(spec.get("cluster_name") or "")
    if not name:
        raise InputError("no cluster is named", fix="give cluster-id or cluster-name")
    suffix = inputs.name_suffix or ""
    if suffix.startswith(INDIRECT):
        variable = suffix.removeprefix(INDIRECT)
        suffix = environment.get(variable, "").strip()
        if not suffix:
            raise InputError(
                f"name-suffix is {inputs.name_suffix}, and the variable {variable!r} isn't set",
                fix=f"set {variable} for this step, or give the suffix itself",
            )
    return f"{name}-{suffix}" if suffix else name


def asked_for(inputs: ClusterInputs, name: str | None) -> dict[str, Any]:
    """The spec that the inputs give: nothing in it that nobody asked for.

    :raises InputError: for contradictions.
    """
    spec = cluster_spec.from_structure(inputs.spec) if inputs.spec is not None else {}
    plain = {
        "cluster_name": name,
        "spark_version": inputs.spark_version,
        "node_type_id": inputs.node_type,
        "driver_node_type_id": inputs.driver_node_type,
        "autotermination_minutes": inputs.autotermination_minutes,
        "instance_pool_id": inputs.instance_pool_id,
        "policy_id": inputs.policy_id,
        "data_security_mode": inputs.data_security_mode,
        "single_user_name": inputs.single_user_name,
        "enable_elastic_disk": inputs.elastic_disk,
        "init_scripts": [cluster_spec.init_script(path) for path in inputs.init_scripts] or None,
    }
    spec.update({field: value for field, value in plain.items() if value is not None})
    for field, value in (
        ("spark_conf", inputs.spark_conf),
        ("spark_env_vars", inputs.spark_env),
        ("custom_tags", inputs.custom_tags),
    ):
        if value is not None:
            spec[field] = cluster_spec.texts(value, field.replace("_", "-"))
    for one, other in (("policy_id", "policy_name"), ("instance_pool_id", "instance_pool_name")):
        if getattr(inputs, one) and getattr(inputs, other):
            raise InputError(f"{one} and {other} are both given".replace("_", "-"))
    spec = cluster_spec.with_size(
        spec,
        workers=inputs.num_workers,
        least=inputs.min_workers,
        most=inputs.max_workers,
        single_node=inputs.single_node,
    )
    cluster_spec.check(spec)
    return spec
