"""HTTP of ``/api/2.0/secrets`` (Databricks REST reference, "Secrets API")."""

from __future__ import annotations

import base64
import binascii

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.calls import Call, Json
from modelyard.local.cloud.databricks.secrets.models import EVERYBODY, Secrets, no_acl


class SecretResponses:
    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def create_scope(self, call: Call) -> Json:
        backend = call.text("scope_backend_type", "DATABRICKS")
        manager = call.text("initial_manage_principal", "")
        if manager not in ("", EVERYBODY):
            raise exceptions.invalid_parameter(
                f"initial_manage_principal can only be '{EVERYBODY}', but was '{manager}'"
            )
        vault = None
        if backend == "AZURE_KEYVAULT":
            metadata = call.mapping("backend_azure_keyvault")
            for name in ("resource_id", "dns_name"):
                if not metadata.get(name):
                    raise exceptions.missing_field(f"backend_azure_keyvault.{name}")
            vault = {name: str(metadata[name]) for name in ("resource_id", "dns_name")}
        elif backend != "DATABRICKS":
            raise exceptions.invalid_parameter(f"Unknown scope_backend_type {backend}")
        self._secrets.create_scope(call.text("scope"), call.principal, manager != "", vault)
        return {}

    def list_scopes(self, _: Call) -> Json:
        shown = ("name", "backend_type", "keyvault_metadata")
        scopes = [{key: s[key] for key in shown if s[key]} for s in self._secrets.scopes()]
        return {"scopes": scopes} if scopes else {}

    def delete_scope(self, call: Call) -> Json:
        self._secrets.delete_scope(call.text("scope"), call.principal)
        return {}

    def put(self, call: Call) -> Json:
        given = [name for name in ("string_value", "bytes_value") if name in call.arguments]
        if len(given) != 1:
            raise exceptions.invalid_parameter(
                "Exactly one of string_value and bytes_value must be given"
            )
        text = str(call.arguments[given[0]])
        try:
            plain = given[0] == "string_value"
            value = text.encode() if plain else base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise exceptions.invalid_parameter(
                f"bytes_value is not valid base64: {error}"
            ) from None
        self._secrets.put(call.text("scope"), call.text("key"), value, call.principal)
        return {}

    def list(self, call: Call) -> Json:
        keys = self._secrets.keys(call.text("scope"), call.principal)
        return {"secrets": keys} if keys else {}

    def get(self, call: Call) -> Json:
        key = call.text("key")
        value = self._secrets.get(call.text("scope"), key, call.principal)
        return {"key": key, "value": base64.b64encode(value).decode()}

    def delete(self, call: Call) -> Json:
        self._secrets.delete(call.text("scope"), call.text("key"), call.principal)
        return {}

    def put_acl(self, call: Call) -> Json:
        self._secrets.put_acl(
            call.text("scope"), call.text("principal"), call.text("permission"), call.principal
        )
        return {}

    def list_acls(self, call: Call) -> Json:
        acls = self._secrets.acls(call.text("scope"), call.principal)
        items = [{"principal": who, "permission": acls[who]} for who in acls]
        return {"items": items} if items else {}

    def get_acl(self, call: Call) -> Json:
        name, who = call.text("scope"), call.text("principal")
        permission = self._secrets.acls(name, call.principal).get(who)
        if permission is None:
            raise no_acl(name, who)
        return {"principal": who, "permission": permission}

    def delete_acl(self, call: Call) -> Json:
        self._secrets.delete_acl(call.text("scope"), call.text("principal"), call.principal)
        return {}
