"""HTTP of registries: what is found by a name, and the files of models."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.aml.assets import Assets
from modelyard.local.cloud.aml.registries.models import Registries
from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.arm.front import read_body

Json = dict[str, Any]


class RegistryResponses:
    """What registries have and workspaces don't."""

    def __init__(self, registries: Registries, assets: Assets) -> None:
        self._registries = registries
        self._assets = assets

    def discovery(self, _request: Request, registry: str) -> Json:
        return self._registries.discovery(registry)

    def upload(self, _request: Request, asset: str, version: str, **where: str) -> Json:
        """A place for the files of a version that isn't there yet."""
        registry = self._registries.find(**where)
        if self._assets.find(registry, "models", asset, version) is not None:
            raise exceptions.conflict(f"The model {asset}:{version} exists already.")
        return self._assets.pending_upload(registry, self._registries.keys(registry)[0])

    def download(self, request: Request, asset: str, version: str, **where: str) -> Json:
        """Leave to read the files of a version."""
        registry = self._registries.find(**where)
        held = self._assets.get(registry, "models", asset, version)["properties"]["modelUri"]
        if read_body(request).get("blobUri") != held:
            raise exceptions.bad_request(f"The model {asset}:{version} has other files.")
        container = str(held).split("/")[3]
        return self._assets.leave(registry, self._registries.keys(registry)[0], container, "rl")

    def refuse(self, _request: Request, what: str, **_where: str) -> Json:
        raise exceptions.bad_request(
            f"{json.dumps(what)} of a registry isn't emulated: models and environments are.",
            "NotEmulated",
        )
