"""Which CI system this is."""

from __future__ import annotations

import os
from collections.abc import Mapping

from modelyard.ci.azure_pipelines import AzurePipelines
from modelyard.ci.base import CISystem
from modelyard.ci.github_actions import GitHubActions
from modelyard.ci.terminal import Terminal


def detect(environment: Mapping[str, str] | None = None, *, step: str = "") -> CISystem:
    """The CI system that started this process, by the variable each of them sets."""
    environment = os.environ if environment is None else environment
    if environment.get("GITHUB_ACTIONS", "").lower() == "true":
        return GitHubActions(environment)
    if environment.get("TF_BUILD", "").lower() == "true":
        return AzurePipelines(environment)
    return Terminal(environment, step=step)
