"""Jobs of workflows, and the identity tokens that they may ask for.

Source: docs.github.com, "OpenID Connect reference".
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from modelyard.local.cloud import issuers, signing
from modelyard.local.cloud.credentials import load_or_create
from modelyard.local.cloud.databricks.identity.models import Identities
from modelyard.local.cloud.digests import digest
from modelyard.local.cloud.entra import federation
from modelyard.local.cloud.service import Cloud

ISSUER = "https://token.actions.githubusercontent.com"
COLLECTION = "github.jobs"
REPOSITORIES = "github.repositories"
"""Those of the local GitHub, by ``owner/name`` in lower case."""
ACCOUNTS = "github.accounts"
"""Its users and organizations, by their names in lower case."""
TOKEN_SECONDS = 300
"""How long an identity token is good for."""
BEFORE_SECONDS = 600
"""How far back its ``nbf`` lies: clocks differ."""
USUAL = ("repo", "context")
"""What the subject of an identity token is made of."""
CLAIM_KEYS = (
    *(*USUAL, "repository", "repository_owner", "ref", "ref_type", "sha", "workflow"),
    *("event_name", "environment", "job_workflow_ref", "runner_environment", "run_id"),
)
"""What it may be made of instead."""


@dataclass(frozen=True)
class Job:
    """What GitHub knows of a job that has the permission ``id-token: write``."""

    repository: str
    """``owner/name``"""
    ref: str = "refs/heads/main"
    event: str = "push"
    environment: str = ""
    workflow: str = "ci.yml"
    sha: str = "0" * 40
    run_id: str = "1"
    workflow_ref: str = ""
    """``OWNER/NAME/PATH@REF`` of the workflow that runs; empty: made of the others."""
    job_workflow_ref: str = ""
    """The same of the workflow that the job is in; another one where that is called."""

    @property
    def context(self) -> str:
        """An environment goes before a pull request, and that before a branch or tag."""
        if self.environment:
            return f"environment:{_part(self.environment)}"
        return "pull_request" if self.event == "pull_request" else f"ref:{self.ref}"

    def claims(self) -> dict[str, str]:
        """What a token says of the job, apart from its subject."""
        owner = self.repository.partition("/")[0]
        own = f"{self.repository}/.github/workflows/{self.workflow}@{self.ref}"
        workflow = self.workflow_ref or own
        found = {
            "ref": self.ref,
            "ref_type": "tag" if self.ref.startswith("refs/tags/") else "branch",
            "sha": self.sha,
            "repository": self.repository,
            "repository_owner": owner,
            "event_name": self.event,
            "workflow": self.workflow,
            "workflow_ref": workflow,
            "job_workflow_ref": self.job_workflow_ref or workflow,
            "run_id": self.run_id,
            "runner_environment": "self-hosted",
        }
        return {**found, "environment": self.environment} if self.environment else found

    def subject_of(self, keys: Sequence[str], repo: str = "") -> str:
        """The subject that is made of these claims.

        :param repo: the claim ``repo``, where the repository isn't called by its name alone.
        """
        parts = {"repo": repo or f"repo:{self.repository}", "context": self.context}
        parts |= {k: f"{k}:{_part(v)}" for k, v in self.claims().items()}
        return ":".join(parts.get(key, f"{key}:") for key in keys)


class UnknownJob(Exception):
    """The request's token is of no running job."""


class Issuer:
    """All state is in the cloud's store."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._key = signing.load_or_create(cloud.folder / "github")
        issuers.publish(cloud.store, ISSUER, self.keys()[0])

    def keys(self) -> list[dict[str, Any]]:
        """The public signing keys (JWK)."""
        return [signing.public_jwk(self._key.public_key())]

    def start_job(self, job: Job) -> str:
        """What the job has as ACTIONS_ID_TOKEN_REQUEST_TOKEN. The store holds its SHA-256 only."""
        value = secrets.token_urlsafe(40)
        self._cloud.store.put(COLLECTION, digest(value), asdict(job))
        return value

    def trust(self, job: Job) -> None:
        """Entra trusts such jobs with the cloud's application from now on, which is a user of the
        workspace."""
        client_id = load_or_create(self._cloud.folder).client_id
        federation.trust(self._cloud.store, ISSUER, self.subject(job))
        identities = Identities(self._cloud)
        with self._cloud.store.lock:
            if not identities.knows(client_id):
                identities.add(client_id)

    def identity_token(self, request_token: str, audience: str) -> str:
        """A signed statement of what job it is.

        :param audience: empty for GitHub's own choice, the address of the repository's owner.
        :raises UnknownJob:
        """
        document = self._cloud.store.get(COLLECTION, digest(request_token))
        if document is None:
            raise UnknownJob
        job = Job(**document)
        owner = job.repository.partition("/")[0]
        now = int(self._cloud.clock.time())
        claims = {
            "jti": str(uuid.uuid4()),
            "sub": self.subject(job),
            "aud": audience or f"https://github.com/{owner}",
            "iss": ISSUER,
            **job.claims(),
            "nbf": now - BEFORE_SECONDS,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
        }
        return signing.sign(claims, self._key)

    def subject(self, job: Job) -> str:
        """What federated credentials have to name: the usual one, or one that its repository chose,
        or took from the organization. A repository that the local GitHub hasn't is known by its
        name alone."""
        repository = self._cloud.store.get(REPOSITORIES, job.repository.lower()) or {}
        template = repository.get("oidc", {})
        keys = template.get("include_claim_keys")
        if not keys and not template.get("use_default", True):
            owner = self._cloud.store.get(ACCOUNTS, repository["owner"].lower()) or {}
            keys = owner.get("claim_keys")
        return job.subject_of(keys or USUAL, template.get("sub_claim_prefix", ""))

    def jobs(self) -> int:
        return sum(1 for _ in self._cloud.store.items(COLLECTION))

    def reset(self) -> None:
        """Forget all jobs."""
        self._cloud.store.clear(COLLECTION)


def _part(value: str) -> str:
    """A value within a subject: the colons there part the claims."""
    return value.replace(":", "%3A")
