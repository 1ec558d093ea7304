"""Starting what a deployment names: its files, its environment, its server.

A scoring script is served by azureml-inference-server-http, which the environment has to bring as
on Azure. A model of MLflow without a script is served by MLflow's own server.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.clock import SystemClock
from modelyard.errors import ModelyardError
from modelyard.images import contents
from modelyard.images.run_process import RunningProcess
from modelyard.images.running import free_port, wait_until_ready
from modelyard.local.cloud.aml import paths
from modelyard.local.cloud.aml.assets import Assets
from modelyard.local.cloud.aml.datastores import Datastores
from modelyard.local.cloud.aml.environments import of_serving
from modelyard.local.cloud.aml.network import network
from modelyard.local.cloud.aml.online import exceptions
from modelyard.local.cloud.aml.online.collecting import Collector
from modelyard.local.cloud.aml.packages import Environments, Packages
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.processes import Children
from modelyard.local.cloud.storage.models import Blobs

Json = dict[str, Any]
READY_SECONDS = 120.0
_SERVE = (
    "import sys; from azureml_inference_server_http.amlserver_linux import run; "
    "run('127.0.0.1', int(sys.argv[1]), 1)"
)
"""The server's own program listens on all addresses of the machine; this is what it calls."""


@dataclass(frozen=True)
class Launched:
    """A server that answers."""

    running: RunningProcess
    port: int
    mlflow: bool


@dataclass(frozen=True)
class _Command:
    python: Path
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    ping: str
    mlflow: bool


class Launcher:
    """Launches the deployments of one cloud."""

    def __init__(
        self,
        folder: Path,
        assets: Assets,
        datastores: Datastores,
        blobs: Blobs,
        environments: Environments,
        collector: Collector,
        children: Children,
        cloud_environment: Mapping[str, str],
    ) -> None:
        self._folder = folder
        self._assets = assets
        self._datastores = datastores
        self._blobs = blobs
        self._environments = environments
        self._collector = collector
        self._children = children
        self._network = network(cloud_environment)

    def launch(
        self, workspace: Workspace, deployment: Json, log: Path, clock: SystemClock
    ) -> Launched:
        """Start it and wait until it answers. Raises ArmError; what it printed is in ``log``."""
        place = self.new_place(log.stem)
        port = free_port()
        command = self._command(workspace, deployment["properties"], place, port)
        environment = {
            **(deployment["properties"].get("environmentVariables") or {}),
            **self._collector.attach(workspace, deployment, place),
        }
        return self._start(command, environment, place, port, log, clock)

    def new_place(self, name: str) -> Path:
        """An empty folder for a server."""
        place = self._folder / name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        return place

    def launch_script(
        self,
        script: Path,
        packages: Packages,
        environment: Mapping[str, str],
        place: Path,
        log: Path,
        clock: SystemClock,
    ) -> Launched:
        """Start a scoring script that lies in the server's folder, as above."""
        port = free_port()
        variables = {**_entry(script, place / "code"), **environment}
        python = self._environments.interpreter(packages)
        command = _Command(python, ("-c", _SERVE, str(port)), variables, "/", False)
        return self._start(command, {}, place, port, log, clock)

    def _start(
        self,
        command: _Command,
        environment: Mapping[str, str],
        place: Path,
        port: int,
        log: Path,
        clock: SystemClock,
    ) -> Launched:
        child = self._children.start(
            [command.python, *command.arguments],
            environment={
                "PATH": f"{command.python.parent}:/usr/local/bin:/usr/bin:/bin",
                "HOME": str(place),
                "PYTHONUNBUFFERED": "1",
                **self._network,
                **command.environment,
                **environment,
            },
            log=log,
            cwd=place,
        )
        running = RunningProcess(child, self._children, f"http://127.0.0.1:{port}", log)
        try:
            wait_until_ready(
                running,
                clock=clock,
                timeout=READY_SECONDS,
                path=command.ping,
                what="the container",
            )
        except ModelyardError as error:
            running.stop()
            first = error.what.splitlines()[0]
            raise exceptions.container_crashed(first) from error
        except BaseException:
            running.stop()
            raise
        return Launched(running, port, command.mlflow)

    def _command(self, workspace: Workspace, properties: Json, place: Path, port: int) -> _Command:
        model = self.model(workspace, properties, place)
        code = properties.get("codeConfiguration")
        if code:
            python, variables = self._script(workspace, properties, code, place)
            variables |= {"AZUREML_MODEL_DIR": str(model[1])} if model else {}
            return _Command(python, ("-c", _SERVE, str(port)), variables, "/", False)
        if model is None or not (model[0] / "MLmodel").is_file():
            raise exceptions.invalid(
                "A deployment without a scoring script needs a model of MLflow (MLmodel)."
            )
        return self._mlflow(model[0], port)

    def _script(
        self,
        workspace: Workspace,
        properties: Json,
        code: Json,
        place: Path,
    ) -> tuple[Path, dict[str, str]]:
        asset = self._assets.by_id(str(code.get("codeId")), "codes")
        self._copy(workspace, asset["properties"]["codeUri"], place / "code")
        script = place / "code" / str(code.get("scoringScript"))
        if not script.is_file():
            raise exceptions.invalid(
                f"The scoring script {code.get('scoringScript')} is not in the code."
            )
        if not properties.get("environmentId"):
            raise exceptions.invalid("A deployment with a scoring script needs an environment.")
        packages = of_serving(str(properties["environmentId"]), self._assets)
        python = self._environments.interpreter(packages)
        return python, _entry(script, place / "code")

    def _mlflow(self, model: Path, port: int) -> _Command:
        try:
            needed = contents.of_model(model)
        except ModelyardError as error:
            raise exceptions.invalid(f"The model can't be served: {error.what}") from error
        python = self._environments.interpreter(Packages(needed.python, needed.requirements))
        moved = {
            name: value.replace(contents.MODEL, str(model))
            for name, value in needed.environment.items()
            if name not in ("PYTHONPATH", "HOME")
        }
        bound = {**moved, **contents.listen("127.0.0.1", port)}
        return _Command(python, needed.command[1:], bound, "/ping", True)

    def model(
        self, workspace: Workspace, properties: Json, place: Path
    ) -> tuple[Path, Path] | None:
        """Its folder, and the one above that AZUREML_MODEL_DIR names."""
        if not properties.get("model"):
            return None
        asset = self._assets.by_id(str(properties["model"]), "models")
        above = place / "azureml-models" / asset["container"] / asset["name"]
        uri = str(asset["properties"]["modelUri"])
        target = above / uri.rstrip("/").rsplit("/", 1)[-1]
        found = paths.locate(uri, workspace, self._datastores)
        is_file = self._blobs.find(found.account, found.container, found.path) is not None
        paths.copy(found, self._blobs, above if is_file else target)
        return target, above

    def _copy(self, workspace: Workspace, uri: str, target: Path) -> None:
        paths.copy(paths.locate(uri, workspace, self._datastores), self._blobs, target)


def _entry(script: Path, folder: Path) -> dict[str, str]:
    """The variables by which Azure's server finds the script."""
    return {
        "AZUREML_ENTRY_SCRIPT": str(script),
        "AML_APP_ROOT": str(script.parent),
        "PYTHONPATH": str(folder),
    }
