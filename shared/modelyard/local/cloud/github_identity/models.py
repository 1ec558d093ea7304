"""Jobs of workflows, and the identity tokens that they may ask for."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from modelyard.local.cloud import issuers, signing
from modelyard.local.cloud.credentials import load_or_create
from modelyard.local.cloud.databricks.identity.models import Identities
from modelyard.local.cloud.entra import federation
from modelyard.local.cloud.service import Cloud

ISSUER = "https://token.actions.githubusercontent.com"
COLLECTION = "github.jobs"
TOKEN_SECONDS = 300
"""How long an identity token is good for."""
BEFORE_SECONDS = 600
"""How far back its ``nbf`` lies: clocks differ."""


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
    def subject(self) -> str:
        """An environment goes before a pull request, and that before a branch or tag."""
        if self.environment:
            return f"repo:{self.repository}:environment:{self.environment}"
        if self.event == "pull_request":
            return f"repo:{self.repository}:pull_request"
        return f"repo:{self.repository}:ref:{self.ref}"


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
        self._cloud.store.put(COLLECTION, _digest(value), asdict(job))
        return value

    def trust(self, job: Job) -> None:
        """Entra trusts such jobs with the cloud's application from now on, which is a user of the
        workspace."""
        client_id = load_or_create(self._cloud.folder).client_id
        federation.trust(self._cloud.store, ISSUER, job.subject)
        identities = Identities(self._cloud)
        with self._cloud.store.lock:
            if not identities.knows(client_id):
                identities.add(client_id)

    def identity_token(self, request_token: str, audience: str) -> str:
        """A signed statement of what job it is.

        :param audience: empty for GitHub's own choice, the address of the repository's owner.
        :raises UnknownJob:
        """
        document = self._cloud.store.get(COLLECTION, _digest(request_token))
        if document is None:
            raise UnknownJob
        job = Job(**document)
        owner = job.repository.partition("/")[0]
        own = f"{job.repository}/.github/workflows/{job.workflow}@{job.ref}"
        workflow = job.workflow_ref or own
        now = int(self._cloud.clock.time())
        claims = {
            "jti": str(uuid.uuid4()),
            "sub": job.subject,
            "aud": audience or f"https://github.com/{owner}",
            "iss": ISSUER,
            "ref": job.ref,
            "ref_type": "tag" if job.ref.startswith("refs/tags/") else "branch",
            "sha": job.sha,
            "repository": job.repository,
            "repository_owner": owner,
            "event_name": job.event,
            "workflow": job.workflow,
            "workflow_ref": workflow,
            "job_workflow_ref": job.job_workflow_ref or workflow,
            "run_id": job.run_id,
            "runner_environment": "self-hosted",
            "nbf": now - BEFORE_SECONDS,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
        }
        if job.environment:
            claims["environment"] = job.environment
        return signing.sign(claims, self._key)

    def jobs(self) -> int:
        return sum(1 for _ in self._cloud.store.items(COLLECTION))

    def reset(self) -> None:
        """Forget all jobs."""
        self._cloud.store.clear(COLLECTION)


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
