"""Which CI system this is."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping

from modelyard.ci.base import CISystem


def detect(environment: Mapping[str, str] | None = None, *, step: str = "") -> CISystem:
    """The CI system that started this process, by the variable each of them sets."""
    environment = os.environ if environment is None else environment
    # Each is imported only where it is the one: a step pays for every import.
    if environment.get("GITHUB_ACTIONS", "").lower() == "true":
        from modelyard.ci.github_actions import GitHubActions

        return GitHubActions(environment)
    if environment.get("TF_BUILD", "").lower() == "true":
        from modelyard.ci.azure_pipelines import AzurePipelines

        return AzurePipelines(environment)
    from modelyard.ci.terminal import Terminal

    return Terminal(environment, step=step)


def hide_private(environment: MutableMapping[str, str], ci: CISystem) -> None:
    """Take out what the CI system gave to this step alone, secrets among it.

    pip, docker and whatever else a step starts inherits the environment, and has no use for that.
    """
    for name in [name for name in environment if name.startswith(ci.private)]:
        del environment[name]
