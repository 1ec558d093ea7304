"""Where the cluster policies API answers."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.local.cloud.databricks.api import Api
from modelyard.local.cloud.databricks.policies.models import Policies
from modelyard.local.cloud.databricks.policies.responses import PolicyResponses
from modelyard.local.cloud.service import Route


def routes(api: Api, policies: Policies) -> Sequence[Route]:
    answers = PolicyResponses(policies)
    return [
        api.post("policies/clusters/create", answers.create),
        api.post("policies/clusters/edit", answers.edit),
        api.get("policies/clusters/get", answers.get),
        api.get("policies/clusters/list", answers.list),
        api.post("policies/clusters/delete", answers.delete),
    ]
