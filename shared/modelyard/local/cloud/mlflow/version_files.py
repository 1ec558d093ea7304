"""Files of model versions in the workspace's registry: listed, and fetched by signed addresses.

Clients of the registry don't know where a version's files are: they ask ``model-versions/
list-artifacts`` and ``model-versions/get-signed-download-uri``. The files are those of the run or
logged model that the version was made from, below ``/WorkspaceInternal`` in the Files API.
"""

from __future__ import annotations

import posixpath
import re
import secrets
import threading
from typing import Any

from modelyard.local.cloud.credentials import WORKSPACE_ID
from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.files.models import ARTIFACTS, Files
from modelyard.local.cloud.mlflow.server import MlflowServer, ask
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]
VALID_SECONDS = 900
_TRACKING = r"dbfs:/databricks/mlflow-tracking/(?P<experiment>\d+)"
# As MLflow's clients have it; what isn't below logged_models counts as a run's.
_LOGGED = re.compile(rf"{_TRACKING}/logged_models/(?P<name>[^/]+)(?P<rest>/.*)?")
_OF_RUN = re.compile(rf"{_TRACKING}/(?P<name>[^/]+)(?P<rest>/.*)?")
_MODEL = re.compile(r"models:/(?P<model>m-[0-9a-f]+)")


class VersionFiles:
    """Where versions' files are; and the signed addresses that were given out."""

    def __init__(self, cloud: Cloud, server: MlflowServer, files: Files) -> None:
        self._clock = cloud.clock
        self._base = f"https://{cloud.workspace_host}/mlflow-files"
        self._server = server
        self._files = files
        self._signed: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def entries(self, name: str, version: str, path: str, user: str) -> list[Json]:
        """What a folder of the version holds; of a file, itself. Empty when there is neither."""
        root = self._root(name, version)
        wanted = posixpath.normpath(posixpath.join(root, path)) if path else root
        if not f"{wanted}/".startswith(f"{root}/"):
            raise exceptions.invalid_parameter(f"Invalid path: {path}")
        try:
            found = self._files.entries(wanted, user)
        except exceptions.ApiError:
            return self._file(wanted, path, user)
        return [
            {
                "path": posixpath.relpath(entry.path, root),
                "is_dir": entry.is_directory,
                "file_size": entry.file_size,
            }
            for entry in found
        ]

    def sign(self, name: str, version: str, path: str, user: str) -> str:
        """An address that gives the file to whoever knows it, for a while."""
        root = self._root(name, version)
        wanted = posixpath.normpath(posixpath.join(root, path))
        if not wanted.startswith(f"{root}/"):
            raise exceptions.invalid_parameter(f"Invalid path: {path}")
        self._files.file(wanted, user)
        secret, now = secrets.token_urlsafe(24), self._clock.time()
        with self._lock:
            kept = {one: value for one, value in self._signed.items() if value[1] > now}
            self._signed = {**kept, secret: (wanted, now + VALID_SECONDS)}
        return f"{self._base}/{secret}?o={WORKSPACE_ID}"

    def signed(self, secret: str) -> str:
        """The path in the Files API. Raises PERMISSION_DENIED when it isn't valid any more."""
        with self._lock:
            path, until = self._signed.get(secret, ("", 0.0))
        if until <= self._clock.time():
            raise exceptions.forbidden("The signature is unknown or has expired.")
        return path

    def _file(self, wanted: str, path: str, user: str) -> list[Json]:
        try:
            size = self._files.file(wanted, user).stat().st_size
        except exceptions.ApiError:
            return []
        return [{"path": path, "is_dir": False, "file_size": size}]

    def _root(self, name: str, version: str) -> str:
        arguments = {"name": name, "version": version}
        found = ask(self._server, "GET", "model-versions/get", arguments)["model_version"]
        source = str(found.get("source", ""))
        if match := _MODEL.fullmatch(source):
            model = ask(self._server, "GET", f"logged-models/{match['model']}", {})["model"]
            source = str(model["info"]["artifact_uri"])
        for pattern, kind in ((_LOGGED, "LoggedModels"), (_OF_RUN, "Runs")):
            if match := pattern.fullmatch(source):
                place = f"{ARTIFACTS}/{match['experiment']}/{kind}/{match['name']}"
                return posixpath.normpath(place + (match["rest"] or ""))
        raise exceptions.invalid_parameter(
            f"The files of {name} version {version} are at {source}, which is not MLflow's "
            "artifact storage of this workspace."
        )
