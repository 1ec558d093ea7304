"""The inputs that say where and with what a notebook runs, and the task settings they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.databricks.clusters import cluster_spec, library_spec
from modelyard.databricks.notebooks.failing_line import SourceFolder
from modelyard.errors import InputError
from modelyard.operation import Structure, given
from modelyard.operations.inputs.workspace_inputs import WorkspaceInputs

_COMPUTE = "Compute"
_REPORT = "Report"
_NOT_FOR_JOBS = ("autotermination_minutes", "cluster_name")


@dataclass(frozen=True, kw_only=True)
class TaskInputs(WorkspaceInputs):
    """Compute, libraries and the folder that the notebooks came from."""

    cluster_id: str | None = given(
        "Id of an existing cluster to run on, such as the output of cluster-start.",
        default=None,
        group=_COMPUTE,
    )
    new_cluster: Structure | None = given(
        "A cluster of its own, made for the run and gone after it: the fields of new_cluster in "
        "the Jobs API, as JSON or YAML or a file with them.",
        default=None,
        file=True,
        group=_COMPUTE,
    )
    instance_pool_id: str | None = given(
        "Instance pool that the nodes of new-cluster come from.", default=None, group=_COMPUTE
    )
    libraries: Structure | None = given(
        "Libraries to install before the run: a list of requirements (name==1.0), of paths of "
        "wheels, or of objects of the REST API; or a file with it.",
        default=None,
        file=True,
        group=_COMPUTE,
    )
    source_folder: str | None = given(
        "Folder of the repository that the notebooks were imported from. With it a failure is "
        "annotated at the file and line of the notebook's cell.",
        default=None,
        group=_REPORT,
    )
    workspace_folder: str | None = given(
        "Folder of the workspace that source-folder was imported into. Left out, the file is "
        "found by the end of the notebook's path.",
        default=None,
        group=_REPORT,
    )
    runs_file: str | None = given(
        "File to write the runs to, as JSON. Left out, they are in the output runs and in an "
        "artifact of the CI run.",
        default=None,
        group=_REPORT,
    )
    timeout_minutes: float = given(
        "Minutes after which the runs are cancelled and the step fails.", default=360.0
    )


def compute(inputs: TaskInputs) -> dict[str, Any] | None:
    """The task's field that says where it runs; None when no input says anything of it.

    :raises InputError: when the inputs contradict each other, or don't make a cluster.
    """
    if inputs.cluster_id:
        if inputs.new_cluster is not None or inputs.instance_pool_id:
            raise InputError("cluster-id is given, and new-cluster or instance-pool-id too")
        return {"existing_cluster_id": inputs.cluster_id}
    if inputs.new_cluster is None:
        if inputs.instance_pool_id:
            raise InputError(
                "instance-pool-id is given without new-cluster",
                fix="give new-cluster with spark_version and num_workers or autoscale",
            )
        return None
    spec = cluster_spec.from_structure(inputs.new_cluster, "new-cluster")
    if inputs.instance_pool_id:
        spec["instance_pool_id"] = inputs.instance_pool_id
    for name in _NOT_FOR_JOBS:
        if name in spec:
            raise InputError(f"new-cluster has {name}, which a job's cluster can't have")
    cluster_spec.check(spec)
    _check_complete(spec)
    return {"new_cluster": spec}


def libraries(inputs: TaskInputs) -> list[dict[str, Any]] | None:
    """The task's libraries; None when none are asked for.

    :raises InputError:
    """
    if inputs.libraries is None:
        return None
    return [library.body for library in library_spec.parse(inputs.libraries)]


def source(inputs: TaskInputs) -> SourceFolder | None:
    """The folder that the notebooks came from, if it is given.

    :raises InputError:
    """
    if inputs.source_folder:
        return SourceFolder(inputs.source_folder, inputs.workspace_folder or "")
    if inputs.workspace_folder:
        raise InputError("workspace-folder is given without source-folder")
    return None


def _check_complete(spec: Mapping[str, Any]) -> None:
    missing = [] if spec.get("spark_version") else ["spark_version"]
    if not any(spec.get(name) for name in ("node_type_id", "instance_pool_id", "policy_id")):
        missing.append("node_type_id (or instance-pool-id)")
    sized = ("num_workers", "autoscale", "is_single_node", "policy_id")
    if all(spec.get(name) is None for name in sized):
        missing.append("num_workers or autoscale")
    if missing:
        raise InputError(f"new-cluster lacks {', '.join(missing)}")
