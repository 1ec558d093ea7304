"""What the inputs of aml-compute say that the compute shall be."""

from __future__ import annotations

import re
from typing import Any

from modelyard.azureml.computes import (
    AKS,
    CLUSTER,
    DATABRICKS,
    KUBERNETES,
    SCALE,
    Compute,
    Wanted,
)
from modelyard.durations import text_of
from modelyard.errors import InputError
from modelyard.operations.computes.compute_inputs import KINDS, ComputeInputs

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,30}[A-Za-z0-9]")
_ATTACHABLE = {
    DATABRICKS: (r"providers/Microsoft\.Databricks/workspaces", "Microsoft.Databricks/workspaces"),
    KUBERNETES: (
        r"providers/(Microsoft\.ContainerService/managedClusters|"
        r"Microsoft\.Kubernetes/connectedClusters)",
        "Microsoft.ContainerService/managedClusters",
    ),
    AKS: (
        r"providers/Microsoft\.ContainerService/managedClusters",
        "Microsoft.ContainerService/managedClusters",
    ),
}
"""Kind -> what its resource id looks like, and an example."""
_SIZE, _AKS_SIZE = "STANDARD_DS3_V2", "Standard_D3_v2"
_IDLE_SECONDS = 120
_NEW_PURPOSE = {"clusterPurpose": "FastProd"}


def wanted(inputs: ComputeInputs) -> Wanted:
    """What the compute shall be, without its token.

    :raises InputError:
    """
    if not _NAME.fullmatch(inputs.compute_name):
        raise InputError(
            f"compute-name is {inputs.compute_name!r}",
            fix="use 2 to 32 letters, digits and hyphens, a letter first",
        )
    kind = KINDS[inputs.compute_type]
    if kind == CLUSTER:
        return _cluster(inputs)
    if kind == AKS and not inputs.attach:
        return _new_aks(inputs)
    if inputs.vm_size:
        if kind == AKS:
            raise InputError("attach and vm-size are both given", fix="give one of the two alone")
        raise InputError(f"vm-size is given, but compute-type is {inputs.compute_type}")
    if not inputs.attach:
        raise InputError(
            f"compute-type is {inputs.compute_type}, and nothing says what to attach",
            fix="set attach to the Azure resource id of the workspace or cluster",
        )
    pattern, example = _ATTACHABLE[kind]
    if not re.fullmatch(
        f"/subscriptions/[^/]+/resourceGroups/[^/]+/{pattern}/[^/]+", inputs.attach, re.IGNORECASE
    ):
        raise InputError(
            f"attach is {inputs.attach!r}",
            fix=f"give /subscriptions/ID/resourceGroups/NAME/providers/{example}/NAME, as the "
            "portal shows it under Properties",
        )
    asked, initial = {
        DATABRICKS: ({}, {}),
        KUBERNETES: (
            _given(namespace=inputs.namespace),
            {"namespace": inputs.namespace or "default"},
        ),
        AKS: (_purpose(inputs), _NEW_PURPOSE | _purpose(inputs)),
    }[kind]
    return Wanted(kind, inputs.attach, asked, initial)


def _new_aks(inputs: ComputeInputs) -> Wanted:
    if inputs.replace:
        raise InputError("replace is for what is attached, and no attach is given")
    if inputs.node_count < 1:
        raise InputError(f"node-count is {inputs.node_count}", fix="give at least 1")
    asked = _given(agentVmSize=inputs.vm_size) | _purpose(inputs)
    new = {"agentCount": inputs.node_count, "agentVmSize": _AKS_SIZE, **_NEW_PURPOSE}
    return Wanted(AKS, settings=asked, initial=new | asked)


def _purpose(inputs: ComputeInputs) -> dict[str, Any]:
    purposes = {True: "DevTest", False: "FastProd", None: None}
    return _given(clusterPurpose=purposes[inputs.dev_test])


def _given(**settings: Any) -> dict[str, Any]:
    """Those that somebody asks for: what isn't asked for may be as it likes where it is there."""
    return {name: value for name, value in settings.items() if value is not None}


def _cluster(inputs: ComputeInputs) -> Wanted:
    if inputs.attach or inputs.replace:
        raise InputError(
            "attach and replace are for what is attached, and compute-type is amlcompute"
        )
    least, most, idle = inputs.min_nodes, inputs.max_nodes, inputs.idle_seconds
    if least is not None and least < 0:
        raise InputError(f"min-nodes is {least}", fix="give at least 0")
    if most is not None and most < max(1, least or 0):
        raise InputError(
            f"min-nodes is {least or 0} and max-nodes {most}",
            fix="give a max-nodes of at least 1, and a min-nodes between 0 and that",
        )
    if idle is not None and idle < 0:
        raise InputError(f"idle-seconds is {idle}", fix="give at least 0")
    priorities = {True: "LowPriority", False: "Dedicated", None: None}
    scale = _given(
        minNodeCount=least,
        maxNodeCount=most,
        nodeIdleTimeBeforeScaleDown=None if idle is None else text_of(idle),
    )
    asked = _given(
        vmSize=inputs.vm_size and inputs.vm_size.upper(),
        vmPriority=priorities[inputs.low_priority],
        scaleSettings=scale or None,
    )
    new_scale = {
        "minNodeCount": 0,
        "maxNodeCount": max(1, least or 0),
        "nodeIdleTimeBeforeScaleDown": text_of(_IDLE_SECONDS),
    }
    new = {"vmSize": _SIZE, "vmPriority": "Dedicated", **asked, SCALE: new_scale | scale}
    return Wanted(CLUSTER, settings=asked, initial=new)


def check_scale(found: Compute, asked: Wanted) -> None:
    """:raises InputError: when a bound that is asked for crosses the other, which is there."""
    scale = {**(found.settings.get(SCALE) or {}), **asked.settings.get(SCALE, {})}
    least, most = scale.get("minNodeCount", 0), scale.get("maxNodeCount")
    if most is not None and least > most:
        raise InputError(
            f"the compute {found.name} would have at least {least} machines and at most {most}",
            cause="one of the two is asked for, and the other is what it has",
            fix="give both min-nodes and max-nodes",
        )
