"""Inputs and outputs of jobs: texts, and places in datastores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modelyard.local.cloud.aml import paths
from modelyard.local.cloud.aml.assets import Assets
from modelyard.local.cloud.aml.datastores import DEFAULT, Datastores
from modelyard.local.cloud.aml.execution.graph import Target
from modelyard.local.cloud.aml.paths import Place
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.storage.models import Blobs

Json = dict[str, Any]
FILE = "uri_file"
FOLDERS = ("uri_folder", "mltable", "custom_model", "mlflow_model", "triton_model")


@dataclass(frozen=True)
class Values:
    """Reads the inputs and outputs of jobs of one workspace."""

    workspace: Workspace
    datastores: Datastores
    assets: Assets
    blobs: Blobs

    def input(self, name: str, body: Json) -> str | Place:
        """A text, or where its files are. Raises ArmError for what is not there."""
        kind = str(body.get("jobInputType") or body.get("job_input_type") or "literal")
        if kind == "literal":
            return str(body.get("value", ""))
        if kind != FILE and kind not in FOLDERS:
            raise exceptions.bad_request(
                f"The input {name} has the type {kind}, which isn't known.", "UserError"
            )
        place = self._located(str(body.get("uri") or ""))
        if next(paths.files(place, self.blobs), None) is None:
            raise exceptions.bad_request(
                f"The input {name} leads to {body.get('uri')}, where there is no file.", "UserError"
            )
        return place

    def output(self, run: str, name: str, body: Json) -> Target:
        """Where it goes: by the address it was given, else below ``azureml/RUN/NAME``."""
        kind = str(body.get("jobOutputType") or body.get("job_output_type") or "uri_folder")
        if kind != FILE and kind not in FOLDERS:
            raise exceptions.bad_request(
                f"The output {name} has the type {kind}, which isn't known.", "UserError"
            )
        uri = str(body.get("uri") or "")
        if not uri:
            container = self.datastores.container(self.workspace, DEFAULT)
            place = Place(self.workspace.account, container, f"azureml/{run}/{name}")
        else:
            for mark, text in (("${{name}}", run), ("${{output_name}}", name)):
                uri = uri.replace(mark, text)
            place = self._located(uri)
        return Target(place, file=kind == FILE)

    def _located(self, uri: str) -> Place:
        for kind, named in (("data", "dataUri"), ("models", "modelUri")):
            if f"/{kind}/" in uri and "/datastores/" not in uri and "blob.core" not in uri:
                uri = str(self.assets.by_id(uri, kind)["properties"][named])
        return paths.locate(uri, self.workspace, self.datastores)
