"""Where the secrets API answers."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.local.cloud.databricks.api import Api
from modelyard.local.cloud.databricks.secrets.models import Secrets
from modelyard.local.cloud.databricks.secrets.responses import SecretResponses
from modelyard.local.cloud.service import Route


def routes(api: Api, secrets: Secrets) -> Sequence[Route]:
    answers = SecretResponses(secrets)
    return [
        api.post("secrets/scopes/create", answers.create_scope),
        api.get("secrets/scopes/list", answers.list_scopes),
        api.post("secrets/scopes/delete", answers.delete_scope),
        api.post("secrets/put", answers.put),
        api.get("secrets/list", answers.list),
        api.get("secrets/get", answers.get),
        api.post("secrets/delete", answers.delete),
        api.post("secrets/acls/put", answers.put_acl),
        api.get("secrets/acls/list", answers.list_acls),
        api.get("secrets/acls/get", answers.get_acl),
        api.post("secrets/acls/delete", answers.delete_acl),
    ]
