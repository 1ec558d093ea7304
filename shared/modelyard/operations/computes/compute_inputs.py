"""Inputs of aml-compute, and what they say the compute shall be."""

from __future__ import annotations

import re
from dataclasses import dataclass

from modelyard.azureml.computes import AKS, CLUSTER, DATABRICKS, KUBERNETES, Wanted
from modelyard.errors import InputError
from modelyard.operation import given
from modelyard.operations.inputs.azureml_inputs import AzureMLInputs

KINDS = {"amlcompute": CLUSTER, "databricks": DATABRICKS, "kubernetes": KUBERNETES, "aks": AKS}
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
_AKS_SIZE = "Standard_D3_v2"
_CLUSTER, _ATTACHED = "Cluster", "Attached"


@dataclass(frozen=True, kw_only=True)
class ComputeInputs(AzureMLInputs):
    """See the operation."""

    compute_name: str = given(
        "Name of the compute: 2 to 32 letters, digits and hyphens, a letter first."
    )
    compute_type: str = given(
        "What it is: amlcompute is a cluster of the workspace's own; databricks and kubernetes are "
        "attached to it; aks is a cluster for the web services of SDK v1, created or, with attach, "
        "attached.",
        choices=tuple(KINDS),
    )
    vm_size: str | None = given(
        "Size of the cluster's machines, such as STANDARD_DS3_V2. It can't be changed later. "
        "Default for aks: Standard_D3_v2.",
        default=None,
        visible_when="compute_type = amlcompute || compute_type = aks",
        group=_CLUSTER,
    )
    min_nodes: int = given(
        "Machines that stay when there is nothing to do.",
        default=0,
        visible_when="compute_type = amlcompute",
        group=_CLUSTER,
    )
    max_nodes: int = given(
        "Machines at most.",
        default=1,
        visible_when="compute_type = amlcompute",
        group=_CLUSTER,
    )
    idle_seconds: int = given(
        "How long a machine may have nothing to do before it goes.",
        default=120,
        visible_when="compute_type = amlcompute",
        group=_CLUSTER,
    )
    low_priority: bool = given(
        "Cheaper machines, which Azure may take away.",
        default=False,
        visible_when="compute_type = amlcompute",
        group=_CLUSTER,
    )
    node_count: int = given(
        "Machines of an AKS cluster that is created.",
        default=3,
        visible_when="compute_type = aks",
        group=_CLUSTER,
    )
    dev_test: bool = given(
        "The AKS cluster is for development and tests: it may have fewer than 12 cores. It can't "
        "be changed later.",
        default=False,
        visible_when="compute_type = aks",
        group=_CLUSTER,
    )
    attach: str | None = given(
        "Azure resource id of the Databricks workspace or the Kubernetes or AKS cluster.",
        default=None,
        group=_ATTACHED,
    )
    namespace: str = given(
        "Namespace of the Kubernetes cluster that runs what is sent there.",
        default="default",
        visible_when="compute_type = kubernetes",
        group=_ATTACHED,
    )
    databricks_token: str | None = given(
        "Access token that Azure ML uses the Databricks workspace with. Left out, one is minted as "
        "who signs in, when the compute has none that works.",
        default=None,
        secret=True,
        environment=("AZUREML_DATABRICKS_TOKEN",),
        visible_when="compute_type = databricks",
        group=_ATTACHED,
    )
    token_lifetime_hours: float = given(
        "How long a minted token lasts.",
        default=24.0,
        visible_when="compute_type = databricks",
        group=_ATTACHED,
    )
    revoke_at_end: bool = given(
        "Revoke a minted token when the job ends. Off, published pipelines and later jobs can use "
        "the compute until the token expires.",
        default=True,
        visible_when="compute_type = databricks",
        group=_ATTACHED,
    )
    replace: bool = given(
        "Detach what is attached under this name first, also where nothing differs.",
        default=False,
        group=_ATTACHED,
    )
    timeout_minutes: float = given("How long a change may take.", default=30.0)
    dry_run: bool = given("Compare, say what would be done, and change nothing.", default=False)


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
    settings = {
        KUBERNETES: {"namespace": inputs.namespace},
        AKS: {"clusterPurpose": _purpose(inputs)},
    }
    return Wanted(kind, inputs.attach, settings.get(kind, {}))


def _new_aks(inputs: ComputeInputs) -> Wanted:
    if inputs.replace:
        raise InputError("replace is for what is attached, and no attach is given")
    if inputs.node_count < 1:
        raise InputError(f"node-count is {inputs.node_count}", fix="give at least 1")
    size = {"agentVmSize": inputs.vm_size} if inputs.vm_size else {}
    return Wanted(
        AKS,
        settings={**size, "clusterPurpose": _purpose(inputs)},
        initial={"agentCount": inputs.node_count, "agentVmSize": _AKS_SIZE},
    )


def _purpose(inputs: ComputeInputs) -> str:
    return "DevTest" if inputs.dev_test else "FastProd"


def _cluster(inputs: ComputeInputs) -> Wanted:
    if inputs.attach or inputs.replace:
        raise InputError(
            "attach and replace are for what is attached, and compute-type is amlcompute"
        )
    if not inputs.vm_size:
        raise InputError("compute-type is amlcompute, and no vm-size is given")
    if not 0 <= inputs.min_nodes <= inputs.max_nodes or inputs.max_nodes < 1:
        raise InputError(
            f"min-nodes is {inputs.min_nodes} and max-nodes {inputs.max_nodes}",
            fix="give a max-nodes of at least 1, and a min-nodes between 0 and that",
        )
    if inputs.idle_seconds < 0:
        raise InputError(f"idle-seconds is {inputs.idle_seconds}")
    return Wanted(
        CLUSTER,
        settings={
            "vmSize": inputs.vm_size.upper(),
            "vmPriority": "LowPriority" if inputs.low_priority else "Dedicated",
            "scaleSettings": {
                "minNodeCount": inputs.min_nodes,
                "maxNodeCount": inputs.max_nodes,
                "nodeIdleTimeBeforeScaleDown": f"PT{inputs.idle_seconds}S",
            },
        },
    )
