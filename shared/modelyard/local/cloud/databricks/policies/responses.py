"""HTTP of ``/api/2.0/policies/clusters`` (Databricks REST reference, "Cluster Policies API")."""

from __future__ import annotations

from modelyard.local.cloud.databricks.calls import Call, Json
from modelyard.local.cloud.databricks.policies.models import Policies


class PolicyResponses:
    def __init__(self, policies: Policies) -> None:
        self._policies = policies

    def create(self, call: Call) -> Json:
        return {"policy_id": self._policies.create(dict(call.arguments), call.principal.name)}

    def edit(self, call: Call) -> Json:
        self._policies.edit(call.text("policy_id"), dict(call.arguments))
        return {}

    def get(self, call: Call) -> Json:
        return self._policies.get(call.text("policy_id"))

    def list(self, _: Call) -> Json:
        policies = self._policies.list()
        return {"policies": policies, "total_count": len(policies)}

    def delete(self, call: Call) -> Json:
        self._policies.delete(call.text("policy_id"))
        return {}
