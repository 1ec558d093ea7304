"""The service connections of one organization, and who may have identity tokens for them."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.local.cloud import issuers, signing
from modelyard.local.cloud.credentials import load_or_create
from modelyard.local.cloud.databricks.identity.models import Identities
from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.digests import digest
from modelyard.local.cloud.entra import federation
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.tokens import OWNER

ORGANIZATION = "modelyard-local"
CONNECTIONS = "devops.service_connections"
WRITTEN_BEFORE = "devops.endpoints"
"""Where connections that clients had made lay, beside the others, up to November 2026."""
AZURE, FEDERATED = "azurerm", "WorkloadIdentityFederation"
JOBS = "devops.job_tokens"
PERSONAL = "devops.personal_tokens"
ASSERTION_SECONDS = 600
"""How long an identity token is good for."""
JOB_SECONDS = 3600
"""How long System.AccessToken is good for: the longest that a job may take, by default."""


@dataclass(frozen=True)
class Connection:
    """A service connection with workload identity federation."""

    id: str
    name: str
    project: str
    tenant_id: str
    client_id: str


class Organization:
    """An organization of a local cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._identities = Identities(cloud)
        self._credentials = load_or_create(cloud.folder)
        self._key = signing.load_or_create(cloud.folder / "devops")
        number = uuid.uuid5(uuid.NAMESPACE_URL, self._credentials.tenant_id)
        self.issuer = f"https://vstoken.dev.azure.com/{number}"
        issuers.publish(cloud.store, self.issuer, signing.public_jwk(self._key.public_key()))
        self._take_over()

    def connect(self, name: str, project: str) -> Connection:
        """The connection of this name, in any case, as the service has it.

        A new one is trusted by Entra from now on, and its service principal is a user of the
        workspace, as whoever makes one has to see to.
        """
        wanted = (name.lower(), project.lower())
        for connection in self.connections():
            if (connection.name.lower(), connection.project.lower()) == wanted:
                return connection
        made = self._connection(str(uuid.uuid4()), name, project)
        federation.trust(self._cloud.store, self.issuer, _subject(made))
        if not self._identities.knows(made.client_id):
            self._identities.add(made.client_id)
        self.save(made.id, project, _whole(made, self.federation(name, project)))
        return made

    def save(self, key: str, project: str, body: dict[str, Any]) -> None:
        """Keep a service connection of any type: ``body`` is it as the service has it."""
        document = {"name": body["name"], "project": project, "body": body}
        self._cloud.store.put(CONNECTIONS, key, document)

    def written(self, project: str) -> list[dict[str, Any]]:
        """The service connections of a project, of every type, as they were kept."""
        return [
            document["body"]
            for _, document in self._cloud.store.items(CONNECTIONS)
            if document["project"].lower() == project.lower()
        ]

    def federation(self, name: str, project: str) -> dict[str, str]:
        """Whom whoever trusts a connection has to trust, as its parameters tell."""
        return {
            "workloadIdentityFederationIssuer": self.issuer,
            "workloadIdentityFederationSubject": f"sc://{ORGANIZATION}/{project}/{name}",
        }

    def connections(self) -> list[Connection]:
        """Those to Azure with identity tokens, oldest first.

        Whoever they name: it is the one application of the local Entra that they sign in as.
        """
        return [
            self._connection(key, document["name"], document["project"])
            for key, document in self._cloud.store.items(CONNECTIONS)
            if is_federated(document["body"])
        ]

    def _take_over(self) -> None:
        """Bring the connections of an older state folder into the one table: those of jobs had a
        name and a project alone, those that clients had made a table of their own."""
        with self._cloud.store.lock:
            for key, document in list(self._cloud.store.items(CONNECTIONS)):
                if "body" not in document:
                    name, project = document["name"], document["project"]
                    made = self._connection(key, name, project)
                    self.save(key, project, _whole(made, self.federation(name, project)))
            for key, document in list(self._cloud.store.items(WRITTEN_BEFORE)):
                self.save(key, document["project"], document["body"])
            self._cloud.store.clear(WRITTEN_BEFORE)

    def _connection(self, key: str, name: str, project: str) -> Connection:
        return Connection(
            id=key,
            name=name,
            project=project,
            tenant_id=self._credentials.tenant_id,
            client_id=self._credentials.client_id,
        )

    def count(self) -> int:
        """How many service connections there are, of every type."""
        return sum(1 for _ in self._cloud.store.items(CONNECTIONS))

    def keys(self) -> list[dict[str, Any]]:
        """The public signing keys (JWK)."""
        return [signing.public_jwk(self._key.public_key())]

    def start_job(self, project: str = "", pipeline: str = "", seconds: int = JOB_SECONDS) -> str:
        """A System.AccessToken. The store holds its SHA-256 only.

        :param pipeline: name of the job's pipeline, which its own identity tokens are about.
        """
        value = secrets.token_urlsafe(40)
        expires = self._cloud.clock.time() + seconds
        job = {"expires": expires, "project": project, "pipeline": pipeline}
        self._cloud.store.put(JOBS, digest(value), job)
        return value

    def knows_job(self, job_token: str) -> bool:
        """Whether this is the System.AccessToken of a job that may still go on."""
        job = self._cloud.store.get(JOBS, digest(job_token))
        return job is not None and job["expires"] > self._cloud.clock.time()

    def personal_token(self, *, read_only: bool = False, person: str = OWNER) -> str:
        """A personal access token of one of the people. The store holds its SHA-256 only."""
        value = secrets.token_urlsafe(40)
        self._cloud.store.put(PERSONAL, digest(value), {"read_only": read_only, "name": person})
        return value

    def person(self, token: str) -> dict[str, Any] | None:
        """What is known of a personal access token: ``{"read_only", "name"}``."""
        return self._cloud.store.get(PERSONAL, digest(token))

    def identity_token(self, job_token: str, connection_id: str) -> str:
        """A signed statement that a job may use this connection. Raises DevOpsError.

        Without a connection it says which pipeline the job is of.
        """
        job = self._cloud.store.get(JOBS, digest(job_token))
        now = int(self._cloud.clock.time())
        if job is None or job["expires"] <= now:
            raise exceptions.not_signed_in()
        found = next((one for one in self.connections() if one.id == connection_id), None)
        if found is not None:
            subject = _subject(found)
        elif not connection_id and job["pipeline"]:
            subject = f"p://{ORGANIZATION}/{job['project']}/{job['pipeline']}"
        else:
            raise exceptions.connection_not_found(connection_id)
        claims = {
            "jti": str(uuid.uuid4()),
            "sub": subject,
            "aud": federation.AUDIENCE,
            "iss": self.issuer,
            "nbf": now,
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
        }
        return signing.sign(claims, self._key)

    def reset(self) -> None:
        """Forget connections and jobs."""
        self._cloud.store.clear(CONNECTIONS)
        self._cloud.store.clear(JOBS)
        self._cloud.store.clear(PERSONAL)


def is_federated(body: Mapping[str, Any]) -> bool:
    """Whether a service connection, to Azure or a registry of it, is one by workload identity
    federation."""
    return bool((body.get("authorization") or {}).get("scheme") == FEDERATED)


def _whole(connection: Connection, federation: Mapping[str, str]) -> dict[str, Any]:
    """One that was made by ``modelyard local``, as clients see it."""
    ids = {"tenantid": connection.tenant_id, "serviceprincipalid": connection.client_id}
    return {
        "id": connection.id,
        "name": connection.name,
        "type": AZURE,
        "description": "",
        "url": "https://management.azure.com/",
        "data": {},
        "authorization": {"scheme": FEDERATED, "parameters": {**ids, **federation}},
        "isReady": True,
    }


def _subject(connection: Connection) -> str:
    return f"sc://{ORGANIZATION}/{connection.project}/{connection.name}"
