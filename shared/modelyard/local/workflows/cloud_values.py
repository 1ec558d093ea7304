"""What a workflow gets from the local cloud: variables and secrets that it asks for by the names
that the cloud has for them."""

from __future__ import annotations

from collections.abc import Mapping

from modelyard.local.workflows.leaves import leaves
from modelyard.local.workflows.model import Plan

VARIABLES = ("DATABRICKS_HOST", "AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_SUBSCRIPTION_ID")
SECRETS = ("DATABRICKS_TOKEN", "AZURE_CLIENT_SECRET")
_LIBRARY = "shared/modelyard/__init__.py"


def needs_cloud(plan: Plan) -> bool:
    """Whether a step speaks to services: it is one of Modelyard's actions, or the workflow asks for
    a value that only a cloud has, or a job may ask for identity tokens."""
    if any(leaf.identity for leaf in leaves(plan.workflow)):
        return True
    asked = {*plan.variables, *plan.secrets}
    if asked.intersection((*VARIABLES, *SECRETS)):
        return True
    folders = {
        plan.repositories.get(step.action.source.repository.lower(), plan.root)
        for job in plan.workflow.all_jobs()
        for step in job.steps
        if step.action is not None
    }
    return any((folder / _LIBRARY).is_file() for folder in folders)


def variables(plan: Plan, cloud: Mapping[str, str]) -> dict[str, str]:
    """Those of ``vars`` that the cloud has."""
    return {name: cloud[name] for name in VARIABLES if name in plan.variables and name in cloud}


def secrets(plan: Plan, cloud: Mapping[str, str]) -> dict[str, str]:
    """Those of ``secrets`` that the cloud has; ids may be kept as secrets too."""
    known = (*VARIABLES, *SECRETS)
    return {name: cloud[name] for name in known if name in plan.secrets and name in cloud}
