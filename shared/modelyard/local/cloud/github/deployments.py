"""Deployments with their statuses, and the statuses of commits."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.github import accounts, exceptions
from modelyard.local.cloud.github.accounts import Accounts
from modelyard.local.cloud.github.calls import Call, Reply
from modelyard.local.cloud.github.environments import Environments
from modelyard.local.cloud.github.history import History
from modelyard.local.cloud.github.repositories import Repositories, Shelf

DEPLOYMENT_STATES = (
    *("error", "failure", "inactive", "in_progress", "queued", "pending", "success"),
)
COMMIT_STATES = ("error", "failure", "pending", "success")

Json = dict[str, Any]


class Deployments:
    """The answers."""

    def __init__(
        self,
        repositories: Repositories,
        accounts: Accounts,
        history: History,
        environments: Environments,
    ) -> None:
        self._repositories = repositories
        self._accounts = accounts
        self._history = history
        self._environments = environments

    def listed(self, call: Call) -> Reply:
        """By ``environment``, ``ref`` and ``sha``; the newest first."""
        asked = {n: v for n, v in call.request.args.items() if n in ("environment", "ref", "sha")}
        found = self._repositories.shelf(call.repository, "deployments").values()
        kept = [one for one in found if all(one[name] == value for name, value in asked.items())]
        return call.page([self._shown(call, one) for one in reversed(kept)])

    def create(self, call: Call) -> Reply:
        body = call.body()
        ref = str(body.get("ref", ""))
        sha = self._history.resolve(call.repository, ref) if ref else None
        if sha is None:
            raise exceptions.invalid(f"No ref found for: {ref}")
        environment, now = str(body.get("environment") or "production"), self._repositories.now()
        self._environments.ensure(call, environment)
        made = {
            "id": self._repositories.number("deployments"),
            "ref": ref,
            "sha": sha,
            "task": str(body.get("task") or "deploy"),
            "payload": body.get("payload") or {},
            "environment": environment,
            "description": body.get("description"),
            "creator": call.caller.login,
            "created_at": now,
            "updated_at": now,
        }
        self._repositories.shelf(call.repository, "deployments").put(str(made["id"]), made)
        return Reply(201, self._shown(call, made))

    def get(self, call: Call, deployment: int) -> Json:
        return self._shown(call, self._found(call, deployment))

    def statuses(self, call: Call, deployment: int) -> Reply:
        self._found(call, deployment)
        found = self._repositories.shelf(call.repository, "deployment_statuses").values()
        kept = [one for one in found if one["deployment"] == deployment]
        return call.page([self._status(call, one) for one in reversed(kept)])

    def add_status(self, call: Call, deployment: int) -> Reply:
        found, body = self._found(call, deployment), call.body()
        if body.get("state") not in DEPLOYMENT_STATES:
            raise exceptions.validation("DeploymentStatus", "state", "invalid")
        made = {
            "id": self._repositories.number("deployment_statuses"),
            "deployment": deployment,
            "state": body["state"],
            "description": str(body.get("description") or ""),
            "environment": str(body.get("environment") or found["environment"]),
            "environment_url": str(body.get("environment_url") or ""),
            "log_url": str(body.get("log_url") or ""),
            "creator": call.caller.login,
            "created_at": self._repositories.now(),
        }
        shelf = self._repositories.shelf(call.repository, "deployment_statuses")
        shelf.put(str(made["id"]), made)
        return Reply(201, self._status(call, made))

    def commit_statuses(self, call: Call, ref: str) -> Reply:
        return call.page(list(reversed(self._of_commit(call, ref))))

    def combined(self, call: Call, ref: str) -> Json:
        """The last status of each context, and what they come to."""
        last = {one["context"]: one for one in self._of_commit(call, ref)}
        states = {one["state"] for one in last.values()}
        bad = states & {"error", "failure"}
        state = "failure" if bad else "success" if states == {"success"} else "pending"
        sha, statuses = self._sha(call, ref), list(last.values())
        return {"state": state, "sha": sha, "total_count": len(statuses), "statuses": statuses}

    def add_commit_status(self, call: Call, sha: str) -> Reply:
        body = call.body()
        if not self._history.objects(call.repository).knows(sha, "commit"):
            raise exceptions.invalid(f"No commit found for SHA: {sha}")
        if body.get("state") not in COMMIT_STATES:
            raise exceptions.validation("Status", "state", "invalid")
        number, now = self._repositories.number("statuses"), self._repositories.now()
        made = {
            "id": number,
            "node_id": f"SC_{number}",
            "sha": sha,
            "state": body["state"],
            "context": str(body.get("context") or "default"),
            "description": body.get("description"),
            "target_url": body.get("target_url"),
            "url": f"{call.url}/statuses/{sha}",
            "creator": accounts.shown(self._accounts.get(call.caller.login), call.base),
            "created_at": now,
            "updated_at": now,
        }
        self._shelf(call).put(str(number), made)
        return Reply(201, made)

    def _of_commit(self, call: Call, ref: str) -> list[Json]:
        sha = self._sha(call, ref)
        return [one for one in self._shelf(call).values() if one["sha"] == sha]

    def _sha(self, call: Call, ref: str) -> str:
        sha = self._history.resolve(call.repository, ref)
        if sha is None:
            raise exceptions.not_found()
        return sha

    def _shelf(self, call: Call) -> Shelf:
        return self._repositories.shelf(call.repository, "statuses")

    def _found(self, call: Call, deployment: int) -> Json:
        found = self._repositories.shelf(call.repository, "deployments").get(str(deployment))
        if found is None:
            raise exceptions.not_found()
        return found

    def _shown(self, call: Call, document: Json) -> Json:
        url = f"{call.url}/deployments/{document['id']}"
        creator = accounts.shown(self._accounts.get(document["creator"]), call.base)
        links = {"url": url, "statuses_url": f"{url}/statuses", "repository_url": call.url}
        return {**document, **links, "node_id": f"DE_{document['id']}", "creator": creator}

    def _status(self, call: Call, document: Json) -> Json:
        place = f"{call.url}/deployments/{document['deployment']}"
        creator = accounts.shown(self._accounts.get(document["creator"]), call.base)
        shown = {name: value for name, value in document.items() if name != "deployment"}
        links = {"url": f"{place}/statuses/{document['id']}", "deployment_url": place}
        return {**shown, **links, "node_id": f"DES_{document['id']}", "creator": creator}
