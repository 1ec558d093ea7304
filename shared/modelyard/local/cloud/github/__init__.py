"""GitHub's REST interface (api.github.com; of an Enterprise Server at ``URL/api/v3``), as far as
setting up a repository and reporting to it needs.

Source: docs.github.com, "GitHub REST API documentation", version 2022-11-28.
"""

from __future__ import annotations

from modelyard.local.cloud.github.urls import GitHubService
from modelyard.local.cloud.service import Cloud, Service


def create(cloud: Cloud) -> Service:
    """The service, for a cloud that is about to start."""
    return GitHubService(cloud)
