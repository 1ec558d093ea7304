"""Workflows (the files of the default branch), their dispatches and runs.

Nothing is run here: a run waits in the queue until it is told, by the cloud's own interface, what
became of it. Running a workflow is what ``modelyard local run`` is for.
"""

from __future__ import annotations

from typing import Any

from modelyard import plain_yaml
from modelyard.local.cloud.github import accounts, exceptions
from modelyard.local.cloud.github.accounts import Accounts
from modelyard.local.cloud.github.calls import Call, Reply
from modelyard.local.cloud.github.exceptions import GitHubError
from modelyard.local.cloud.github.history import WORKFLOWS, History
from modelyard.local.cloud.github.repositories import Repositories, Shelf

Json = dict[str, Any]


class Workflows:
    """The answers."""

    def __init__(self, repositories: Repositories, accounts: Accounts, history: History) -> None:
        self._repositories = repositories
        self._accounts = accounts
        self._history = history

    def listed(self, call: Call) -> Reply:
        return call.page(self._all(call), "workflows")

    def get(self, call: Call, workflow: str) -> Json:
        """By its id, or by the name of its file."""
        for one in self._all(call):
            if workflow in (str(one["id"]), one["path"].rpartition("/")[2]):
                return one
        raise exceptions.not_found()

    def dispatch(self, call: Call, workflow: str) -> None:
        found, body = self.get(call, workflow), call.body()
        ref = str(body.get("ref", ""))
        sha = self._history.resolve(call.repository, ref) if ref else None
        if sha is None:
            raise exceptions.invalid(f"No ref found for: {ref}")
        triggers = self._document(call, found["path"]).get(True)  # YAML's `on` is a boolean
        if "workflow_dispatch" not in ([triggers] if isinstance(triggers, str) else triggers or ()):
            raise exceptions.invalid("Workflow does not have 'workflow_dispatch' trigger")
        number, now = self._repositories.number("runs"), self._repositories.now()
        made = {
            "id": number,
            "workflow_id": found["id"],
            "name": found["name"],
            "path": found["path"],
            "event": "workflow_dispatch",
            "head_branch": ref.removeprefix("refs/heads/"),
            "head_sha": sha,
            "run_number": number,
            "run_attempt": 1,
            "status": "queued",
            "conclusion": None,
            "actor": call.caller.login,
            "created_at": now,
            "updated_at": now,
        }
        self._shelf(call).put(str(number), made)

    def runs(self, call: Call, workflow: str = "") -> Reply:
        """Of one workflow or all; by ``branch``, ``event`` and ``status``; the newest first."""
        number = self.get(call, workflow)["id"] if workflow else None
        asked = call.request.args
        found = [
            one
            for one in self._shelf(call).values()
            if number in (None, one["workflow_id"])
            and asked.get("branch") in (None, one["head_branch"])
            and asked.get("event") in (None, one["event"])
            and asked.get("status") in (None, one["status"], one["conclusion"])
        ]
        return call.page([self._shown(call, one) for one in reversed(found)], "workflow_runs")

    def run(self, call: Call, run: int) -> Json:
        return self._shown(call, self._found(call, run))

    def cancel(self, call: Call, run: int) -> Reply:
        if self._found(call, run)["status"] == "completed":
            raise GitHubError(409, "Cannot cancel a workflow run that is completed.")
        self.settle(call.repository, run, "completed", "cancelled")
        return Reply(202, {})

    def artifacts(self, call: Call, run: int) -> Reply:
        """None: nothing was run."""
        self._found(call, run)
        return call.page([], "artifacts")

    def settle(self, repository: Json, run: int, status: str, conclusion: str | None) -> bool:
        """What became of a run; says whether there is one."""
        shelf = self._repositories.shelf(repository, "runs")
        found = shelf.get(str(run))
        if found is not None:
            now = self._repositories.now()
            changes = {"status": status, "conclusion": conclusion, "updated_at": now}
            shelf.put(str(run), {**found, **changes})
        return found is not None

    def _all(self, call: Call) -> list[Json]:
        commit = self._history.resolve(call.repository)
        files = self._history.objects(call.repository).files_of_commit(commit) if commit else {}
        return [
            self._workflow(call, path)
            for path in sorted(files)
            if path.startswith(WORKFLOWS) and path.endswith((".yml", ".yaml"))
        ]

    def _workflow(self, call: Call, path: str) -> Json:
        shelf = self._repositories.shelf(call.repository, "workflows")
        known = shelf.get(path)
        if known is None:
            now = self._repositories.now()
            number = self._repositories.number("workflows")
            known = {"id": number, "created_at": now, "updated_at": now}
            shelf.put(path, known)
        number = known["id"]
        return {
            **known,
            "node_id": f"W_{number}",
            "name": str(self._document(call, path).get("name") or path),
            "path": path,
            "state": "active",
            "url": f"{call.url}/actions/workflows/{number}",
            "html_url": f"{call.html_url}/blob/{call.repository['default_branch']}/{path}",
        }

    def _document(self, call: Call, path: str) -> dict[Any, Any]:
        commit = self._history.resolve(call.repository)
        objects = self._history.objects(call.repository)
        content = objects.content(objects.files_of_commit(str(commit))[path][1])
        try:
            found = plain_yaml.load(content.decode("utf-8", "replace"))
        except plain_yaml.Mistake:
            return {}
        return found if isinstance(found, dict) else {}

    def _shelf(self, call: Call) -> Shelf:
        return self._repositories.shelf(call.repository, "runs")

    def _found(self, call: Call, run: int) -> Json:
        found = self._shelf(call).get(str(run))
        if found is None:
            raise exceptions.not_found()
        return found

    def _shown(self, call: Call, document: Json) -> Json:
        url = f"{call.url}/actions/runs/{document['id']}"
        return {
            **document,
            "node_id": f"WR_{document['id']}",
            "url": url,
            "html_url": f"{call.html_url}/actions/runs/{document['id']}",
            "artifacts_url": f"{url}/artifacts",
            "cancel_url": f"{url}/cancel",
            "workflow_url": f"{call.url}/actions/workflows/{document['workflow_id']}",
            "actor": accounts.shown(self._accounts.get(document["actor"]), call.base),
        }
