"""A cloud's own interface to its vaults (loopback): what ``modelyard local secret`` uses."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.json_bodies import json_answer
from modelyard.local.cloud.keyvault.exceptions import VaultError
from modelyard.local.cloud.keyvault.secrets import Secrets
from modelyard.local.cloud.keyvault.vaults import Vaults


class OwnResponses:
    """The handlers."""

    def __init__(self, vaults: Vaults, secrets: Secrets) -> None:
        self._vaults = vaults
        self._secrets = secrets

    def list(self, _request: Request) -> Response:
        """``{"vaults": {name: [names of secrets]}}``"""
        found = {
            vault["name"]: [one["id"].rpartition("/")[2] for one in self._secrets.current(vault)]
            for vault in self._vaults.all()
        }
        return json_answer({"vaults": found})

    def set(self, request: Request, vault: str, name: str) -> Response:
        """A new version, as a client's PUT: ``{"value", "contentType", "tags", "attributes"}``.

        The vault is made where there is none.
        """
        body = request.get_json()
        try:
            bundle = self._secrets.set(self._vaults.make(vault), name, body)
        except (VaultError, ArmError) as error:
            return json_answer({"message": str(error)}, error.status)
        return json_answer({"id": bundle["id"]})
