"""Running an image in a container of docker or podman, with as few rights as serving needs."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from modelyard.errors import DeploymentFailed, ImageFailed, InputError
from modelyard.images import programs
from modelyard.images.contents import NOBODY, listen
from modelyard.images.reference import ImageReference
from modelyard.images.registry_login import base_url
from modelyard.images.running import LOG_BYTES, Settings, free_port

log = logging.getLogger(__name__)

PULL_TIMEOUT = 1800.0
_COMMAND_TIMEOUT = 120.0
_STOP_SECONDS = 5
_NO_NETWORK = re.compile(r"network|netavark|cni|slirp|pasta|iptables", re.IGNORECASE)
_NOWHERE = "127.0.0.1:0"
_RIGHTS = ("--cap-drop=ALL", "--security-opt=no-new-privileges", "--pids-limit=512")


class RunningContainer:
    """See :class:`modelyard.images.running.Running`."""

    def __init__(self, engine: str, container: str, url: str) -> None:
        self._engine = engine
        self._container = container
        self.url = url
        self.identity = f"{engine} {container[:12]}"

    def alive(self) -> bool:
        finished = _run(self._engine, "inspect", "--format", "{{.State.Running}}", self._container)
        return finished.code == 0 and finished.stdout.strip() == "true"

    def logs(self, most: int = LOG_BYTES) -> str:
        """Both streams, in the order the engine has them."""
        with TemporaryFile() as output:  # however much it is, it isn't held in memory
            subprocess.run(
                [_program(self._engine), "logs", self._container],
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=_COMMAND_TIMEOUT,
                check=False,
            )
            output.seek(max(0, output.tell() - most))
            return output.read().decode("utf-8", "replace")

    def stop(self) -> None:
        if _run(self._engine, "inspect", self._container).code == 0:
            _run(self._engine, "stop", "--time", str(_STOP_SECONDS), self._container)
            _remove(self._engine, self._container)


def run_container(engine: str, image: ImageReference, settings: Settings) -> RunningContainer:
    """Start the image; it may not serve yet. The image is pulled where the engine hasn't got it.

    A port of the loopback is published; where the engine has no network of its own (an engine in a
    container, say), the server shares the machine's and listens on the loopback itself.

    :raises DeploymentFailed: when the engine refuses. ImageFailed when it can't get the image.
    """
    config = _config(engine, image)
    port = _port(config, image)
    # The network is named: where the machine's own is the engine's default, nothing is published.
    published = ["--network", "bridge", "--publish", f"127.0.0.1::{port}"]
    finished = _start(engine, image, settings, config, published, {})
    if finished.code == 0:
        container = finished.stdout.strip().splitlines()[-1]
        address = _published(engine, container, port)
        found = RunningContainer(engine, container, f"http://{address or _NOWHERE}")
        if address or not found.alive():
            return found  # one that has ended has no port: who waits for it sees that, and its log
    _remove(engine, settings.name)
    if finished.code and not _NO_NETWORK.search(finished.tail):
        raise _failed(engine, image, finished.tail)
    log.info("%s has no network for containers: the server shares this machine's", engine)
    chosen = free_port()
    shared = _start(
        engine, image, settings, config, ["--network", "host"], listen("127.0.0.1", chosen)
    )
    if shared.code:
        _remove(engine, settings.name)
        raise _failed(engine, image, f"{finished.tail}\n{shared.tail}")
    container = shared.stdout.strip().splitlines()[-1]
    return RunningContainer(engine, container, f"http://127.0.0.1:{chosen}")


def end_containers(engine: str, label: str) -> int:
    """Remove all containers with this label (``name=value``); says how many there were."""
    if shutil.which(engine) is None:
        return 0
    listed = _run(engine, "ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={label}")
    found = listed.stdout.split() if listed.code == 0 else []
    for container in found:
        _remove(engine, container)
    return len(found)


def _start(
    engine: str,
    image: ImageReference,
    settings: Settings,
    config: Mapping[str, object],
    network: Sequence[str],
    where: Mapping[str, str],
) -> programs.Finished:
    limits = [f"--memory={settings.memory_mb}m"] if settings.memory_mb else []
    limits += [f"--cpus={settings.cpus}"] if settings.cpus else []
    labels = [f"--label={name}={value}" for name, value in settings.labels.items()]
    user = str(config.get("User") or NOBODY)
    with TemporaryDirectory(prefix="modelyard-run-") as folder:
        variables = Path(folder, "variables")  # not on the command line: others could read it
        variables.touch(mode=0o600)
        variables.write_text(_variables({**settings.environment, **where}))
        return _run(
            engine,
            "run",
            "--detach",
            f"--name={settings.name}",
            f"--user={user}",
            f"--env-file={variables}",
            *_RIGHTS,
            *limits,
            *labels,
            *network,
            str(image),
        )


def _variables(environment: Mapping[str, str]) -> str:
    for name, value in environment.items():
        if "\n" in value or "\r" in value or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise InputError(f"the variable {name!r} can't be given to a container: one line only")
    return "".join(f"{name}={value}\n" for name, value in environment.items())


def _config(engine: str, image: ImageReference) -> Mapping[str, object]:
    """What the image says of itself; it is pulled if need be."""
    finished = _run(engine, "image", "inspect", str(image))
    if finished.code:
        log.info("%s pulls %s", engine, image)
        insecure = engine == "podman" and base_url(image.api_host).startswith("http:")
        options = ["--tls-verify=false"] if insecure else []
        programs.check(
            [_program(engine), "pull", *options, str(image)],
            f"pull {image}",
            timeout=PULL_TIMEOUT,
            fix="check the name, and that the engine is signed in to the registry",
        )
        finished = _run(engine, "image", "inspect", str(image))
    if finished.code:
        raise ImageFailed(f"{engine} has no image {image}\n{finished.tail}")
    config: Mapping[str, object] = json.loads(finished.stdout)[0].get("Config") or {}
    return config


def _port(config: Mapping[str, object], image: ImageReference) -> int:
    exposed = config.get("ExposedPorts")
    ports = [name.partition("/")[0] for name in exposed] if isinstance(exposed, dict) else []
    if len(ports) != 1:
        raise DeploymentFailed(
            f"{image} exposes {len(ports)} ports",
            cause="the port it serves on has to be the only one",
            fix="build the image with image-build, or with one EXPOSE",
        )
    return int(ports[0])


def _published(engine: str, container: str, port: int) -> str:
    """Host and port on this machine; empty when there is none."""
    finished = _run(engine, "port", container, f"{port}/tcp")
    match = re.search(r"127\.0\.0\.1:\d+", finished.stdout)
    return match[0] if match else ""


def _failed(engine: str, image: ImageReference, tail: str) -> DeploymentFailed:
    return DeploymentFailed(f"{engine} could not run {image}\n{tail}")


def _remove(engine: str, container: str) -> None:
    at_once = ("--time", "0") if engine == "podman" else ()  # docker doesn't wait anyway
    _run(engine, "rm", "--force", "--volumes", *at_once, container)


def _program(engine: str) -> str:
    return programs.find(engine, "run containers")


def _run(engine: str, *arguments: str) -> programs.Finished:
    return programs.run(
        [_program(engine), *arguments], timeout=_COMMAND_TIMEOUT, environment=os.environ
    )
