"""Environments: who has to approve a deployment, how long it waits, and from which branches.

Their names have no case; one keeps the spelling that it was made with.

Source: docs.github.com, "Managing environments for deployment".
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from modelyard.local.cloud.github import accounts, exceptions
from modelyard.local.cloud.github.accounts import Accounts
from modelyard.local.cloud.github.calls import Call, Reply
from modelyard.local.cloud.github.repositories import Repositories

LONGEST = 43_200
"""Minutes of a wait timer: 30 days."""
MOST_REVIEWERS = 6

Json = dict[str, Any]


class Environments:
    """The answers."""

    def __init__(self, repositories: Repositories, accounts: Accounts) -> None:
        self._repositories = repositories
        self._accounts = accounts

    def check(self, call: Call, environment: str) -> None:
        """Raises GitHubError (404) where there is no such environment."""
        if environment:
            self._found(call, environment)

    def ensure(self, call: Call, environment: str) -> None:
        """A deployment makes the environment that it is to."""
        shelf = self._repositories.shelf(call.repository, "environments")
        if shelf.get(environment.lower()) is None:
            self._keep(call, environment, {})

    def listed(self, call: Call) -> Reply:
        found = self._repositories.shelf(call.repository, "environments").values()
        return call.page([self._shown(call, one) for one in found], "environments")

    def get(self, call: Call, environment: str) -> Json:
        return self._shown(call, self._found(call, environment))

    def put(self, call: Call, environment: str) -> Json:
        """Replaces all rules: what the request leaves out is gone."""
        body = call.body() if call.request.get_data() else {}
        wait, reviewers = body.get("wait_timer") or 0, body.get("reviewers") or []
        if not isinstance(wait, int) or not 0 <= wait <= LONGEST:
            raise exceptions.invalid(f"wait_timer must be from 0 to {LONGEST}")
        if len(reviewers) > MOST_REVIEWERS:
            raise exceptions.invalid(f"There may be up to {MOST_REVIEWERS} reviewers")
        for one in reviewers:
            if self._accounts.by_id(str(one.get("type")), one.get("id")) is None:
                raise exceptions.validation("Environment", "reviewers", "invalid")
        policy = body.get("deployment_branch_policy")
        if policy and bool(policy["protected_branches"]) == bool(policy["custom_branch_policies"]):
            raise exceptions.invalid(
                "protected_branches and custom_branch_policies cannot have the same value"
            )
        if (wait or reviewers) and self._repositories.is_free(call.repository):
            rule = "required reviewers" if reviewers else "wait timer"
            raise exceptions.invalid(
                "Failed to create the environment protection rule. Please ensure the billing plan "
                f"supports the {rule} protection rule."
            )
        own = bool(body.get("prevent_self_review"))
        rules = {"wait_timer": wait, "reviewers": reviewers, "prevent_self_review": own}
        return self._shown(call, self._keep(call, environment, {**rules, "policy": policy}))

    def delete(self, call: Call, environment: str) -> None:
        self._found(call, environment)
        self._repositories.shelf(call.repository, "environments").delete(environment.lower())
        for kind in ("secrets", "variables", "policies"):
            shelf = self._repositories.shelf(call.repository, kind)
            for key in dict(shelf.items()):
                if key.rpartition("/")[0] == environment.lower():
                    shelf.delete(key)

    def policies(self, call: Call, environment: str) -> Reply:
        """Patterns of branch names, where the environment has such."""
        self._found(call, environment)
        return call.page(self._policies(call, environment), "branch_policies")

    def add_policy(self, call: Call, environment: str) -> Reply | Json:
        policy = self._found(call, environment)["policy"] or {}
        if not policy.get("custom_branch_policies"):
            raise exceptions.not_found()
        body = call.body()
        name, kind = str(body.get("name", "")), str(body.get("type") or "branch")
        if not name or kind not in ("branch", "tag"):
            raise exceptions.invalid('Invalid request.\n\n"name" wasn\'t supplied.')
        for one in self._policies(call, environment):
            if (one["name"], one["type"]) == (name, kind):
                return Reply(303)
        number = self._repositories.number("policies")
        made = {"id": number, "node_id": f"P_{number}", "name": name, "type": kind}
        self._repositories.shelf(call.repository, "policies").put(
            f"{environment.lower()}/{number}", made
        )
        return made

    def delete_policy(self, call: Call, environment: str, policy: int) -> None:
        shelf = self._repositories.shelf(call.repository, "policies")
        if not shelf.delete(f"{environment.lower()}/{policy}"):
            raise exceptions.not_found()

    def _policies(self, call: Call, environment: str) -> list[Json]:
        items = self._repositories.shelf(call.repository, "policies").items()
        return [one for key, one in items if key.rpartition("/")[0] == environment.lower()]

    def _found(self, call: Call, environment: str) -> Json:
        found = self._repositories.shelf(call.repository, "environments").get(environment.lower())
        if found is None:
            raise exceptions.not_found()
        return found

    def _keep(self, call: Call, environment: str, rules: Json) -> Json:
        shelf, now = (
            self._repositories.shelf(call.repository, "environments"),
            self._repositories.now(),
        )
        nothing = {"wait_timer": 0, "reviewers": [], "prevent_self_review": False, "policy": None}
        new = {"id": self._repositories.number("environments"), "name": environment}
        before = shelf.get(environment.lower()) or {**new, "created_at": now}
        document = {**before, **nothing, **rules, "updated_at": now}
        shelf.put(environment.lower(), document)
        return document

    def _shown(self, call: Call, document: Json) -> Json:
        number, rules = document["id"], []
        if document["wait_timer"]:
            rules.append({"type": "wait_timer", "wait_timer": document["wait_timer"]})
        if document["reviewers"]:
            own = document["prevent_self_review"]
            reviewers = [self._reviewer(call, one) for one in document["reviewers"]]
            rule = {"type": "required_reviewers", "prevent_self_review": own}
            rules.append({**rule, "reviewers": reviewers})
        if document["policy"]:
            rules.append({"type": "branch_policy"})
        named = [
            {"id": number * 10 + index, "node_id": f"RULE_{number}_{index}", **rule}
            for index, rule in enumerate(rules)
        ]
        name = quote(document["name"], safe="")
        return {
            "id": number,
            "node_id": f"EN_{number}",
            "name": document["name"],
            "url": f"{call.url}/environments/{name}",
            "html_url": f"{call.html_url}/deployments/activity_log?environment={name}",
            "created_at": document["created_at"],
            "updated_at": document["updated_at"],
            "protection_rules": named,
            "deployment_branch_policy": document["policy"],
        }

    def _reviewer(self, call: Call, reviewer: Json) -> Json:
        kind = reviewer["type"]
        found = self._accounts.by_id(kind, reviewer["id"]) or {}
        show = accounts.shown_team if kind == "Team" else accounts.shown
        return {"type": kind, "reviewer": show(found, call.base)}
