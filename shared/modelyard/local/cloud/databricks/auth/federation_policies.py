"""Federation policies of service principals: whose identity tokens stand for one.

Source: Databricks account REST reference, "Service principal federation policies".
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from modelyard.local.cloud import issuers
from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.identity.models import Identities
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

ACCOUNT_ID = "00000000-0000-4000-8000-000000000002"
COLLECTION = "databricks.federation_policies"
MOST = 20
"""FederationPolicies that one service principal may have."""
Json = dict[str, Any]


class FederationPolicies:
    """All state is in the cloud's store, by policy id."""

    def __init__(self, cloud: Cloud, identities: Identities) -> None:
        self._cloud = cloud
        self._identities = identities

    def create(self, principal: str, policy: Json, description: str) -> Json:
        """A policy of the service principal of this number; raises ApiError for a bad one."""
        self._identities.service_principal(principal)
        if len(self.of_principal(principal)) >= MOST:
            raise exceptions.ApiError(
                400, "RESOURCE_EXHAUSTED", f"A service principal has at most {MOST} policies."
            )
        _check(policy)
        policy_id = str(uuid.uuid4())
        made = stamp(self._cloud.clock.time(), "seconds")
        document = {
            "name": f"accounts/{ACCOUNT_ID}/servicePrincipals/{principal}/federationPolicies/"
            f"{policy_id}",
            "policy_id": policy_id,
            "uid": policy_id,
            "service_principal_id": int(principal),
            "description": description,
            "oidc_policy": {"audiences": [ACCOUNT_ID], **policy},
            "create_time": made,
            "update_time": made,
        }
        self._cloud.store.put(COLLECTION, policy_id, document)
        return document

    def of_principal(self, principal: str) -> list[Json]:
        return [
            document
            for _, document in self._cloud.store.items(COLLECTION)
            if str(document["service_principal_id"]) == principal
        ]

    def get(self, principal: str, policy_id: str) -> Json:
        """Raises RESOURCE_DOES_NOT_EXIST."""
        for document in self.of_principal(principal):
            if document["policy_id"] == policy_id:
                return document
        raise exceptions.does_not_exist(f"Federation policy {policy_id} not found.")

    def delete(self, principal: str, policy_id: str) -> None:
        self._cloud.store.delete(COLLECTION, self.get(principal, policy_id)["policy_id"])

    def trusts(self, application_id: str, token: str) -> bool:
        """Whether a policy of this service principal takes the identity token, now.

        Raises the errors of ``issuers``.
        """
        claims = issuers.claims_of(token)
        principals = self._identities.service_principals()
        numbers = [one["id"] for one in principals if one["applicationId"] == application_id]
        for document in (policy for number in numbers for policy in self.of_principal(number)):
            policy = document["oidc_policy"]
            if _fits(policy, claims):
                issuers.check(token, self._keys(policy), self._cloud.clock.time())
                return True
        return False

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)

    def _keys(self, policy: Json) -> list[Json]:
        if policy.get("jwks_json"):
            keys: list[Json] = json.loads(policy["jwks_json"])["keys"]
            return keys
        return issuers.keys_of(self._cloud.store, policy["issuer"])


def _fits(policy: Json, claims: Json) -> bool:
    audience = claims.get("aud")
    shown = audience if isinstance(audience, list) else [audience]
    return (
        claims.get("iss") == policy["issuer"]
        and claims.get(policy.get("subject_claim") or "sub") == policy["subject"]
        and any(one in policy["audiences"] for one in shown)
    )


def _check(policy: Json) -> None:
    for name in ("issuer", "subject"):
        if not isinstance(policy.get(name), str) or not policy[name]:
            raise exceptions.missing_field(f"oidc_policy.{name}")
    if not policy["issuer"].startswith("https://"):
        raise exceptions.invalid_parameter("oidc_policy.issuer must be an https address")
    if policy.get("jwks_json"):
        try:
            issuers.check_keys(json.loads(policy["jwks_json"])["keys"])
        except (ValueError, KeyError, TypeError) as error:
            raise exceptions.invalid_parameter(f"oidc_policy.jwks_json: {error}") from error
