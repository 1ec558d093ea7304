"""The docker command line, where ``docker version`` reaches a server."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from modelyard.errors import ImageFailed
from modelyard.images import programs
from modelyard.images.containers import PUSH_FIX, PUSH_TIMEOUT, ContainerEngine
from modelyard.images.reference import ImageReference
from modelyard.images.registry_login import Login

_HUB = "https://index.docker.io/v1/"
_DIGEST = re.compile(r"digest: (sha256:[0-9a-f]{64})")
_PROBE_TIMEOUT = 30.0


class Docker(ContainerEngine):
    """https://docs.docker.com/reference/cli/docker/"""

    name = "docker"

    def missing(self) -> str:
        if shutil.which("docker") is None:
            return "the docker command line isn't on PATH"
        try:
            finished = programs.run(
                ["docker", "version", "--format", "{{.Server.Os}}"], timeout=_PROBE_TIMEOUT
            )
        except ImageFailed:
            return f"the docker engine didn't answer within {_PROBE_TIMEOUT:.0f} s"
        if finished.code:
            return f"docker version reaches no engine: {finished.tail.strip()}"
        system = finished.stdout.strip()
        return "" if system == "linux" else f"the docker engine runs {system} containers"

    @cached_property
    def _has_buildkit(self) -> bool:
        return programs.run(["docker", "buildx", "version"], timeout=_PROBE_TIMEOUT).code == 0

    @property
    def build_options(self) -> tuple[str, ...]:  # type: ignore[override]
        """BuildKit may keep what it builds to itself unless told to load it; the builder before it
        leaves a container where a step fails."""
        return ("--progress=plain", "--load") if self._has_buildkit else ("--force-rm",)

    def environment(self) -> Mapping[str, str]:
        # Without buildx the command line would fail rather than take the builder that it has.
        # An attestation would make the image an index, whose digest isn't the image's.
        return {
            **os.environ,
            "DOCKER_BUILDKIT": "1" if self._has_buildkit else "0",
            "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",
            "DOCKER_CLI_HINTS": "false",
        }

    def push_tag(self, tag: ImageReference, login: Login | None) -> str:
        environment = dict(self.environment())
        with TemporaryDirectory(prefix="modelyard-login-") as folder:
            if login is not None:
                registry = _HUB if tag.api_host == "registry-1.docker.io" else tag.registry
                _write_login(Path(folder), registry, login)
                environment["DOCKER_CONFIG"] = folder
            output = programs.check(
                [self.program(), "push", str(tag)],
                f"push {tag}",
                timeout=PUSH_TIMEOUT,
                environment=environment,
                fix=PUSH_FIX,
            )
        found = _DIGEST.findall(output)
        if not found:
            raise ImageFailed(f"docker push of {tag} named no digest")
        return str(found[-1])


def _write_login(folder: Path, registry: str, login: Login) -> None:
    """The user's configuration (contexts, plugins, proxies) with one registry's login in it."""
    own = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    config: dict[str, object] = {}
    if own.is_dir():
        for child in own.iterdir():
            if child.name != "config.json":
                (folder / child.name).symlink_to(child.resolve())
        if (own / "config.json").is_file():
            config = json.loads((own / "config.json").read_text())
    pair = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
    config["auths"] = {registry: {"auth": pair}}
    for helper in ("credsStore", "credHelpers"):
        config.pop(helper, None)
    path = folder / "config.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(config))
