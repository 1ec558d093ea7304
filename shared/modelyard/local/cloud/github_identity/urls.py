"""Where the issuer answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from modelyard.local.cloud.github_identity.models import ISSUER, Issuer
from modelyard.local.cloud.github_identity.responses import REQUESTS, GitHubIdentityResponses
from modelyard.local.cloud.service import Cloud, Route


class GitHubIdentityService:
    """See :class:`modelyard.local.cloud.service.Service`."""

    name = "github_identity"

    def __init__(self, cloud: Cloud) -> None:
        self.issuer = Issuer(cloud)

    def routes(self) -> Sequence[Route]:
        answers = GitHubIdentityResponses(self.issuer)
        host = str(urlsplit(ISSUER).hostname)
        table = (
            (REQUESTS, "/<run>//idtoken/<job>", answers.identity_token),
            (host, "/.well-known/openid-configuration", answers.openid_configuration),
            (host, "/.well-known/jwks", answers.keys),
        )
        return [
            *(Route(("GET",), name, path, handler) for name, path, handler in table),
            Route(("POST",), "127.0.0.1", "/modelyard/github/jobs", answers.start_job),
            Route(
                ("POST",), "127.0.0.1", "/modelyard/github/trusted-jobs", answers.start_trusted_job
            ),
        ]

    def start(self) -> None:
        """Nothing runs beside the requests."""

    def stop(self) -> None:
        """Nothing runs beside the requests."""

    def reset(self) -> None:
        self.issuer.reset()

    def status(self) -> Mapping[str, Any]:
        return {"issuer": ISSUER, "jobs": self.issuer.jobs()}
