"""A local Azure DevOps with nothing in it, and the command that sets it up."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.setup_azure_devops.setup import Setup
from modelyard.local.cloud.cloud import LocalCloud


@pytest.fixture
def setup(
    cloud: LocalCloud,
    inside_cloud: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Setup:
    cloud.services["devops"].reset()
    made = Setup(cloud, inside_cloud, tmp_path, capsys)
    made.push("main")
    return made
