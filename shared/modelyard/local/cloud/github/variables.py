"""Variables of repositories and environments."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.github import exceptions
from modelyard.local.cloud.github.calls import Call, Reply
from modelyard.local.cloud.github.environments import Environments
from modelyard.local.cloud.github.exceptions import GitHubError
from modelyard.local.cloud.github.repositories import Repositories
from modelyard.local.cloud.github.secrets import LARGEST, check_name

Json = dict[str, Any]


class Variables:
    """The answers; ``environment`` is empty for what belongs to the repository itself."""

    def __init__(self, repositories: Repositories, environments: Environments) -> None:
        self._repositories = repositories
        self._environments = environments

    def listed(self, call: Call, environment: str = "") -> Reply:
        self._environments.check(call, environment)
        found = [
            document
            for key, document in self._repositories.shelf(call.repository, "variables").items()
            if key.rpartition("/")[0] == environment.lower()
        ]
        return call.page(sorted(found, key=lambda one: str(one["name"])), "variables")

    def get(self, call: Call, name: str, environment: str = "") -> Json:
        self._environments.check(call, environment)
        found = self._repositories.shelf(call.repository, "variables").get(_key(environment, name))
        if found is None:
            raise exceptions.not_found()
        return found

    def add(self, call: Call, environment: str = "") -> Reply:
        self._environments.check(call, environment)
        body = call.body()
        name, shelf = (
            str(body.get("name", "")),
            self._repositories.shelf(call.repository, "variables"),
        )
        check_name("Variable", name)
        if shelf.get(_key(environment, name)) is not None:
            raise GitHubError(409, "Already exists - Variable already exists")
        now = self._repositories.now()
        times = {"created_at": now, "updated_at": now}
        document = {"name": name.upper(), "value": _value(body), **times}
        shelf.put(_key(environment, name), document)
        return Reply(201, {})

    def update(self, call: Call, name: str, environment: str = "") -> None:
        before, body = self.get(call, name, environment), call.body()
        renamed = str(body.get("name", before["name"]))
        check_name("Variable", renamed)
        value = _value(body) if "value" in body else before["value"]
        shelf = self._repositories.shelf(call.repository, "variables")
        shelf.delete(_key(environment, name))
        changed = {"name": renamed.upper(), "value": value, "updated_at": self._repositories.now()}
        shelf.put(_key(environment, renamed), {**before, **changed})

    def delete(self, call: Call, name: str, environment: str = "") -> None:
        shelf = self._repositories.shelf(call.repository, "variables")
        if not shelf.delete(_key(environment, name)):
            raise exceptions.not_found()


def _key(environment: str, name: str) -> str:
    return f"{environment.lower()}/{name.upper()}"


def _value(body: Json) -> str:
    value = body.get("value")
    if not isinstance(value, str):
        raise exceptions.invalid('Invalid request.\n\n"value" wasn\'t supplied.')
    if len(value.encode()) > LARGEST:
        raise exceptions.invalid("Variable value is over 48 KB")
    return value
