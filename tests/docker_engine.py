"""Tests that need a docker engine: ``@docker`` before them, or ``RUNNERS`` as parameters."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

import pytest


@cache
def answers() -> bool:
    """Whether the docker command line reaches an engine (DOCKER_HOST, or the default socket)."""
    if shutil.which("docker") is None:
        return False
    asked = subprocess.run(
        ["docker", "version", "--format", "{{.Server.Os}}"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return asked.returncode == 0 and asked.stdout.strip() == "linux"


docker = pytest.mark.skipif(
    not answers(), reason="no docker engine answers: .ci/docker-engine start"
)
RUNNERS = ["process", pytest.param("docker", marks=docker)]
"""What runs an image, for ``parametrize``."""
