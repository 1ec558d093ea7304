"""Registries that a step of Docker signs in to, and the names that images get there.

No password is on a command line or in the user's own configuration: docker reads it from a
configuration folder of the job, which the variable ``DOCKER_CONFIG`` names.

Source: ``Tasks/DockerV2`` and learn.microsoft.com, "Docker registry service connection".
"""

from __future__ import annotations

import base64
import json
import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from modelyard.local.runner.builtin.step import StepContext, StepFailed

_DOCKER_HUB = ("index.docker.io", "docker.io", "registry.hub.docker.com")
_CONFIGURATION = "config.json"


@dataclass(frozen=True)
class Registry:
    """A registry and who signs in."""

    url: str
    """As in docker's configuration."""
    user: str
    password: str = field(repr=False)

    @property
    def host(self) -> str:
        """The beginning of its images' names; empty for Docker Hub."""
        return _host(self.url)


def registry_of(name: str, step: StepContext) -> Registry | None:
    """The registry of a service connection; None where none is named.

    :raises StepFailed: when there is no such connection, or it can't be used here.
    """
    if not name.strip():
        return None
    endpoint = step.endpoint(name)
    found = {key.lower(): value for key, value in endpoint.parameters.items()}
    url = found.get("registry") or found.get("loginserver") or endpoint.url
    user = found.get("username") or found.get("serviceprincipalid", "")
    password = found.get("password") or found.get("serviceprincipalkey", "")
    if not (url and user and password):
        raise StepFailed(
            f"the service connection {endpoint.name} has no registry, user and password: one that "
            f"signs in by {endpoint.scheme} can't be used on this machine"
        )
    return Registry(url, user, password)


def logged_in(registry: Registry, step: StepContext) -> Path:
    """A new configuration folder that knows the registry, and those that the step knew before."""
    auths = dict(_auths(step))
    token = base64.b64encode(f"{registry.user}:{registry.password}".encode()).decode()
    step.command("task.setsecret", data=token)
    auths[registry.url] = {"auth": token}
    folder = step.temporary / f"docker-{uuid.uuid4()}"
    folder.mkdir(mode=0o700)
    _write(folder / _CONFIGURATION, auths)
    step.log(f"Signed in to {registry.host or 'Docker Hub'} as {registry.user}")
    return folder


def forget(registry: Registry | None, step: StepContext) -> None:
    """Sign out of one registry, or of all; of the job's own configuration only."""
    path = _configuration(step)
    if path is None:
        return
    auths = dict(_auths(step))
    if registry is not None:
        auths.pop(registry.url, None)
    if registry is None or not auths:
        path.unlink(missing_ok=True)
        step.set_variable("DOCKER_CONFIG", "")
    else:
        _write(path, auths)


def image_names(repository: str, registry: Registry | None, step: StepContext) -> list[str]:
    """The image's names, without tags: one for each registry, or the plain one where there is
    none to push to."""
    if not repository:
        return []
    plain = repository.lower()
    hosts = [registry.host] if registry else [_host(url) for url in _auths(step)] or [""]
    named = (plain if not host or plain.startswith(f"{host}/") else f"{host}/{plain}"
             for host in hosts)  # fmt: skip
    return list(dict.fromkeys(named))


def _configuration(step: StepContext) -> Path | None:
    """The configuration of an earlier login of this job; the user's own isn't touched."""
    folder = step.variables.value("DOCKER_CONFIG")
    path = Path(folder, _CONFIGURATION) if folder else None
    if path is None or not path.resolve().is_relative_to(step.temporary.resolve()):
        return None
    return path


def _auths(step: StepContext) -> dict[str, object]:
    path = _configuration(step)
    if path is None or not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8")).get("auths", {})
    except (ValueError, AttributeError) as error:
        raise StepFailed(f"{path} isn't a configuration of docker: {error}") from None
    return dict(found)


def _write(path: Path, auths: dict[str, object]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        json.dump({"auths": auths}, stream)


def _host(url: str) -> str:
    host = urlsplit(url if "//" in url else f"//{url}").netloc.lower()
    return "" if host in _DOCKER_HUB else host
