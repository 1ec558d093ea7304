"""Inputs of aml-compute."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.azureml.computes import AKS, CLUSTER, DATABRICKS, KUBERNETES
from modelyard.operation import given
from modelyard.operations.inputs.azureml_inputs import AzureMLInputs

KINDS = {"amlcompute": CLUSTER, "databricks": DATABRICKS, "kubernetes": KUBERNETES, "aks": AKS}
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
        "Size of the cluster's machines. It can't be changed later. Default for a new one: "
        "STANDARD_DS3_V2; for aks: Standard_D3_v2.",
        default=None,
        visible_when="compute_type = amlcompute || compute_type = aks",
        group=_CLUSTER,
    )
    min_nodes: int | None = given(
        "Machines that stay when there is nothing to do. Default for a new cluster: 0.",
        default=None,
        visible_when="compute_type = amlcompute",
        group=_CLUSTER,
    )
    max_nodes: int | None = given(
        "Machines at most. Default for a new cluster: 1, or min-nodes where that is more.",
        default=None,
        visible_when="compute_type = amlcompute",
        group=_CLUSTER,
    )
    idle_seconds: int | None = given(
        "How long a machine may have nothing to do before it goes. Default for a new cluster: 120.",
        default=None,
        visible_when="compute_type = amlcompute",
        group=_CLUSTER,
    )
    low_priority: bool | None = given(
        "Cheaper machines, which Azure may take away. It can't be changed later. Default for a new "
        "cluster: false.",
        default=None,
        visible_when="compute_type = amlcompute",
        group=_CLUSTER,
    )
    node_count: int = given(
        "Machines of an AKS cluster that is created.",
        default=3,
        visible_when="compute_type = aks",
        group=_CLUSTER,
    )
    dev_test: bool | None = given(
        "The AKS cluster is for development and tests: it may have fewer than 12 cores. It can't "
        "be changed later. Default for a new one: false.",
        default=None,
        visible_when="compute_type = aks",
        group=_CLUSTER,
    )
    attach: str | None = given(
        "Azure resource id of the Databricks workspace or the Kubernetes or AKS cluster.",
        default=None,
        group=_ATTACHED,
    )
    namespace: str | None = given(
        "Namespace of the Kubernetes cluster that runs what is sent there. Default when it is "
        "attached: default.",
        default=None,
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
        "Revoke a minted token when the job ends; on the command line nothing does. Off, published "
        "pipelines and later jobs can use the compute until the token expires.",
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
