"""Where SCIM answers."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.local.cloud.databricks.api import Api
from modelyard.local.cloud.databricks.identity.models import Identities
from modelyard.local.cloud.databricks.identity.responses import IdentityResponses
from modelyard.local.cloud.service import Route

SCIM = "preview/scim/v2"


def routes(api: Api, identities: Identities) -> Sequence[Route]:
    answers = IdentityResponses(identities)
    principals = f"{SCIM}/ServicePrincipals"
    return [
        api.get(f"{SCIM}/Me", answers.me),
        api.get(f"{SCIM}/Users", answers.list_users),
        api.get(principals, answers.list_service_principals),
        api.post(principals, answers.create_service_principal),
        api.get(f"{principals}/<number>", answers.get_service_principal),
        api.delete(f"{principals}/<number>", answers.delete_service_principal),
    ]
