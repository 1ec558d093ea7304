"""The podman command line. It builds without a daemon, and without root where it is set up so."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from modelyard.errors import ImageFailed
from modelyard.images import programs
from modelyard.images.containers import PUSH_FIX, PUSH_TIMEOUT, ContainerEngine
from modelyard.images.layout import checked_digest
from modelyard.images.reference import ImageReference
from modelyard.images.registry_login import Login, base_url

_PROBE_TIMEOUT = 60.0


class Podman(ContainerEngine):
    """https://docs.podman.io/en/latest/Commands.html"""

    name = "podman"
    build_options = ("--format", "docker")

    def missing(self) -> str:
        if shutil.which("podman") is None:
            return "podman isn't on PATH"
        try:
            finished = programs.run(["podman", "info"], timeout=_PROBE_TIMEOUT)
        except ImageFailed:
            return f"podman info didn't answer within {_PROBE_TIMEOUT:.0f} s"
        return f"podman info fails: {finished.tail.strip()}" if finished.code else ""

    def push_tag(self, tag: ImageReference, login: Login | None) -> str:
        with TemporaryDirectory(prefix="modelyard-login-") as folder:
            digest = Path(folder, "digest")
            options = ["--digestfile", str(digest)]
            # podman speaks HTTPS to a registry on the loopback too, unless told not to.
            if base_url(tag.api_host).startswith("http:"):
                options.append("--tls-verify=false")
            if login is not None:
                registry = tag.registry or "docker.io"
                pair = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
                path = Path(folder, "auth.json")
                path.touch(mode=0o600)
                path.write_text(json.dumps({"auths": {registry: {"auth": pair}}}))
                options += ["--authfile", str(path)]
            programs.check(
                [self.program(), "push", *options, str(tag)],
                f"push {tag}",
                timeout=PUSH_TIMEOUT,
                fix=PUSH_FIX,
            )
            return checked_digest(digest.read_text().strip())
