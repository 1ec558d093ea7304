"""GitHub's issuer of identity tokens (token.actions.githubusercontent.com), and where jobs ask.

Source: docs.github.com, "OpenID Connect reference".
"""

from __future__ import annotations

from modelyard.local.cloud.github_identity.urls import GitHubIdentityService
from modelyard.local.cloud.service import Cloud, Service


def create(cloud: Cloud) -> Service:
    """The service, for a cloud that is about to start."""
    return GitHubIdentityService(cloud)
