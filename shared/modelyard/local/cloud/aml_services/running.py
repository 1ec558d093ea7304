"""Services that run: brought up from what they name, replaced, started again when they die."""

from __future__ import annotations

import logging
import shutil
import tarfile
import threading
from pathlib import Path
from typing import Any

import yaml

from modelyard.images.running import end_of_file
from modelyard.local.cloud.aml.assets import Assets
from modelyard.local.cloud.aml.front import refused
from modelyard.local.cloud.aml.online.deployments import Interruptible, Stopping
from modelyard.local.cloud.aml.online.launching import Launched, Launcher
from modelyard.local.cloud.aml.packages import of_conda
from modelyard.local.cloud.aml.v1.artifacts import Artifacts
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.aml_services.documents import ACI, Documents
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.service import Cloud

log = logging.getLogger(__name__)

Json = dict[str, Any]
LOG_BYTES = 256 * 1024
_ARTIFACT = "aml://artifact/"


class Services:
    """The servers of one cloud's services. Safe for several threads."""

    def __init__(
        self,
        cloud: Cloud,
        documents: Documents,
        assets: Assets,
        artifacts: Artifacts,
        launcher: Launcher,
    ) -> None:
        self._documents = documents
        self._assets = assets
        self._artifacts = artifacts
        self._launcher = launcher
        self._logs = cloud.folder / "aml_services" / "logs"
        self._running: dict[str, Launched] = {}
        self._restarting: set[str] = set()
        self._table = threading.Lock()
        self.clock = Interruptible()

    def deploy(
        self, workspace: Workspace, document: Json, before: Json | None, operation: str
    ) -> None:
        """Bring it up and end the operation. A container instance is replaced, and its old one
        gone, whatever comes of the new one; on AKS the old one serves until the new one does."""
        name = document["name"]
        if before is not None and document["computeType"] == ACI:
            self.take_down(document)
        try:
            launched = self._launch(workspace, document)
        except ArmError as error:
            kept = before if before is not None and self.server(document) else None
            failed = {**document, "state": "Unhealthy", "error": error.body()}
            self._documents.put(workspace, kept or failed)
            self._documents.end(operation, name, self._error(document, error))
            return
        except Stopping:
            return
        with self._table:
            old = self._running.pop(_key(document), None)
            self._running[_key(document)] = launched
        if old is not None:
            old.running.stop()
        self._documents.put(workspace, {**document, "state": "Healthy", "error": None})
        self._documents.end(operation, name)

    def server(self, document: Json) -> Launched | None:
        """Where it answers; None when it doesn't."""
        with self._table:
            launched = self._running.get(_key(document))
        return launched if launched is not None and launched.running.alive() else None

    def take_down(self, document: Json) -> None:
        with self._table:
            launched = self._running.pop(_key(document), None)
        if launched is not None:
            launched.running.stop()

    def restart(self, workspace: Workspace, document: Json) -> None:
        """Start one that has ended, or of an earlier life; at most one at a time."""
        key = _key(document)
        with self._table:
            if key in self._restarting:
                return
            self._restarting.add(key)
        try:
            self.take_down(document)
            launched = self._launch(workspace, document)
            with self._table:
                self._running[key] = launched
        except (ArmError, Stopping) as error:
            log.warning("service %s did not come up again: %s", document["name"], error)
        finally:
            with self._table:
                self._restarting.discard(key)

    def logs(self, document: Json) -> str:
        return end_of_file(self._log(document), LOG_BYTES)

    def stop(self) -> None:
        """Stop every server; the services stay known."""
        self.clock.stopping.set()
        with self._table:
            running = list(self._running.values())
            self._running.clear()
        for one in running:
            one.running.stop()

    def _launch(self, workspace: Workspace, document: Json) -> Launched:
        request = document["environmentImageRequest"]
        environment = request.get("environment") or {}
        place = self._launcher.new_place(self._log(document).stem)
        self._unpack(workspace, request.get("assets") or [], place / "code")
        variables = {
            name: str(value)
            for name, value in (environment.get("environmentVariables") or {}).items()
        }
        entry = variables.pop("AZUREML_ENTRY_SCRIPT", "")
        script = (place / "code" / entry).resolve()
        if not entry or not script.is_file() or not script.is_relative_to(place.resolve()):
            raise refused(f"The entry script {entry!r} is not among the assets.")
        models = request.get("modelIds") or []
        if len(models) != 1:
            raise refused("A service with one model is emulated; that is modelIds with one id.")
        name, _, version = str(models[0]).rpartition(":")
        asset = self._assets.get(workspace, "models", name, version)
        found = self._launcher.model(workspace, {"model": asset["id"]}, place)
        if found:
            variables["AZUREML_MODEL_DIR"] = str(found[1])
        conda = (environment.get("python") or {}).get("condaDependencies") or {"dependencies": []}
        self._log(document).unlink(missing_ok=True)
        return self._launcher.launch_script(
            script,
            of_conda(yaml.safe_dump(conda)),
            variables,
            place,
            self._log(document),
            self.clock,
        )

    def _unpack(self, workspace: Workspace, assets: list[Json], target: Path) -> None:
        target.mkdir(parents=True)
        for one in assets:
            url = str(one.get("url") or "")
            origin, _, rest = url.removeprefix(_ARTIFACT).partition("/")
            container, _, path = rest.partition("/")
            if not url.startswith(_ARTIFACT) or not path:
                raise refused(f"The asset {url} is no artifact.")
            file = target / Path(path).name
            file.write_bytes(self._artifacts.read(workspace, origin, container, path))
            if one.get("unpack"):
                try:
                    with tarfile.open(file) as archive:
                        archive.extractall(target, filter="data")
                except (tarfile.TarError, OSError) as error:
                    raise refused(f"The asset {path} can't be unpacked: {error}") from error
                file.unlink()

    def _error(self, document: Json, error: ArmError) -> Json:
        kind = "Aci" if document["computeType"] == ACI else "Kubernetes"
        return {
            "code": f"{kind}DeploymentFailed",
            "statusCode": error.status,
            "message": f"The deployment of {document['name']} failed.",
            "details": [error.body()],
        }

    def forget(self) -> None:
        shutil.rmtree(self._logs, ignore_errors=True)

    def _log(self, document: Json) -> Path:
        self._logs.mkdir(parents=True, exist_ok=True)
        workspace = document["workspace"].rsplit("/", 1)[-1].lower()
        return self._logs / f"{workspace}.{document['name']}.service.log"


def _key(document: Json) -> str:
    return f"{document['workspace']}/{document['name']}".lower()
